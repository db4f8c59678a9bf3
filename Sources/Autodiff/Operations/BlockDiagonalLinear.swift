import Kernels

extension Tape {
  /// y = x Wᵀ + b with a block-diagonal W: block j maps slice j of x to slice j of y. x [batch, length, in],
  /// W [blocks, out / blocks, in / blocks], b [out], y [batch, length, out].
  public func blockDiagonalLinear(_ x: Tensor, weight: Parameter, bias: Parameter? = nil) -> Tensor
  {
    let (blocks, outputs, inputs) = (weight.shape[0], weight.shape[1], weight.shape[2])
    precondition(
      x.channels == blocks * inputs && (bias?.count ?? blocks * outputs) == blocks * outputs,
      "block-diagonal linear of \(x.channels) channels by \(weight.shape)")
    let y = tensor(batch: x.batch, length: x.length, channels: blocks * outputs)
    if let bias { Kernels.repeatRow(y.rows, y.channels, values(of: bias), into: y.valueRows) }
    arena.withScratch {
      // Products with a transposed second operand are slow, so each block is transposed once.
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

extension TokenStep {
  /// y = W x + b with a block-diagonal W; x [in], weight [blocks, out / blocks, in / blocks], b, y [out].
  public static func blockDiagonalLinear(
    _ x: [Double], weight: [Double], blocks: Int, bias: [Double]? = nil
  ) -> [Double] {
    let (inputs, count) = (x.count / blocks, weight.count / blocks)
    let y: [Double] = (0..<blocks).flatMap { (block: Int) -> [Double] in
      let slice = Array(x[block * inputs..<(block + 1) * inputs])
      return linear(slice, weight: Array(weight[block * count..<(block + 1) * count]))
    }
    return bias.map { zip(y, $0).map(+) } ?? y
  }
}
