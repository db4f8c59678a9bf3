import Autodiff

extension OperationChecks {
  private static let convolutionSizes = [
    (1, 1, 1, 4), (1, 7, 16, 4), (3, 16, 17, 4), (1, 17, 7, 4), (1, 65, 33, 4), (3, 2, 16, 4),
    (1, 7, 5, 1), (3, 7, 17, 3), (1, 17, 16, 9),
  ]

  static let convolutionChecks = convolutionSizes.flatMap { size in
    [
      convolutionCheck(size, hasBias: true, silu: true),
      convolutionCheck(size, hasBias: false, silu: true),
      convolutionCheck(size, hasBias: true, silu: false),
    ]
  }

  private static func convolutionCheck(
    _ size: (batch: Int, length: Int, channels: Int, width: Int), hasBias: Bool, silu: Bool
  ) -> OperationCheck {
    let (batch, length, channels, width) = size
    return OperationCheck(
      "causal convolution \(batch)×\(length)×\(channels) width \(width)"
        + (hasBias ? "" : ", no bias") + (silu ? "" : ", no SiLU"),
      activations: [.init(batch, length, channels)],
      weights: [.init([channels, 1, width])] + (hasBias ? [.init([channels])] : [])
    ) { tape, x, w in
      [tape.causalConvolution(x[0], weight: w[0], bias: hasBias ? w[1] : nil, silu: silu)]
    } reference: { x, w in
      let before = [Double](repeating: 0, count: (width - 1) * channels)
      return [
        eachExample(batch, length, state: before) { row, inputs in
          TokenStep.causalConvolution(
            x[0].row(row, of: channels), weight: w[0], bias: hasBias ? w[1] : nil, silu: silu,
            inputs: &inputs)
        }
      ]
    }
  }
}
