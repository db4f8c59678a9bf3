import Foundation
import Kernels

extension Tape {
  /// Selective scan with its gate: with dt = softplus(dt_raw) and A = −exp(aLog),
  /// h_t = exp(dt_t A) ⊙ h_{t−1} + (dt_t x_t) B_tᵀ, y_t = (h_t C_t + D ⊙ x_t) ⊙ SiLU(z_t), h [channels, N].
  ///
  /// x, y, dt raw, z [batch, length, channels]; B, C [batch, length, N]; aLog [channels, N]; D [channels].
  /// "Mamba: Linear-Time Sequence Modeling with Selective State Spaces" (Gu and Dao, 2023), Algorithm 2.
  // swift-format-ignore: AlwaysUseLowerCamelCase
  public func selectiveScan(
    _ x: Tensor, dt: Tensor, B b: Tensor, C c: Tensor, gate z: Tensor, aLog: Parameter,
    D d: Parameter
  ) -> Tensor {
    let (channels, states) = (x.channels, b.channels)
    precondition(
      dt.channels == channels && z.channels == channels && c.channels == states
        && aLog.shape[0] == channels && aLog.shape[1] == states && d.count == channels,
      "selective scan of \(channels) channels, \(states) and \(c.channels) states, by \(aLog.shape)"
    )
    let y = tensor(batch: x.batch, length: x.length, channels: channels)
    let start = arena.mark
    let operation = GatedScan(
      x: x, dt: dt, b: b, c: c, z: z, aLog: aLog, d: d,
      rates: arena.allocate(SelectiveScan.stateSize(channels: channels, states: states)),
      saved: differentiates ? allocateSaved(x, states: states) : nil, result: y)
    operation.forward(on: self)
    record(operation)
    if !differentiates { arena.release(to: start) }
    return y
  }

  private func allocateSaved(_ x: Tensor, states: Int) -> SelectiveScan.Saved {
    let starts = SelectiveScan.Saved.startsSize(
      length: x.length, channels: x.channels, states: states)
    return SelectiveScan.Saved(
      ungated: arena.allocate(x.rows * x.channels), starts: arena.allocate(x.batch * starts))
  }
}

private struct GatedScan: RecordedOperation {
  let x: Tensor  // [batch, length, channels]
  let dt: Tensor  // [batch, length, channels], before softplus
  let b: Tensor  // [batch, length, N]
  let c: Tensor  // [batch, length, N]
  let z: Tensor  // [batch, length, channels]
  let aLog: Parameter  // [channels, N]
  let d: Parameter  // [channels]
  let rates: UnsafeMutablePointer<Float>
  /// What is saved of all examples for the backward pass; nil on a tape that does not differentiate.
  let saved: SelectiveScan.Saved?
  let result: Tensor

  private var channels: Int { x.channels }
  private var states: Int { b.channels }
  private var stateSize: Int { SelectiveScan.stateSize(channels: channels, states: states) }

  func forward(on tape: Tape) {
    SelectiveScan.rates(
      channels: channels, states: states, aLog: tape.values(of: aLog), into: rates)
    tape.arena.withScratch {
      let scratch = tape.arena.allocate(stateSize)
      for example in 0..<x.batch {
        scan(example, on: tape).forward(
          into: rows(result, example), saving: saved(of: example), scratch: scratch)
      }
    }
  }

  /// y = (h C + D ⊙ x) ⊙ SiLU(z), h_t = exp(dt_t A) ⊙ h_{t−1} + (dt_t x_t) B_tᵀ  →  gradients of x, dt, z, B, C,
  /// aLog and D, from the last chunk to the first.
  func backward(on tape: Tape) {
    let adds = (
      x: tape.accumulates(x), dt: tape.accumulates(dt), z: tape.accumulates(z),
      b: tape.accumulates(b), c: tape.accumulates(c)
    )
    tape.arena.withScratch {
      let scratch = tape.arena.allocate(2 * stateSize)
      for example in 0..<x.batch {
        let gradients = SelectiveScan.Gradients(
          dy: Rows(gradient(result, example), stride: result.rowStride),
          x: gradient(x, example), dt: gradient(dt, example), z: gradient(z, example),
          b: gradient(b, example), c: gradient(c, example), aLog: tape.gradient(of: aLog),
          d: tape.gradient(of: d), adds: adds)
        scan(example, on: tape).backward(saved(of: example)!, into: gradients, scratch: scratch)
      }
    }
  }

  /// The operands of one example.
  private func scan(_ example: Int, on tape: Tape) -> SelectiveScan {
    SelectiveScan(
      length: x.length, channels: channels, states: states, x: rows(x, example),
      dt: rows(dt, example), z: rows(z, example), b: rows(b, example), c: rows(c, example),
      rates: rates, d: tape.values(of: d))
  }

  private func saved(of example: Int) -> SelectiveScan.Saved? {
    saved.map {
      let starts = SelectiveScan.Saved.startsSize(
        length: x.length, channels: channels, states: states)
      return SelectiveScan.Saved(
        ungated: $0.ungated + example * x.length * channels, starts: $0.starts + example * starts)
    }
  }

  private func rows(_ tensor: Tensor, _ example: Int) -> Rows {
    Rows(tensor.values + example * x.length * tensor.rowStride, stride: tensor.rowStride)
  }

  private func gradient(_ tensor: Tensor, _ example: Int) -> UnsafeMutablePointer<Float> {
    tensor.gradient + example * x.length * tensor.rowStride
  }
}

extension TokenStep {
  /// Selective scan of one token: with Δ = softplus(dt) and A = −exp(aLog),
  /// h ← exp(Δ A) ⊙ h + (Δ x) Bᵀ, y = (h C + D ⊙ x) ⊙ SiLU(z).
  ///
  /// x, dt, z, D, y [channels]; B, C [N]; aLog and the state h [channels, N]. Gu and Dao 2023, equation 2,
  /// discretized as in Algorithm 2.
  // swift-format-ignore: AlwaysUseLowerCamelCase
  public static func selectiveScan(
    _ x: [Double], dt: [Double], B b: [Double], C c: [Double], gate z: [Double], aLog: [Double],
    D d: [Double], state h: inout [Double]
  ) -> [Double] {
    let states = b.count
    precondition(
      h.count == x.count * states && aLog.count == h.count,
      "\(h.count) state scalars for \(x.count) channels of \(states)")
    var y = x
    for channel in x.indices {
      let range = channel * states..<(channel + 1) * states
      var own = Array(h[range])
      y[channel] =
        selectiveScan(
          channel: [x[channel]], dt: dt[channel], B: b, C: c, aLog: aLog[range], D: d[channel],
          state: &own)[0] * silu(z[channel])
      h.replaceSubrange(range, with: own)
    }
    return y
  }

  /// One channel of a selective scan without its gate, of several values of that channel at once: x, y [values]; B, C, aLog
  /// [N]; the state h [values, N].
  // swift-format-ignore: AlwaysUseLowerCamelCase
  public static func selectiveScan(
    channel x: [Double], dt: Double, B b: [Double], C c: [Double], aLog: ArraySlice<Double>,
    D d: Double, state h: inout [Double]
  ) -> [Double] {
    let step = softplus(dt)
    let decays = aLog.map { exp(-exp($0) * step) }
    let inputs = b.map { step * $0 }
    return x.indices.map { value in
      var y = d * x[value]
      for n in decays.indices {
        let index = value * decays.count + n
        h[index] = decays[n] * h[index] + inputs[n] * x[value]
        y += h[index] * c[n]
      }
      return y
    }
  }
}
