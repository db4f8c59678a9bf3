import Kernels

extension Tape {
  /// State-space duality, chunk by chunk: per head, with dt = softplus(dt_raw + bias) and A = −exp(aLog),
  /// h_t = exp(dt_t A) h_{t−1} + dt_t x_t B_tᵀ, y_t = h_t C_t + D x_t, h [headDimension, N].
  ///
  /// x, y [batch, time, heads · headDimension]; dt raw [batch, time, heads]; B, C [batch, time, groups · N];
  /// aLog, D, bias [heads]. Head j reads group j / (heads / groups). The result does not depend on
  /// `chunkLength`, but for rounding.
  ///
  /// "Transformers are SSMs" (Dao and Gu, 2024), Listing 1. Decays are exponentials of differences of
  /// cumulative log-decays. Useful arithmetic per token and head, counting the causal half of a chunk:
  /// chunkLength · (N · groups / heads + headDimension) + 4 · N · headDimension forward, twice that backward.
  // swift-format-ignore: AlwaysUseLowerCamelCase
  public func ssd(
    _ x: Tensor, timeStep: Tensor, B b: Tensor, C c: Tensor, decay aLog: Parameter,
    skip: Parameter, timeStepBias: Parameter, headDimension: Int, groups: Int,
    chunkLength: Int = 64
  ) -> Tensor {
    let heads = timeStep.channels
    precondition(
      x.channels == heads * headDimension && heads % groups == 0 && chunkLength > 0,
      "\(heads) heads of \(headDimension) in \(groups) groups, x with \(x.channels) channels")
    precondition(
      b.channels % groups == 0 && b.channels == c.channels,
      "B and C with \(b.channels) and \(c.channels) channels in \(groups) groups")
    precondition(aLog.count == heads && skip.count == heads && timeStepBias.count == heads)
    let shape = SSDShape(
      batch: x.batch, time: x.time, heads: heads, headDimension: headDimension, groups: groups,
      stateDimension: b.channels / groups, chunkLength: max(1, min(chunkLength, x.time)))
    let y = tensor(batch: x.batch, time: x.time, channels: x.channels)
    let pass = SSDPass(
      shape: shape, tape: self, x: x, timeStep: timeStep, b: b, c: c, y: y, aLog: aLog,
      skip: skip, timeStepBias: timeStepBias)
    guard differentiates else {
      arena.withScratch {
        let shared = SSDKept(shape, examples: 1, keepsAll: false, arena: arena)
        for example in 0..<x.batch { pass.forward(example, keeping: shared) }
      }
      return y
    }
    let kept = SSDKept(shape, examples: x.batch, keepsAll: true, arena: arena)
    for example in 0..<x.batch { pass.forward(example, keeping: kept.of(example)) }
    record(SSDBackward(pass: pass, kept: kept))
    return y
  }
}

private struct SSDBackward: RecordedOperation {
  let pass: SSDPass
  let kept: SSDKept

  var result: Tensor { pass.y }

  func backward(on tape: Tape) {
    let accumulation = SSDAccumulation(
      x: tape.accumulates(pass.x), timeStep: tape.accumulates(pass.timeStep),
      b: tape.accumulates(pass.b), c: tape.accumulates(pass.c))
    for example in 0..<pass.x.batch { pass.backward(example, kept.of(example), accumulation) }
  }
}
