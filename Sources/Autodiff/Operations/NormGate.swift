import Kernels

extension Tape {
  /// y = x / √(mean x² + 1e-5) ⊙ weight ⊙ gate(z), the mean over each head: x, z, y [batch, length, heads · V],
  /// weight [V], which all heads share. Without z there is no gate.
  ///
  /// The norm comes first, the gate after it, as in RetNet, GLA and the delta family; `gatedRMSNorm` is the
  /// other order.
  public func rmsNormGate(
    _ x: Tensor, gate z: Tensor?, _ gate: NormGate.Gate = .silu, weight: Parameter
  ) -> Tensor {
    precondition(
      x.channels % weight.count == 0 && (z?.channels ?? x.channels) == x.channels
        && (z?.rows ?? x.rows) == x.rows,
      "norm of \(x.channels) channels by \(weight.count) weights, \(z?.channels ?? 0) gates")
    let y = tensor(batch: x.batch, length: x.length, channels: x.channels)
    let start = arena.mark
    let operation = NormGateOperation(
      x: x, z: z, gate: gate, weight: weight,
      inverse: arena.allocate(x.channels / weight.count * x.rows), result: y)
    operation.forward(on: self)
    if !differentiates { arena.release(to: start) }
    record(operation)
    return y
  }
}

private struct NormGateOperation: RecordedOperation {
  let x: Tensor, z: Tensor?
  let gate: NormGate.Gate
  let weight: Parameter
  let inverse: UnsafeMutablePointer<Float>  // [head, row]
  let result: Tensor

  private var width: Int { weight.count }
  private var heads: Int { x.channels / width }

  private func kernel(_ head: Int, on tape: Tape) -> NormGate {
    NormGate(
      rows: x.rows, columns: width, x: x.valueRows.block(0, column: head * width),
      z: z?.valueRows.block(0, column: head * width), gate: gate, weight: tape.values(of: weight),
      epsilon: 1e-5, inverse: inverse + head * x.rows)
  }

  func forward(on tape: Tape) {
    for head in 0..<heads {
      kernel(head, on: tape).forward(into: result.valueRows.block(0, column: head * width))
    }
  }

  func backward(on tape: Tape) {
    let (dx, dz) = (tape.gradientRows(of: x), z.map { tape.gradientRows(of: $0) })
    for head in 0..<heads {
      kernel(head, on: tape).backward(
        dy: result.gradientRows.block(0, column: head * width),
        dx: dx.columns(from: head * width), dz: dz?.columns(from: head * width),
        weightGradient: tape.gradient(of: weight))
    }
  }
}

extension TokenStep {
  /// x / √(mean x² + 1e-5) ⊙ weight ⊙ gate(z), the mean over each head; x, z [heads · V], weight [V].
  public static func rmsNormGate(
    _ x: [Double], gate z: [Double]?, _ gate: NormGate.Gate = .silu, weight: [Double]
  ) -> [Double] {
    let normed = (0..<x.count / weight.count).flatMap {
      norm(x.run($0, of: weight.count), weight: weight)
    }
    guard let z else { return normed }
    return zip(normed, z).map { $0 * (gate == .silu ? silu($1) : sigmoid($1)) }
  }
}
