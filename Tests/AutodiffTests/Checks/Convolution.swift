import Autodiff

extension OperationChecks {
  private static let convolutionSizes = [
    (1, 1, 1, 4), (1, 7, 16, 4), (3, 16, 17, 4), (1, 17, 7, 4), (1, 65, 33, 4), (3, 2, 16, 4),
    (1, 7, 5, 1), (3, 7, 17, 3), (1, 17, 16, 9),
  ]

  static let convolutionChecks =
    causalConvolutionChecks
    + [(1, 1, 1, 7), (3, 2, 16, 7), (2, 17, 7, 7), (1, 33, 5, 1), (1, 9, 3, 19)].flatMap { size in
      [centredConvolutionCheck(size, silu: true), centredConvolutionCheck(size, silu: false)]
    }

  private static func centredConvolutionCheck(
    _ size: (batch: Int, length: Int, channels: Int, width: Int), silu: Bool
  ) -> OperationCheck {
    let (batch, length, channels, width) = size
    return OperationCheck(
      "centred convolution \(batch)×\(length)×\(channels) width \(width)\(silu ? "" : ", no SiLU")",
      activations: [.init(batch, length, channels)],
      weights: [.init([channels, 1, width]), .init([channels])]
    ) { tape, x, w in
      [tape.centredConvolution(x[0], weight: w[0], bias: w[1], silu: silu)]
    } reference: { x, w in
      [
        (0..<batch).flatMap { example in
          TokenStep.centredConvolution(
            (0..<length).map { x[0].row(example * length + $0, of: channels) }, weight: w[0],
            bias: w[1]
          ).flatMap { row in row.map { silu ? TokenStep.silu($0) : $0 } }
        }
      ]
    }
  }

  private static let causalConvolutionChecks = convolutionSizes.flatMap { size in
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
