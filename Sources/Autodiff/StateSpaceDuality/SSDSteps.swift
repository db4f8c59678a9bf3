import Kernels

/// Where the log-decay g and the weight dt of every step of a head come from.
enum SSDSteps {
  /// dt = softplus(raw + bias) and g = −exp(aLog) dt: raw [batch, length, heads], aLog and bias [heads].
  case discretized(_ raw: Tensor, aLog: Parameter, bias: Parameter)
  /// g [batch, length, heads]; every step has the same weight.
  case given(_ g: Tensor, weight: Float)
  /// g [heads], the same for every step, and never trained.
  case fixed(_ g: [Float], weight: Float)

  /// Fills the table of a head's chunk that begins at `row`.
  func fill(_ table: DecayTable, row: Int, head: Int, on tape: Tape) {
    switch self {
    case .discretized(let raw, let aLog, let bias):
      Kernels.fill(table, from: rawDt(raw, aLog, bias, row, head, tape))
    case .given(let g, let weight):
      Kernels.fill(
        table,
        from: GivenDecay(
          g.values + row * g.rowStride + head, stride: g.rowStride, weight: weight))
    case .fixed(let g, let weight):
      withUnsafePointer(to: g[head]) {
        Kernels.fill(table, from: GivenDecay($0, stride: 0, weight: weight))
      }
    }
  }

  /// Whether the backward pass adds to the gradient of dt or g, or assigns it.
  func accumulates(on tape: Tape) -> Bool {
    switch self {
    case .discretized(let x, _, _), .given(let x, _): tape.accumulates(x)
    case .fixed: false
    }
  }

  /// The gradients of all operands, from those of dt (through dt x alone) and of the cumulative log-decay, [length], and
  /// of the chunk's last one from the state after the chunk.
  func backward(
    _ table: DecayTable, row: Int, head: Int, dtGradient: UnsafePointer<Float>,
    aGradient: UnsafePointer<Float>, lastGradient: Double, accumulates: Bool, on tape: Tape
  ) {
    switch self {
    case .discretized(let raw, let aLog, let bias):
      Kernels.ssdDecayBackward(
        table, rawDt(raw, aLog, bias, row, head, tape), dtGradient: dtGradient,
        aGradient: aGradient, lastGradient: lastGradient,
        into: raw.gradient + row * raw.rowStride + head, accumulates: accumulates,
        biasGradient: tape.gradient(of: bias) + head, aLogGradient: tape.gradient(of: aLog) + head)
    case .given(let g, _):
      Kernels.givenDecayBackward(
        table.length, aGradient: aGradient, lastGradient: lastGradient,
        into: g.gradient + row * g.rowStride + head, stride: g.rowStride, accumulates: accumulates)
    case .fixed: break
    }
  }

  private func rawDt(
    _ raw: Tensor, _ aLog: Parameter, _ bias: Parameter, _ row: Int, _ head: Int, _ tape: Tape
  ) -> RawDt {
    var (logRate, rate) = (tape.values(of: aLog)[head], Float.zero)
    Kernels.exponential(1, &logRate, into: &rate)
    return RawDt(
      raw.values + row * raw.rowStride + head, stride: raw.rowStride,
      bias: tape.values(of: bias)[head], rate: -rate)
  }
}
