import Kernels

extension Tape {
  /// y = a ⊙ b, or a ⊙ b + c; all [batch, length, channels], three different tensors.
  public func product(_ a: Tensor, _ b: Tensor, adding c: Tensor? = nil) -> Tensor {
    precondition(
      b.channels == a.channels && b.rows == a.rows && a.slot != b.slot,
      "a product of [\(a.rows), \(a.channels)] and [\(b.rows), \(b.channels)]")
    precondition(
      c.map { $0.channels == a.channels && $0.rows == a.rows } ?? true,
      "a sum with [\(c?.rows ?? 0), \(c?.channels ?? 0)] of a product [\(a.rows), \(a.channels)]")
    let y = tensor(batch: a.batch, length: a.length, channels: a.channels)
    if let c { copyRows(c.valueRows, to: GradientRows(y.valueRows, accumulates: false), of: y) }
    Kernels.multiplyRows(
      a.rows, a.channels, a.valueRows, b.valueRows, into: y.valueRows, accumulate: c != nil)
    record(Product(a: a, b: b, c: c, result: y))
    return y
  }

  /// Rows of the shape of x, assigned or added.
  func copyRows(_ rows: Rows, to target: GradientRows, of x: Tensor) {
    for row in 0..<x.rows {
      let (from, to) = (rows.from(row).values, target.rows.from(row).values)
      if target.accumulates {
        Kernels.add(x.channels, from, to: to)
      } else {
        to.update(from: from, count: x.channels)
      }
    }
  }
}

private struct Product: RecordedOperation {
  let a: Tensor, b: Tensor, c: Tensor?
  let result: Tensor

  /// y = a ⊙ b + c  →  da = dy ⊙ b, db = dy ⊙ a, dc = dy.
  func backward(on tape: Tape) {
    backward(to: a, times: b, on: tape)
    backward(to: b, times: a, on: tape)
    if let c { tape.copyRows(result.gradientRows, to: tape.gradientRows(of: c), of: c) }
  }

  private func backward(to x: Tensor, times other: Tensor, on tape: Tape) {
    let target = tape.gradientRows(of: x)
    Kernels.multiplyRows(
      x.rows, x.channels, result.gradientRows, other.valueRows, into: target.rows,
      accumulate: target.accumulates)
  }
}
