import Autodiff

extension OperationChecks {
  /// (batch, length, channels, taps)
  private static let longConvolutionSizes = [
    (1, 1, 1, 1), (3, 7, 16, 7), (1, 16, 17, 16), (2, 17, 7, 20), (1, 40, 33, 5), (1, 130, 3, 130),
    (1, 2, 5, 2), (2, 64, 2, 64),
  ]

  static let longConvolutionChecks =
    longConvolutionSizes.flatMap {
      [
        longConvolutionCheck($0, "no skip"), longConvolutionCheck($0, "input"),
        longConvolutionCheck($0, "weights"),
      ]
    } + bidirectionalSizes.map(bidirectionalCheck)

  /// (batch, length, channels, taps, taps for later tokens)
  private static let bidirectionalSizes = [
    (1, 1, 1, 1, 1), (1, 2, 3, 2, 2), (3, 7, 16, 7, 7), (1, 16, 17, 16, 16), (2, 17, 7, 20, 20),
    (1, 40, 33, 5, 60), (1, 130, 3, 130, 9), (2, 64, 2, 64, 64), (1, 33, 5, 33, 32),
  ]

  private static func bidirectionalCheck(
    _ size: (batch: Int, length: Int, channels: Int, taps: Int, later: Int)
  ) -> OperationCheck {
    let (batch, length, channels, taps, later) = size
    return OperationCheck(
      "long convolution \(batch)×\(length)×\(channels), \(taps) taps and \(later) for later tokens",
      activations: [
        .init(batch, length, channels), .init(1, taps, channels), .init(1, later, channels),
      ], weights: [.init([channels])]
    ) { tape, x, w in
      [tape.longConvolution(x[0], kernel: x[1], later: x[2], skip: .weighted(w[0]))]
    } reference: { x, w in
      [
        (0..<batch).flatMap {
          TokenStep.longConvolution(
            x[0].row($0, of: length * channels), kernel: x[1], later: x[2], skip: w[0])
        }
      ]
    }
  }

  private static func longConvolutionCheck(
    _ size: (batch: Int, length: Int, channels: Int, taps: Int), _ skip: String
  ) -> OperationCheck {
    let (batch, length, channels, taps) = size
    return OperationCheck(
      "long convolution \(batch)×\(length)×\(channels), \(taps) taps, \(skip)",
      activations: [.init(batch, length, channels), .init(1, taps, channels)],
      weights: skip == "weights" ? [.init([channels])] : []
    ) { tape, x, w in
      [
        tape.longConvolution(
          x[0], kernel: x[1],
          skip: skip == "weights" ? .weighted(w[0]) : skip == "input" ? .input : .none)
      ]
    } reference: { x, w in
      let weights = w.first ?? .init(repeating: skip == "input" ? 1 : 0, count: channels)
      return [
        eachExample(batch, length, state: []) {
          TokenStep.longConvolution(
            x[0].row($0, of: channels), kernel: x[1], skip: weights, inputs: &$1)
        }
      ]
    }
  }
}
