import Autodiff

extension OperationChecks {
  /// (rows, blocks, inputs and outputs of a block)
  private static let blockDiagonalSizes = [
    (1, 1, 1, 1), (7, 3, 16, 17), (16, 4, 17, 7), (65, 2, 64, 66),
  ]

  static let blockDiagonalLinearChecks = blockDiagonalSizes.flatMap { size in
    [false, true].map { blockDiagonalCheck(size, hasBias: $0) }
  }

  private static func blockDiagonalCheck(
    _ size: (rows: Int, blocks: Int, inputs: Int, outputs: Int), hasBias: Bool
  ) -> OperationCheck {
    let (rows, blocks, inputs, outputs) = size
    return OperationCheck(
      "block-diagonal linear \(rows)×\(blocks)×(\(inputs)→\(outputs))"
        + "\(hasBias ? " with bias" : "")",
      activations: [.init(1, rows, blocks * inputs)],
      weights: [.init([blocks, outputs, inputs])] + (hasBias ? [.init([blocks * outputs])] : [])
    ) { tape, x, w in
      [tape.blockDiagonalLinear(x[0], weight: w[0], bias: hasBias ? w[1] : nil)]
    } reference: { x, w in
      [
        (0..<rows).flatMap {
          TokenStep.blockDiagonalLinear(
            x[0].row($0, of: blocks * inputs), weight: w[0], blocks: blocks,
            bias: hasBias ? w[1] : nil)
        }
      ]
    }
  }
}
