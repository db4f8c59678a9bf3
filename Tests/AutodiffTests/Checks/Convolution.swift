import Autodiff

extension OperationChecks {
  static let convolutionChecks = [
    (1, 1, 1, 4), (1, 7, 16, 4), (3, 16, 17, 4), (1, 17, 7, 4), (1, 65, 33, 4), (3, 2, 16, 4),
    (1, 7, 5, 1), (3, 7, 17, 3), (1, 17, 16, 9),
  ].map { batch, length, channels, width in
    OperationCheck(
      "causal convolution \(batch)×\(length)×\(channels) width \(width)",
      activations: [.init(batch, length, channels)],
      weights: [.init([channels, 1, width]), .init([channels])]
    ) { tape, x, w in
      [tape.causalConvolution(x[0], weight: w[0], bias: w[1])]
    } reference: { x, w in
      let before = [Double](repeating: 0, count: (width - 1) * channels)
      return [
        eachExample(batch, length, state: before) { row, inputs in
          TokenStep.causalConvolution(
            x[0].row(row, of: channels), weight: w[0], bias: w[1], inputs: &inputs)
        }
      ]
    }
  }
}
