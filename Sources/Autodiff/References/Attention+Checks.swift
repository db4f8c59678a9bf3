import Foundation
import Kernels

extension OperationCatalog {
  static let attentionChecks = wholeAttentionChecks + selectedAttentionChecks

  /// (batch, time, d, heads, dropout rate).
  private static let wholeAttentionChecks: [OperationCheck] = [
    (1, 1, 1, 1, 0), (3, 1, 16, 2, 0), (1, 7, 7, 1, 0), (3, 16, 32, 2, 0), (1, 17, 48, 3, 0),
    (2, 64, 64, 1, 0), (1, 100, 16, 1, 0), (1, 300, 32, 2, 0), (1, 65, 1, 1, 0),
    (3, 17, 32, 2, 0.25), (2, 70, 16, 1, 0.5),
  ].map { batch, time, d, heads, rate in
    let stream = DropoutStream(key: 99, firstExample: 5)
    return OperationCheck(
      "causal attention \(batch)×\(time)×\(d), \(heads) heads, dropout \(rate)",
      activations: [.init(batch, time, 3 * d)]
    ) { tape, x, _ in
      tape.dropout = stream
      return [tape.causalAttention(x[0], heads: heads, dropoutRate: Float(rate))]
    } reference: { x, _ in
      [
        attentionReference(
          x[0], batch: batch, time: time, d: d, heads: heads,
          mask: attentionMask(stream, Float(rate), time: time))
      ]
    }
  }

  /// (batch, time, d, heads, dropout rate, every how many rows there is a query, from which on): also examples
  /// without a query.
  private static let selectedAttentionChecks: [OperationCheck] = [
    (1, 1, 1, 1, 0, 1, 0), (3, 16, 32, 2, 0, 5, 0), (3, 17, 16, 1, 0, 40, 10),
    (1, 300, 32, 2, 0, 3, 150), (1, 130, 7, 1, 0, 1, 60), (2, 70, 16, 2, 0.5, 3, 1),
  ].map { batch, time, d, heads, rate, step, first in
    let stream = DropoutStream(key: 99, firstExample: 5)
    let rows = Array(stride(from: first, to: batch * time, by: step))
    return OperationCheck(
      "causal attention \(batch)×\(time)×\(d), \(heads) heads, dropout \(rate), queries "
        + "\(first), \(first + step), …",
      activations: [.init(1, rows.count, d), .init(batch, time, 2 * d)]
    ) { tape, x, _ in
      tape.dropout = stream
      return [
        tape.causalAttention(
          x[0], of: .every(step, from: first, batch: batch, time: time, on: tape),
          keysValues: x[1], heads: heads, dropoutRate: Float(rate))
      ]
    } reference: { x, _ in
      // Any number serves as the query of a row that is not asked for.
      var qkv = [Double](repeating: 0, count: batch * time * 3 * d)
      for row in 0..<batch * time {
        for c in 0..<2 * d { qkv[row * 3 * d + d + c] = x[1][row * 2 * d + c] }
      }
      for (index, row) in rows.enumerated() {
        for c in 0..<d { qkv[row * 3 * d + c] = x[0][index * d + c] }
      }
      let y = attentionReference(
        qkv, batch: batch, time: time, d: d, heads: heads,
        mask: attentionMask(stream, Float(rate), time: time))
      return [selectedRows(rows, of: y, width: d)]
    }
  }

  /// The factor of (example, head, query, key) at a tape's first dropout site.
  private static func attentionMask(_ stream: DropoutStream, _ rate: Float, time: Int)
    -> (Int, Int, Int, Int) -> Double
  {
    guard rate > 0 else { return { _, _, _, _ in 1 } }
    let arena = Arena()
    let tape = Tape(arena: arena, parameters: arena.allocate(1))
    tape.dropout = stream
    let (site, rate) = (tape.nextDropoutSite()!, DropoutRate(rate))
    return { example, head, query, key in
      Double(
        rate.plainFactor(
          key: site.key(ofExample: example), counter: UInt32((head * time + key) * time + query)))
    }
  }

  /// y_i = Σ_{j ≤ i} mask · softmax_j(q_i · k_j / √(d/heads)) v_j.
  static func attentionReference(
    _ qkv: [Double], batch: Int, time: Int, d: Int, heads: Int,
    mask: (Int, Int, Int, Int) -> Double
  ) -> [Double] {
    let width = d / heads
    var y = [Double](repeating: 0, count: batch * time * d)
    for example in 0..<batch {
      for head in 0..<heads {
        for query in 0..<time {
          let q = (example * time + query) * 3 * d + head * width
          let scores = (0...query).map { key in
            let k = (example * time + key) * 3 * d + d + head * width
            return (0..<width).reduce(0) { $0 + qkv[q + $1] * qkv[k + $1] }
              / Double(width).squareRoot()
          }
          let largest = scores.max()!
          let sum = scores.reduce(0) { $0 + exp($1 - largest) }
          for key in 0...query {
            let weight = exp(scores[key] - largest) / sum * mask(example, head, query, key)
            let v = (example * time + key) * 3 * d + 2 * d + head * width
            for c in 0..<width {
              y[(example * time + query) * d + head * width + c] += weight * qkv[v + c]
            }
          }
        }
      }
    }
    return y
  }
}
