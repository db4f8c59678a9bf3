import Foundation
import Kernels

extension Tape {
  /// State-space duality, chunk by chunk: per head, with dt = softplus(dt_raw + bias) and A = −exp(aLog),
  /// h_t = exp(dt_t A) h_{t−1} + dt_t x_t B_tᵀ, y_t = h_t C_t + D x_t, h [headDimension, N].
  ///
  /// x, y [batch, length, heads · headDimension]; dt raw [batch, length, heads]; B, C [batch, length, groups · N];
  /// aLog, D, bias [heads]. Head j uses B and C of group j / (heads / groups). `chunkLength` changes the result by
  /// rounding only.
  ///
  /// "Transformers are SSMs" (Dao and Gu, 2024), Listing 1. Decays are exponentials of differences of cumulative
  /// log-decays. Without D there is no term of x_t itself. Operations (multiplications and additions) per token and head, with the causal half of a chunk only:
  /// chunkLength · (N · groups / heads + headDimension) + 4 · N · headDimension forward, twice as many backward.
  // swift-format-ignore: AlwaysUseLowerCamelCase
  public func ssd(
    _ x: Tensor, dt: Tensor, B b: Tensor, C c: Tensor, aLog: Parameter, D d: Parameter?,
    dtBias: Parameter, headDimension: Int, groups: Int, chunkLength: Int = 64
  ) -> Tensor {
    let heads = dt.channels
    precondition(
      x.channels == heads * headDimension && heads % groups == 0 && chunkLength > 0,
      "\(heads) heads of \(headDimension) in \(groups) groups, x with \(x.channels) channels")
    precondition(
      b.channels % groups == 0 && b.channels == c.channels,
      "B and C with \(b.channels) and \(c.channels) channels in \(groups) groups")
    precondition(
      aLog.count == heads && (d?.count ?? heads) == heads && dtBias.count == heads)
    return ssd(
      x, .discretized(dt, aLog: aLog, bias: dtBias), B: b, C: c, D: d, heads: heads,
      groups: groups, chunkLength: chunkLength)
  }

  /// A recurrence with one decay per head, whose steps are as `steps` says.
  // swift-format-ignore: AlwaysUseLowerCamelCase
  func ssd(
    _ x: Tensor, _ steps: SSDSteps, B b: Tensor, C c: Tensor, D d: Parameter?, heads: Int,
    groups: Int, chunkLength: Int
  ) -> Tensor {
    let shape = SSDShape(
      batch: x.batch, length: x.length, heads: heads, headDimension: x.channels / heads,
      groups: groups, stateDimension: b.channels / groups,
      chunkLength: max(1, min(chunkLength, x.length)))
    let y = tensor(batch: x.batch, length: x.length, channels: x.channels)
    let pass = SSDPass(shape: shape, tape: self, x: x, steps: steps, b: b, c: c, y: y, d: d)
    guard differentiates else {
      arena.withScratch {
        let shared = SSDSaved(shape, examples: 1, savesAll: false, arena: arena)
        for example in 0..<x.batch { pass.forward(example, saving: shared) }
      }
      complete(y)
      return y
    }
    let saved = SSDSaved(shape, examples: x.batch, savesAll: true, arena: arena)
    for example in 0..<x.batch { pass.forward(example, saving: saved.of(example)) }
    record(SSDBackward(pass: pass, saved: saved))
    return y
  }
}

private struct SSDBackward: RecordedOperation {
  let pass: SSDPass
  let saved: SSDSaved

  var result: Tensor { pass.y }

  /// y = SSD(x, steps, B, C, D)  →  gradients of all of them, from the last chunk to the first.
  func backward(on tape: Tape) {
    let accumulation = SSDAccumulation(
      x: tape.accumulates(pass.x), steps: pass.steps.accumulates(on: tape),
      b: tape.accumulates(pass.b), c: tape.accumulates(pass.c))
    for example in 0..<pass.x.batch { pass.backward(example, saved.of(example), accumulation) }
  }
}

extension TokenStep {
  /// State-space duality for one token: per head, with Δ = softplus(dt + dtBias) and A = −exp(aLog),
  /// h ← exp(Δ A) h + Δ x Bᵀ, y = h C + D x.
  ///
  /// x, y [heads · P]; dt, aLog, D, dtBias [heads]; B, C [groups · N]; the state h [heads, P, N]. Head j uses B and C
  /// of group j / (heads / groups). Dao and Gu 2024, equation 1, where A is a scalar times the identity.
  // swift-format-ignore: AlwaysUseLowerCamelCase
  public static func ssd(
    _ x: [Double], dt: [Double], B b: [Double], C c: [Double], aLog: [Double], D d: [Double],
    dtBias: [Double], groups: Int, state h: inout [Double]
  ) -> [Double] {
    let (heads, states) = (dt.count, b.count / groups)
    let width = x.count / heads  // P
    precondition(
      h.count == x.count * states && heads % groups == 0,
      "\(h.count) state scalars for \(heads) heads of \(width) × \(states)")
    var y = x
    for head in 0..<heads {
      let first = head / (heads / groups) * states  // the group's first scalar of B and C
      let step = softplus(dt[head] + dtBias[head])
      let decay = exp(-exp(aLog[head]) * step)
      for channel in head * width..<(head + 1) * width {
        y[channel] = d[head] * x[channel]
        for n in 0..<states {
          let index = channel * states + n
          h[index] = decay * h[index] + step * x[channel] * b[first + n]
          y[channel] += h[index] * c[first + n]
        }
      }
    }
    return y
  }
}
