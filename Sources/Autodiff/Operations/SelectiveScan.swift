import Foundation
import Kernels

extension Tape {
  /// Selective scan with its gate: with dt = softplus(dt_raw) and A = −exp(aLog),
  /// h_t = exp(dt_t A) ⊙ h_{t−1} + (dt_t x_t) B_tᵀ, y_t = (h_t C_t + D ⊙ x_t) ⊙ SiLU(z_t), h [channels, N].
  ///
  /// x, y, dt raw, z [batch, time, channels]; B, C [batch, time, N]; aLog [channels, N]; D [channels].
  /// "Mamba: Linear-Time Sequence Modeling with Selective State Spaces" (Gu and Dao, 2023), Algorithm 2.
  // swift-format-ignore: AlwaysUseLowerCamelCase
  public func selectiveScan(
    _ x: Tensor, timeStep: Tensor, B b: Tensor, C c: Tensor, gate z: Tensor,
    decay aLog: Parameter, skip: Parameter
  ) -> Tensor {
    let (channels, states) = (x.channels, b.channels)
    precondition(
      timeStep.channels == channels && z.channels == channels && c.channels == states
        && aLog.shape[0] == channels && aLog.shape[1] == states && skip.count == channels,
      "selective scan of \(channels) channels, \(states) and \(c.channels) states, by \(aLog.shape)"
    )
    let y = tensor(batch: x.batch, time: x.time, channels: channels)
    let kept = x.batch * SelectiveScan.keptSize(time: x.time, channels: channels, states: states)
    let start = arena.mark
    let operation = GatedScan(
      x: x, timeStep: timeStep, b: b, c: c, z: z, aLog: aLog, skip: skip,
      rates: arena.allocate(SelectiveScan.stateSize(channels: channels, states: states)),
      inner: differentiates ? arena.allocate(x.rows * channels) : nil,
      starts: differentiates ? arena.allocate(kept) : nil, result: y)
    operation.forward(on: self)
    if differentiates { record(operation) } else { arena.release(to: start) }
    return y
  }
}

private struct GatedScan: RecordedOperation {
  let x: Tensor, timeStep: Tensor, b: Tensor, c: Tensor, z: Tensor
  let aLog: Parameter, skip: Parameter
  let rates: UnsafeMutablePointer<Float>
  /// For backward: y before its gate [batch, time, channels], and the states at chunk starts.
  let inner: UnsafeMutablePointer<Float>?
  let starts: UnsafeMutablePointer<Float>?
  let result: Tensor

  private var channels: Int { x.channels }
  private var states: Int { b.channels }
  private var stateSize: Int { SelectiveScan.stateSize(channels: channels, states: states) }
  private var kept: Int {
    SelectiveScan.keptSize(time: x.time, channels: channels, states: states)
  }

  func forward(on tape: Tape) {
    SelectiveScan.rates(
      channels: channels, states: states, aLog: tape.values(of: aLog), into: rates)
    tape.arena.withScratch {
      let scratch = tape.arena.allocate(stateSize)
      for example in 0..<x.batch {
        let first = example * x.time * channels
        scan(example, on: tape).forward(
          into: StridedRows(result.values + first, stride: channels),
          inner: inner.map { $0 + first }, starts: starts.map { $0 + example * kept },
          scratch: scratch)
      }
    }
  }

  func backward(on tape: Tape) {
    let adds = (
      x: tape.accumulates(x), timeStep: tape.accumulates(timeStep), z: tape.accumulates(z),
      b: tape.accumulates(b), c: tape.accumulates(c)
    )
    tape.arena.withScratch {
      let scratch = tape.arena.allocate(2 * stateSize)
      for example in 0..<x.batch {
        let gradients = SelectiveScan.Gradients(
          x: gradient(x, example), timeStep: gradient(timeStep, example), z: gradient(z, example),
          b: gradient(b, example), c: gradient(c, example), aLog: tape.gradient(of: aLog),
          skip: tape.gradient(of: skip), adds: adds)
        scan(example, on: tape).backward(
          StridedRows(UnsafePointer(gradient(result, example)), stride: result.rowStride),
          inner: inner! + example * x.time * channels, starts: starts! + example * kept,
          into: gradients, scratch: scratch)
      }
    }
  }

  /// The operands of one example.
  private func scan(_ example: Int, on tape: Tape) -> SelectiveScan {
    SelectiveScan(
      time: x.time, channels: channels, states: states, x: rows(x, example),
      timeStep: rows(timeStep, example), z: rows(z, example), b: rows(b, example),
      c: rows(c, example), rates: rates, skip: tape.values(of: skip))
  }

  private func rows(_ tensor: Tensor, _ example: Int) -> StridedRows<UnsafePointer<Float>> {
    StridedRows(
      UnsafePointer(tensor.values + example * x.time * tensor.rowStride), stride: tensor.rowStride)
  }

  private func gradient(_ tensor: Tensor, _ example: Int) -> UnsafeMutablePointer<Float> {
    tensor.gradient + example * x.time * tensor.rowStride
  }
}

extension OperationCatalog {
  /// (batch, time, channels, N), and what dt_raw is drawn around.
  static let selectiveScanChecks = [
    (1, 1, 1, 1, -1), (1, 7, 16, 1, -1), (3, 16, 17, 2, -1), (1, 17, 7, 16, -1), (3, 33, 5, 4, -3),
    (1, 65, 33, 7, 1), (1, 40, 32, 17, -1), (1, 70, 65, 3, 4), (1, 20, 2, 64, -1),
  ].map { (batch: Int, time: Int, channels: Int, states: Int, timeStep: Double) in
    OperationCheck(
      "selective scan \(batch)×\(time)×\(channels), \(states) states, time step \(timeStep)",
      activations: [
        .init(batch, time, channels),
        .init(batch, time, channels, .uniform(timeStep - 1, timeStep + 1)),
        .init(batch, time, states), .init(batch, time, states), .init(batch, time, channels),
      ],
      weights: [.init([channels, states], .uniform(-1, 2)), .init([channels])]
    ) { tape, x, w in
      [
        tape.selectiveScan(
          x[0], timeStep: x[1], B: x[2], C: x[3], gate: x[4], decay: w[0], skip: w[1])
      ]
    } reference: { x, w in
      var y = [Double](repeating: 0, count: batch * time * channels)
      for channel in 0..<channels {
        for example in 0..<batch {
          var state = [Double](repeating: 0, count: states)
          for row in (example * time)..<((example + 1) * time) {
            let index = row * channels + channel
            let (dt, z) = (log1p(exp(x[1][index])), x[4][index])
            var sum = w[1][channel] * x[0][index]
            for n in 0..<states {
              let decay = exp(-exp(w[0][channel * states + n]) * dt)
              state[n] = decay * state[n] + dt * x[0][index] * x[2][row * states + n]
              sum += state[n] * x[3][row * states + n]
            }
            y[index] = sum * z / (1 + exp(-z))
          }
        }
      }
      return [y]
    }
  }
}
