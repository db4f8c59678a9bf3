import Foundation
import Kernels

extension Tape {
  /// Linear attention per head: S ← diag(exp g) S + φ(k) vᵀ, y = Sᵀ φ(scale · q); normalised, y is divided by
  /// φ(scale · q) · Σ φ(k) + 1e-12.
  ///
  /// q, k [batch, length, heads · K]; v, y [batch, length, heads · V]; the state S [φ's features, V], zero before
  /// the first token. Only without `features` may there be a decay, and only without a decay may y be normalised.
  /// `chunkLength` changes the result by rounding only.
  ///
  /// Katharopoulos et al. 2020 (no decay); Sun et al. 2023, RetNet (fixed decay); Yang et al. 2023, GLA (decay per
  /// key channel, section 4: chunks); Arora et al. 2024, Based (Taylor features). Multiply-adds per token and
  /// head, counting the causal half of a chunk: chunkLength/2 · (K + V) + 2 · features · V forward, twice that
  /// backward.
  public func linearAttention(
    _ q: Tensor, _ k: Tensor, _ v: Tensor, heads: Int, decay: LogDecay = .none, scale: Float = 1,
    features: FeatureMap = .identity, normalized: Bool = false, chunkLength: Int = 64
  ) -> Tensor {
    checkRecurrence(q, k, v, heads: heads, decay: decay, chunkLength: chunkLength)
    let isPlain = features == .identity && !normalized
    // One decay per head is state-space duality without D, where every value has the weight of the queries' scale.
    func decayed(_ steps: SSDSteps) -> Tensor {
      precondition(isPlain, "a decay with features or with a normaliser")
      return ssd(
        v, steps, B: k, C: q, D: nil, heads: heads, groups: heads, chunkLength: chunkLength)
    }
    switch decay {
    case .none: break
    case .fixed(let g): return decayed(.fixed(g, weight: scale))
    case .perHead(let g): return decayed(.given(g, weight: scale))
    case .perChannel: precondition(isPlain, "a decay with features or with a normaliser")
    }
    let shape = RecurrenceShape(
      batch: q.batch, length: q.length, heads: heads, keyWidth: q.channels / heads,
      valueWidth: v.channels / heads, features: features.count(q.channels / heads),
      chunkLength: max(1, min(chunkLength, q.length)), normalized: normalized)
    let y = tensor(batch: q.batch, length: q.length, channels: v.channels)
    let start = arena.mark
    let pass = LinearAttentionPass(
      operands: RecurrenceOperands(
        shape: shape, tape: self, q: q, k: k, v: v, y: y, decay: decay, scale: scale),
      features: features, inverseSums: normalized ? arena.allocate(heads * y.rows) : nil)
    let saved = forEachExample(of: shape, blockSize: shape.square) { example, saved in
      pass.forward(example, saving: saved)
    }
    record(LinearAttentionBackward(pass: pass, saved: saved))
    if !differentiates { arena.release(to: start) }
    return y
  }

  func checkRecurrence(
    _ q: Tensor, _ k: Tensor, _ v: Tensor, heads: Int, decay: LogDecay, chunkLength: Int
  ) {
    precondition(
      heads > 0 && q.channels % heads == 0 && v.channels % heads == 0 && chunkLength > 0,
      "\(heads) heads of \(q.channels) query and \(v.channels) value channels")
    precondition(
      k.channels == q.channels && k.rows == q.rows && v.rows == q.rows,
      "\(q.rows) queries, \(k.rows) keys of \(k.channels) channels and \(v.rows) values")
    switch decay {
    case .none: break
    case .fixed(let g): precondition(g.count == heads, "\(g.count) decays for \(heads) heads")
    case .perHead(let g):
      precondition(g.channels == heads && g.rows == q.rows, "\(g.channels) decays a token")
    case .perChannel(let g):
      precondition(g.channels == k.channels && g.rows == q.rows, "\(g.channels) decays a token")
    }
  }
}

private struct LinearAttentionBackward: RecordedOperation {
  let pass: LinearAttentionPass
  let saved: SavedChunks

  var result: Tensor { pass.operands.y }

  func backward(on tape: Tape) {
    let accumulation = pass.operands.accumulation()
    for example in 0..<pass.shape.batch {
      pass.backward(example, saved.of(example), accumulation)
    }
  }
}

extension TokenStep {
  /// Linear attention for one token: per head S ← diag(exp g) S + φ(k) vᵀ, y = Sᵀ φ(scale · q), divided by
  /// φ(scale · q) · n + 1e-12, n = Σ φ(k), if normalised.
  ///
  /// q, k [heads · K]; v, y [heads · V]; g [heads · K], [heads] or empty. The state [heads, features, V], or
  /// with n in a last column [heads, features, V + 1].
  public static func linearAttention(
    _ q: [Double], _ k: [Double], _ v: [Double], heads: Int, logDecay g: [Double] = [],
    scale: Double = 1, features: FeatureMap = .identity, normalized: Bool = false,
    state s: inout [Double]
  ) -> [Double] {
    let (keyWidth, width) = (k.count / heads, v.count / heads)
    let count = features.count(keyWidth)
    let columns = width + (normalized ? 1 : 0)
    precondition(
      s.count == heads * count * columns,
      "\(s.count) state scalars for \(heads) heads of \(count) × \(columns)")
    var y: [Double] = []
    for head in 0..<heads {
      let channels = head * keyWidth..<(head + 1) * keyWidth
      let key = features(Array(k[channels]), square: 1)
      let query = features(k[channels].indices.map { scale * q[$0] }, square: 0.5)
      let values = v[head * width..<(head + 1) * width] + (normalized ? [1] : [])
      var sums = [Double](repeating: 0, count: columns)
      for row in 0..<count {
        let decay = g.isEmpty ? 1 : exp(g.count == heads ? g[head] : g[head * keyWidth + row])
        for (column, value) in values.enumerated() {
          let index = (head * count + row) * columns + column
          s[index] = decay * s[index] + key[row] * value
          sums[column] += s[index] * query[row]
        }
      }
      y += sums[..<width].map { normalized ? $0 / (sums[width] + 1e-12) : $0 }
    }
    return y
  }
}

extension FeatureMap {
  /// The features of one key or query; `square` is the factor of squares.
  fileprivate func callAsFunction(_ x: [Double], square: Double) -> [Double] {
    guard case .taylor = self else { return x }
    return [1] + x
      + x.indices.flatMap { a in
        (a..<x.count).map { b in x[a] * x[b] * (a == b ? square : 1) }
      }
  }
}
