import Kernels

extension Tape {
  /// y = (n + (Σ r ⊙ k ⊙ weight) v) ⊙ gate per head: all [batch, length, heads · N], weight [heads, N], the sum over
  /// a head's channels. RWKV's bonus for the present token (Peng et al. 2025, RWKV-7, equation 22).
  public func bonusGate(
    _ n: Tensor, r: Tensor, k: Tensor, v: Tensor, gate: Tensor, weight: Parameter
  ) -> Tensor {
    let channels = n.channels
    precondition(
      weight.shape.count == 2 && weight.count == channels && r.channels == channels
        && k.channels == channels && v.channels == channels && gate.channels == channels,
      "a bonus of \(channels) channels by \(weight.shape)")
    precondition(
      r.rows == n.rows && k.rows == n.rows && v.rows == n.rows && gate.rows == n.rows,
      "operands of \(n.rows), \(r.rows), \(k.rows), \(v.rows) and \(gate.rows) rows")
    let y = tensor(batch: n.batch, length: n.length, channels: channels)
    let start = arena.mark
    let operation = BonusGateOperation(
      n: n, r: r, k: k, v: v, gate: gate, weight: weight,
      dots: arena.allocate(weight.shape[0] * n.rows), result: y)
    operation.forward(on: self)
    if !differentiates { arena.release(to: start) }
    record(operation)
    return y
  }
}

private struct BonusGateOperation: RecordedOperation {
  let n: Tensor, r: Tensor, k: Tensor, v: Tensor, gate: Tensor
  let weight: Parameter
  let dots: UnsafeMutablePointer<Float>  // [head, row]
  let result: Tensor

  private var heads: Int { weight.shape[0] }
  private var width: Int { weight.shape[1] }

  private func kernel(_ head: Int, on tape: Tape) -> BonusGate {
    let column = head * width
    return BonusGate(
      rows: n.rows, columns: width, n: n.valueRows.block(0, column: column),
      r: r.valueRows.block(0, column: column), k: k.valueRows.block(0, column: column),
      v: v.valueRows.block(0, column: column), gate: gate.valueRows.block(0, column: column),
      weight: tape.values(of: weight) + column, dots: dots + head * n.rows)
  }

  func forward(on tape: Tape) {
    for head in 0..<heads {
      kernel(head, on: tape).forward(into: result.valueRows.block(0, column: head * width))
    }
  }

  func backward(on tape: Tape) {
    let (dn, dr, dk) = (
      tape.gradientRows(of: n), tape.gradientRows(of: r), tape.gradientRows(of: k)
    )
    let (dv, dgate) = (tape.gradientRows(of: v), tape.gradientRows(of: gate))
    for head in 0..<heads {
      let column = head * width
      kernel(head, on: tape).backward(
        dy: result.gradientRows.block(0, column: column), dn: dn.columns(from: column),
        dr: dr.columns(from: column), dk: dk.columns(from: column), dv: dv.columns(from: column),
        dgate: dgate.columns(from: column), weightGradient: tape.gradient(of: weight) + column)
    }
  }
}

extension TokenStep {
  /// (n + (Σ r ⊙ k ⊙ weight) v) ⊙ gate per head; all [heads · N].
  public static func bonusGate(
    _ n: [Double], r: [Double], k: [Double], v: [Double], gate: [Double], weight: [Double],
    heads: Int
  ) -> [Double] {
    let width = n.count / heads
    return n.indices.map { channel in
      let head = channel / width * width..<(channel / width + 1) * width
      let bonus = head.reduce(0) { $0 + r[$1] * k[$1] * weight[$1] }
      return (n[channel] + bonus * v[channel]) * gate[channel]
    }
  }
}
