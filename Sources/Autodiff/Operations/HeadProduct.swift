import Kernels

extension Tape {
  /// y = c + factor ⊙ x, with one factor for each token and head: x, c, y [batch, length, heads · P], factors
  /// [batch, length, heads]; x and c are different tensors.
  public func headProduct(_ x: Tensor, factors: Tensor, adding c: Tensor) -> Tensor {
    let heads = factors.channels
    precondition(
      heads > 0 && x.channels % heads == 0 && factors.rows == x.rows && c.rows == x.rows
        && c.channels == x.channels && c.slot != x.slot,
      "[\(x.rows), \(x.channels)] by [\(factors.rows), \(heads)] and [\(c.rows), \(c.channels)]")
    let y = tensor(batch: x.batch, length: x.length, channels: x.channels)
    let operation = HeadProduct(x: x, factors: factors, c: c, result: y)
    operation.scale(x.valueRows, into: y.valueRows)
    copyRows(c.valueRows, to: GradientRows(y.valueRows, accumulates: true), of: c)
    record(operation)
    return y
  }
}

private struct HeadProduct: RecordedOperation {
  let x: Tensor, factors: Tensor, c: Tensor
  let result: Tensor

  private var width: Int { x.channels / factors.channels }

  /// Rows [rows, heads · P] times the factors.
  func scale(_ from: Rows, into to: Rows) {
    for head in 0..<factors.channels {
      Kernels.scaleRows(
        x.rows, width, factors.values + head, factorStride: factors.rowStride,
        from.values + head * width, from.stride, into: to.values + head * width, to.stride)
    }
  }

  /// dx = factor ⊙ dy, dfactor = x · dy, dc = dy
  func backward(on tape: Tape) {
    let (dx, dFactors) = (tape.gradientRows(of: x), tape.gradientRows(of: factors))
    let dy = result.gradientRows
    for head in 0..<factors.channels {
      Kernels.rowDots(
        x.rows, width, x.valueRows.block(0, column: head * width),
        dy.block(0, column: head * width), into: dFactors.rows.values + head,
        stride: dFactors.rows.stride, accumulate: dFactors.accumulates)
    }
    if dx.accumulates {
      tape.arena.withScratch {
        let scaled = Rows(tape.arena.allocate(x.rows * x.channels), stride: x.channels)
        scale(dy, into: scaled)
        tape.copyRows(scaled, to: dx, of: x)
      }
    } else {
      scale(dy, into: dx.rows)
    }
    tape.copyRows(dy, to: tape.gradientRows(of: c), of: c)
  }
}

extension TokenStep {
  /// c + factor ⊙ x, with one factor for each head.
  public static func headProduct(
    _ x: [Double], factors: [Double], adding c: [Double]
  ) -> [Double] {
    let width = x.count / factors.count
    return x.indices.map { c[$0] + factors[$0 / width] * x[$0] }
  }
}
