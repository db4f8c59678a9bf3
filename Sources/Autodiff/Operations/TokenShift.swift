import Kernels

extension Tape {
  /// y_t = x_t + (x_{t−1} − x_t) ⊙ μ, with x_{−1} = 0, for every μ [channels]: x [batch, length, channels] →
  /// y [batch, length, count · channels], which `slice` takes apart.
  ///
  /// RWKV's token shift (Peng et al. 2023).
  public func tokenShift(_ x: Tensor, by weights: [Parameter]) -> Tensor {
    precondition(
      weights.allSatisfy { $0.count == x.channels }, "shifts of \(x.channels) channels")
    let y = tensor(batch: x.batch, length: x.length, channels: weights.count * x.channels)
    let operation = TokenShift(x: x, weights: weights, result: y)
    operation.forward(on: self)
    record(operation)
    return y
  }
}

private struct TokenShift: RecordedOperation {
  let x: Tensor
  let weights: [Parameter]
  let result: Tensor

  func forward(on tape: Tape) {
    for example in 0..<x.batch {
      for (index, weight) in weights.enumerated() {
        Kernels.tokenShift(
          x.length, x.channels, x.valueRows.from(example * x.length), by: tape.values(of: weight),
          into: result.valueRows.block(example * x.length, column: index * x.channels))
      }
    }
  }

  func backward(on tape: Tape) {
    let target = tape.gradientRows(of: x)
    for example in 0..<x.batch {
      let row = example * x.length
      for (index, weight) in weights.enumerated() {
        Kernels.tokenShiftBackward(
          x.length, x.channels, x.valueRows.from(row), by: tape.values(of: weight),
          dy: result.gradientRows.block(row, column: index * x.channels),
          dx: GradientRows(
            target.rows.from(row), accumulates: target.accumulates || index > 0),
          dw: tape.gradient(of: weight))
      }
    }
  }
}

extension TokenStep {
  /// x + (before − x) ⊙ μ for every μ, one after the other; `before` is the last token's x and becomes this one's.
  public static func tokenShift(
    _ x: [Double], by weights: [[Double]], before: inout [Double]
  ) -> [Double] {
    precondition(before.count == x.count, "\(before.count) earlier channels of \(x.count)")
    defer { before = x }
    return weights.flatMap { interpolate(x, before, by: $0) }
  }
}
