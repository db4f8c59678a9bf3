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
    let kept =
      x.batch * SelectiveScan.keptSize(length: x.length, channels: channels, states: states)
    let start = arena.mark
    let operation = GatedScan(
      x: x, dt: dt, b: b, c: c, z: z, aLog: aLog, d: d,
      rates: arena.allocate(SelectiveScan.stateSize(channels: channels, states: states)),
      inner: differentiates ? arena.allocate(x.rows * channels) : nil,
      starts: differentiates ? arena.allocate(kept) : nil, result: y)
    operation.forward(on: self)
    if differentiates { record(operation) } else { arena.release(to: start) }
    return y
  }
}

private struct GatedScan: RecordedOperation {
  let x: Tensor, dt: Tensor, b: Tensor, c: Tensor, z: Tensor
  let aLog: Parameter, d: Parameter
  let rates: UnsafeMutablePointer<Float>
  /// For backward: y before its gate [batch, length, channels], and the states at chunk starts.
  let inner: UnsafeMutablePointer<Float>?
  let starts: UnsafeMutablePointer<Float>?
  let result: Tensor

  private var channels: Int { x.channels }
  private var states: Int { b.channels }
  private var stateSize: Int { SelectiveScan.stateSize(channels: channels, states: states) }
  private var kept: Int {
    SelectiveScan.keptSize(length: x.length, channels: channels, states: states)
  }

  func forward(on tape: Tape) {
    SelectiveScan.rates(
      channels: channels, states: states, aLog: tape.values(of: aLog), into: rates)
    tape.arena.withScratch {
      let scratch = tape.arena.allocate(stateSize)
      for example in 0..<x.batch {
        let first = example * x.length * channels
        scan(example, on: tape).forward(
          into: StridedRows(result.values + first, stride: channels),
          inner: inner.map { $0 + first }, starts: starts.map { $0 + example * kept },
          scratch: scratch)
      }
    }
  }

  func backward(on tape: Tape) {
    let adds = (
      x: tape.accumulates(x), dt: tape.accumulates(dt), z: tape.accumulates(z),
      b: tape.accumulates(b), c: tape.accumulates(c)
    )
    tape.arena.withScratch {
      let scratch = tape.arena.allocate(2 * stateSize)
      for example in 0..<x.batch {
        let gradients = SelectiveScan.Gradients(
          x: gradient(x, example), dt: gradient(dt, example), z: gradient(z, example),
          b: gradient(b, example), c: gradient(c, example), aLog: tape.gradient(of: aLog),
          d: tape.gradient(of: d), adds: adds)
        scan(example, on: tape).backward(
          StridedRows(UnsafePointer(gradient(result, example)), stride: result.rowStride),
          inner: inner! + example * x.length * channels, starts: starts! + example * kept,
          into: gradients, scratch: scratch)
      }
    }
  }

  /// The operands of one example.
  private func scan(_ example: Int, on tape: Tape) -> SelectiveScan {
    SelectiveScan(
      length: x.length, channels: channels, states: states, x: rows(x, example),
      dt: rows(dt, example), z: rows(z, example), b: rows(b, example),
      c: rows(c, example), rates: rates, d: tape.values(of: d))
  }

  private func rows(_ tensor: Tensor, _ example: Int) -> StridedRows<UnsafePointer<Float>> {
    StridedRows(
      UnsafePointer(tensor.values + example * x.length * tensor.rowStride), stride: tensor.rowStride
    )
  }

  private func gradient(_ tensor: Tensor, _ example: Int) -> UnsafeMutablePointer<Float> {
    tensor.gradient + example * x.length * tensor.rowStride
  }
}

extension TokenStep {
  /// Selective scan of one token: with Δ = softplus(dt) and A = −exp(aLog),
  /// h ← exp(Δ A) ⊙ h + (Δ x) Bᵀ, y = (h C + D ⊙ x) ⊙ SiLU(z).
  ///
  /// x, dt, z, D, y [channels]; B, C [N]; aLog and the state h [channels, N]. Gu and Dao 2023, equation 2
  /// with its discretization, and Algorithm 2.
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
      let step = softplus(dt[channel])
      y[channel] = d[channel] * x[channel]
      for n in 0..<states {
        let index = channel * states + n
        h[index] = exp(-exp(aLog[index]) * step) * h[index] + step * x[channel] * b[n]
        y[channel] += h[index] * c[n]
      }
      y[channel] *= silu(z[channel])
    }
    return y
  }
}

extension OperationCatalog {
  /// (batch, length, channels, N), and what dt_raw is drawn around.
  static let selectiveScanChecks = [
    (1, 1, 1, 1, -1), (1, 7, 16, 1, -1), (3, 16, 17, 2, -1), (1, 17, 7, 16, -1), (3, 33, 5, 4, -3),
    (1, 65, 33, 7, 1), (1, 40, 32, 17, -1), (1, 70, 65, 3, 4), (1, 20, 2, 64, -1),
  ].map { (batch: Int, length: Int, channels: Int, states: Int, timeStep: Double) in
    OperationCheck(
      "selective scan \(batch)×\(length)×\(channels), \(states) states, time step \(timeStep)",
      activations: [
        .init(batch, length, channels),
        .init(batch, length, channels, .uniform(timeStep - 1, timeStep + 1)),
        .init(batch, length, states), .init(batch, length, states), .init(batch, length, channels),
      ],
      weights: [.init([channels, states], .uniform(-1, 2)), .init([channels])]
    ) { tape, x, w in
      [
        tape.selectiveScan(
          x[0], dt: x[1], B: x[2], C: x[3], gate: x[4], aLog: w[0], D: w[1])
      ]
    } reference: { x, w in
      [
        eachExample(batch, length, state: [Double](repeating: 0, count: channels * states)) {
          TokenStep.selectiveScan(
            x[0].row($0, of: channels), dt: x[1].row($0, of: channels),
            B: x[2].row($0, of: states), C: x[3].row($0, of: states),
            gate: x[4].row($0, of: channels), aLog: w[0], D: w[1], state: &$1)
        }
      ]
    }
  }
}
