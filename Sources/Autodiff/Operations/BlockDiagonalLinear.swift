import Kernels

extension Tape {
  /// y = x Wᵀ + b with a block-diagonal W: block j maps slice j of x to slice j of y. x [batch, time, in],
  /// W [blocks, out / blocks, in / blocks], b [out], y [batch, time, out].
  public func blockDiagonalLinear(_ x: Tensor, weight: Parameter, bias: Parameter? = nil) -> Tensor
  {
    let (blocks, outputs, inputs) = (weight.shape[0], weight.shape[1], weight.shape[2])
    precondition(
      x.channels == blocks * inputs && (bias?.count ?? blocks * outputs) == blocks * outputs,
      "block-diagonal linear of \(x.channels) channels by \(weight.shape)")
    let y = tensor(batch: x.batch, time: x.time, channels: blocks * outputs)
    if let bias { Kernels.repeatRow(y.rows, y.channels, values(of: bias), into: y.valueRows) }
    arena.withScratch {
      // A product with a transposed second operand is slow, so each block is transposed once.
      let transposed = arena.allocate(inputs * outputs)  // [in / blocks, out / blocks]
      for block in 0..<blocks {
        Kernels.transpose(
          outputs, inputs, values(of: weight) + block * outputs * inputs, stride: inputs,
          into: transposed, stride: outputs)
        multiplyInTiles(
          x.rows, inputs, outputs,
          MatrixOperand(x.values + block * inputs, stride: x.rowStride),
          MatrixOperand(transposed, stride: outputs), into: y.values + block * outputs,
          stride: y.rowStride, beta: bias == nil ? 0 : 1)
      }
    }

    record(BlockDiagonalLinearBackward(x: x, weight: weight, bias: bias, result: y))
    return y
  }
}

private struct BlockDiagonalLinearBackward: RecordedOperation {
  let x: Tensor, weight: Parameter, bias: Parameter?
  let result: Tensor

  /// y = x Wᵀ + b, block by block  →  dx = dy W,  dW = dyᵀ x,  db = Σ_rows dy
  func backward(on tape: Tape) {
    let (blocks, outputs, inputs, y) = (
      weight.shape[0], weight.shape[1], weight.shape[2], result
    )
    let beta = tape.beta(x)
    for block in 0..<blocks {
      let start = block * outputs * inputs
      let (dy, xBlock) = (y.gradient + block * outputs, block * inputs)
      multiplyInTiles(
        x.rows, outputs, inputs, MatrixOperand(dy, stride: y.rowStride),
        MatrixOperand(tape.values(of: weight) + start, stride: inputs),
        into: x.gradient + xBlock, stride: x.rowStride, beta: beta)
      multiplyInTiles(
        outputs, x.rows, inputs, MatrixOperand(dy, stride: y.rowStride, transposed: true),
        MatrixOperand(x.values + xBlock, stride: x.rowStride),
        into: tape.gradient(of: weight) + start, stride: inputs, beta: 1)
    }
    if let bias {
      Kernels.sumRows(y.rows, y.channels, y.gradientRows, addedTo: tape.gradient(of: bias))
    }
  }
}

// MARK: - Checks

extension OperationCatalog {
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
      let y = (0..<rows * blocks * outputs).map { index in
        let (row, output) = index.quotientAndRemainder(dividingBy: blocks * outputs)
        let first = row * blocks * inputs + output / outputs * inputs
        return (0..<inputs).reduce(hasBias ? w[1][output] : 0) {
          $0 + x[0][first + $1] * w[0][output * inputs + $1]
        }
      }
      return [y]
    }
  }
}
