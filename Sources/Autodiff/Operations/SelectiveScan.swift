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
        && aLog.shape == [channels, states] && skip.count == channels,
      "selective scan of \(channels) channels, \(states) and \(c.channels) states, by \(aLog.shape)"
    )
    let y = tensor(batch: x.batch, time: x.time, channels: channels)
    let size = SelectiveScan.stateSize(channels: channels, states: states)
    let kept = SelectiveScan.keptSize(time: x.time, channels: channels, states: states)
    // For backward: the rates, y before its gate [batch, time, channels], states at chunk starts.
    let start = arena.mark
    let rates = arena.allocate(size)
    SelectiveScan.rates(
      channels: channels, states: states, aLog: values(of: aLog), into: rates)
    let inner = differentiates ? arena.allocate(x.rows * channels) : nil
    let starts = differentiates ? arena.allocate(x.batch * kept) : nil

    /// The operands of one example.
    func scan(_ example: Int) -> SelectiveScan {
      func rows(_ tensor: Tensor) -> StridedRows<UnsafePointer<Float>> {
        StridedRows(
          UnsafePointer(tensor.values + example * x.time * tensor.rowStride),
          stride: tensor.rowStride)
      }
      return SelectiveScan(
        time: x.time, channels: channels, states: states, x: rows(x), timeStep: rows(timeStep),
        z: rows(z), b: rows(b), c: rows(c), rates: rates, skip: values(of: skip))
    }
    arena.withScratch {
      let scratch = arena.allocate(size)
      for example in 0..<x.batch {
        let first = example * x.time * channels
        scan(example).forward(
          into: StridedRows(y.values + first, stride: channels), inner: inner.map { $0 + first },
          starts: starts.map { $0 + example * kept }, scratch: scratch)
      }
    }
    guard let inner, let starts else {
      arena.release(to: start)
      return y
    }

    record("selective scan") { [self] in
      expectGradient(of: y, in: "selective scan")
      let adds = (
        x: accumulates(x), timeStep: accumulates(timeStep), z: accumulates(z), b: accumulates(b),
        c: accumulates(c)
      )
      arena.withScratch {
        let scratch = arena.allocate(2 * size)
        for example in 0..<x.batch {
          let row = example * x.time
          func target(_ tensor: Tensor) -> UnsafeMutablePointer<Float> {
            tensor.gradient + row * tensor.rowStride
          }
          let gradients = SelectiveScan.Gradients(
            x: target(x), timeStep: target(timeStep), z: target(z), b: target(b), c: target(c),
            aLog: gradient(of: aLog), skip: gradient(of: skip), adds: adds)
          scan(example).backward(
            StridedRows(UnsafePointer(target(y)), stride: y.rowStride),
            inner: inner + row * channels,
            starts: starts + example * kept, into: gradients, scratch: scratch)
        }
      }
    }
    return y
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
