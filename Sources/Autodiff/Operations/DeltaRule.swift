import Foundation
import Kernels

extension Tape {
  /// The delta rule with decay, per head: S ← diag(exp g) S; u = β (v − Sᵀ k); S ← S + k uᵀ; y = Sᵀ (scale · q).
  ///
  /// q, k [batch, length, heads · K]; v, y [batch, length, heads · V]; β [batch, length, heads]; the state S [K, V],
  /// zero before the first token. Keys have length 1 where β may reach 2. `chunkLength` changes the result
  /// by rounding only.
  ///
  /// Schlag et al. 2021 and Yang et al. 2024, DeltaNet (section 3.2: chunks); Yang et al. 2024, Gated DeltaNet
  /// (decay per head); Kimi Team 2025, KDA (decay per channel). Multiply-adds per token and head, counting
  /// causal halves: chunkLength/2 · (2 K + 2 V) + 3 · K · V forward, twice that backward.
  public func deltaRule(
    _ q: Tensor, _ k: Tensor, _ v: Tensor, beta: Tensor, heads: Int, decay: LogDecay = .none,
    scale: Float = 1, chunkLength: Int = 64
  ) -> Tensor {
    checkRecurrence(q, k, v, heads: heads, decay: decay, chunkLength: chunkLength)
    precondition(
      beta.channels == heads && beta.rows == q.rows,
      "\(beta.channels) rates of \(beta.rows) tokens for \(heads) heads of \(q.rows)")
    let width = q.channels / heads
    let shape = RecurrenceShape(
      batch: q.batch, length: q.length, heads: heads, keyWidth: width,
      valueWidth: v.channels / heads, features: width,
      chunkLength: max(1, min(chunkLength, q.length)))
    let y = tensor(batch: q.batch, length: q.length, channels: v.channels)
    let start = arena.mark
    let pass = DeltaRulePass(
      operands: RecurrenceOperands(
        shape: shape, tape: self, q: q, k: k, v: v, y: y, decay: decay, scale: scale),
      beta: beta)
    let saved = forEachExample(of: shape, blockSize: DeltaRulePass.blockSize(shape)) {
      pass.forward($0, saving: $1)
    }
    record(DeltaRuleBackward(pass: pass, saved: saved))
    if !differentiates { arena.release(to: start) }
    return y
  }
}

private struct DeltaRuleBackward: RecordedOperation {
  let pass: DeltaRulePass
  let saved: SavedChunks

  var result: Tensor { pass.operands.y }

  func backward(on tape: Tape) {
    let accumulation = (
      operands: pass.operands.accumulation(), beta: tape.accumulates(pass.beta)
    )
    for example in 0..<pass.shape.batch {
      pass.backward(example, saved.of(example), accumulation)
    }
  }
}

extension TokenStep {
  /// The delta rule with decay for one token: per head S ← diag(exp g) S; u = β (v − Sᵀ k); S ← S + k uᵀ;
  /// y = Sᵀ (scale · q).
  ///
  /// q, k [heads · K]; v, y [heads · V]; β [heads]; g [heads · K], [heads] or empty; the state [heads, K, V].
  public static func deltaRule(
    _ q: [Double], _ k: [Double], _ v: [Double], beta: [Double], heads: Int,
    logDecay g: [Double] = [], scale: Double = 1, state s: inout [Double]
  ) -> [Double] {
    let (keyWidth, width) = (k.count / heads, v.count / heads)
    precondition(
      s.count == k.count * width,
      "\(s.count) state scalars for \(heads) heads of \(keyWidth) × \(width)")
    var y = [Double](repeating: 0, count: v.count)
    for head in 0..<heads {
      let (keys, values) = (head * keyWidth, head * width)
      var update = Array(v[values..<values + width])
      for row in keys..<keys + keyWidth {
        let decay = g.isEmpty ? 1 : exp(g.count == heads ? g[head] : g[row])
        for column in 0..<width {
          s[row * width + column] *= decay
          update[column] -= s[row * width + column] * k[row]
        }
      }
      for row in keys..<keys + keyWidth {
        for column in 0..<width {
          s[row * width + column] += beta[head] * update[column] * k[row]
          y[values + column] += s[row * width + column] * scale * q[row]
        }
      }
    }
    return y
  }
}
