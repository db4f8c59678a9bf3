import Kernels

extension Tape {
  /// y = x Wᵀ + b, with x [batch, length, in], W [out, in], b [out], y [batch, length, out].
  public func linear(_ x: Tensor, weight: Parameter, bias: Parameter? = nil) -> Tensor {
    let (outputs, inputs) = (weight.shape[0], weight.shape[1])
    precondition(x.channels == inputs, "linear of \(x.channels) channels by a weight for \(inputs)")
    let stride = Kernels.wholeVectors(outputs)
    let padded = tensor(batch: x.batch, length: x.length, channels: stride)
    let y = Tensor(
      batch: x.batch, length: x.length, channels: outputs, rowStride: stride, values: padded.values,
      gradient: padded.gradient, slot: padded.slot)
    // W is transposed once, because products with a transposed second operand are slow. Rows are computed in
    // blocks, which are still in cache when the product is added to their bias.
    arena.withScratch {
      let transposed = arena.allocate(inputs * stride)
      if stride > outputs { transposed.update(repeating: 0, count: inputs * stride) }
      Kernels.transpose(
        outputs, inputs, values(of: weight), stride: inputs, into: transposed, stride: stride)
      for start in Swift.stride(from: 0, to: x.rows, by: 64) {
        let (rows, block) = (min(64, x.rows - start), y.values + start * stride)
        if let bias {
          Kernels.repeatRow(rows, outputs, values(of: bias), into: Rows(block, stride: stride))
          for row in 0..<rows where stride > outputs {
            (block + row * stride + outputs).update(repeating: 0, count: stride - outputs)
          }
        }
        multiplyInTiles(
          rows, inputs, stride, MatrixOperand(x.values + start * x.rowStride, stride: x.rowStride),
          MatrixOperand(transposed, stride: stride), into: block, stride: stride,
          beta: bias == nil ? 0 : 1)
      }
    }

    record(LinearBackward(x: x, weight: weight, bias: bias, result: y))
    return y
  }
}

private struct LinearBackward: RecordedOperation {
  let x: Tensor, weight: Parameter, bias: Parameter?
  let result: Tensor

  /// y = x Wᵀ + b  →  dx = dy W,  dW = dyᵀ x,  db = Σ_rows dy
  func backward(on tape: Tape) {
    let (outputs, inputs, y) = (weight.shape[0], weight.shape[1], result)
    multiplyInTiles(
      x.rows, outputs, inputs, MatrixOperand(y.gradient, stride: y.rowStride),
      MatrixOperand(tape.values(of: weight), stride: inputs), into: x.gradient,
      stride: x.rowStride, beta: tape.beta(x))
    multiplyInTiles(
      outputs, x.rows, inputs, MatrixOperand(y.gradient, stride: y.rowStride, transposed: true),
      MatrixOperand(x.values, stride: x.rowStride), into: tape.gradient(of: weight),
      stride: inputs, beta: 1)
    if let bias {
      Kernels.sumRows(y.rows, outputs, y.gradientRows, addedTo: tape.gradient(of: bias))
    }
  }
}

extension TokenStep {
  /// y = W x + b, with x [in], W [out, in], b [out], y [out].
  public static func linear(_ x: [Double], weight: [Double], bias: [Double]? = nil) -> [Double] {
    let (inputs, outputs) = (x.count, weight.count / x.count)
    var y = bias ?? [Double](repeating: 0, count: outputs)
    precondition(
      weight.count == outputs * inputs && y.count == outputs,
      "\(inputs) inputs, a weight of \(weight.count) elements, \(y.count) outputs")
    for o in 0..<outputs { y[o] += dot(x[...], weight[o * inputs..<(o + 1) * inputs]) }
    return y
  }
}
