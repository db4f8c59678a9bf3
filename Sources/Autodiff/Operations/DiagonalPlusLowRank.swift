import Foundation
import Kernels

extension Tape {
  /// Per head S ← diag(exp w) S − (κ ⊙ a) (Sᵀ κ)ᵀ + k vᵀ, both S on the right the old one; y = Sᵀ r.
  ///
  /// r, w, k, v, y, κ (`removal`) and a (`rate`) [batch, length, heads · N]; the state S [N, N], zero before the
  /// first token. Log-decays w lie between −0.607 and 0, so that those of a chunk of 64 tokens can be undone in
  /// single precision. `chunkLength` changes the result by rounding only.
  ///
  /// RWKV-7 (Peng et al. 2025, equation 18). Multiply-adds per token and head, counting causal halves:
  /// chunkLength/2 · 8 N + 4 N² forward, twice that backward.
  public func diagonalPlusLowRank(
    r: Tensor, logDecay w: Tensor, k: Tensor, v: Tensor, removal: Tensor, rate: Tensor, heads: Int,
    chunkLength: Int = 32
  ) -> Tensor {
    checkRecurrence(r, k, v, heads: heads, decay: .perChannel(w), chunkLength: chunkLength)
    checkRecurrence(
      removal, rate, v, heads: heads, decay: .perChannel(w), chunkLength: chunkLength)
    precondition(
      v.channels == r.channels && removal.channels == r.channels, "keys as wide as values")
    let width = r.channels / heads
    let shape = RecurrenceShape(
      batch: r.batch, length: r.length, heads: heads, keyWidth: width, valueWidth: width,
      features: width, chunkLength: max(1, min(chunkLength, r.length, 64)))
    let y = tensor(batch: r.batch, length: r.length, channels: r.channels)
    let start = arena.mark
    let pass = LowRankPass(
      shape: shape, tape: self, r: r, w: w, k: k, v: v, removal: removal, rate: rate, y: y)
    let saved = forEachExample(of: shape, blockSize: LowRankPass.blockSize(shape)) {
      pass.forward($0, saving: $1)
    }
    record(LowRankBackward(pass: pass, saved: saved))
    if !differentiates { arena.release(to: start) }
    return y
  }
}

private struct LowRankBackward: RecordedOperation {
  let pass: LowRankPass
  let saved: SavedChunks

  var result: Tensor { pass.y }

  func backward(on tape: Tape) {
    let accumulation = LowRankPass.Accumulation(
      r: tape.accumulates(pass.r), w: tape.accumulates(pass.w), k: tape.accumulates(pass.k),
      v: tape.accumulates(pass.v), removal: tape.accumulates(pass.removal),
      rate: tape.accumulates(pass.rate))
    for example in 0..<pass.shape.batch {
      pass.backward(example, saved.of(example), accumulation)
    }
  }
}

extension TokenStep {
  /// Per head S ← diag(exp w) S − (κ ⊙ a) (Sᵀ κ)ᵀ + k vᵀ, both S on the right the old one; y = Sᵀ r.
  ///
  /// All [heads · N], the state [heads, N, N].
  public static func diagonalPlusLowRank(
    r: [Double], logDecay w: [Double], k: [Double], v: [Double], removal: [Double],
    rate: [Double], heads: Int, state s: inout [Double]
  ) -> [Double] {
    let width = r.count / heads
    precondition(
      s.count == r.count * width, "\(s.count) state scalars for \(heads) heads of \(width)²")
    var y = [Double](repeating: 0, count: r.count)
    for head in 0..<heads {
      let channels = head * width..<(head + 1) * width
      for (column, value) in channels.enumerated() {
        var read = 0.0
        for row in channels { read += s[row * width + column] * removal[row] }
        for row in channels {
          let index = row * width + column
          s[index] = exp(w[row]) * s[index] - removal[row] * rate[row] * read + k[row] * v[value]
          y[value] += s[index] * r[row]
        }
      }
    }
    return y
  }
}
