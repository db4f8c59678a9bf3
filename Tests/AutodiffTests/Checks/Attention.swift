import Autodiff
import KernelTwins
import Kernels

extension OperationChecks {
  static let attentionChecks = wholeAttentionChecks + selectedAttentionChecks

  /// (batch, length, d, heads, dropout rate).
  private static let wholeAttentionChecks: [OperationCheck] = [
    (1, 1, 1, 1, 0), (3, 1, 16, 2, 0), (1, 7, 7, 1, 0), (3, 16, 32, 2, 0), (1, 17, 48, 3, 0),
    (2, 64, 64, 1, 0), (1, 100, 16, 1, 0), (1, 300, 32, 2, 0), (1, 65, 1, 1, 0),
    (3, 17, 32, 2, 0.25), (2, 70, 16, 1, 0.5),
  ].map { batch, length, d, heads, rate in
    let stream = DropoutStream(key: 99, firstExample: 5)
    return OperationCheck(
      "causal attention \(batch)×\(length)×\(d), \(heads) heads, dropout \(rate)",
      activations: [.init(batch, length, 3 * d)]
    ) { tape, x, _ in
      tape.dropout = stream
      return [tape.causalAttention(x[0], heads: heads, dropoutRate: Float(rate))]
    } reference: { x, _ in
      [
        attentionReference(
          x[0], batch: batch, length: length, d: d, heads: heads,
          mask: attentionMask(stream, Float(rate), length: length))
      ]
    }
  }

  /// (batch, length, d, heads, dropout rate, every how many rows there is a query, from which on): also examples
  /// without a query.
  private static let selectedAttentionChecks: [OperationCheck] = [
    (1, 1, 1, 1, 0, 1, 0), (3, 16, 32, 2, 0, 5, 0), (3, 17, 16, 1, 0, 40, 10),
    (1, 300, 32, 2, 0, 3, 150), (1, 130, 7, 1, 0, 1, 60), (2, 70, 16, 2, 0.5, 3, 1),
  ].map { batch, length, d, heads, rate, step, first in
    let stream = DropoutStream(key: 99, firstExample: 5)
    let rows = Array(stride(from: first, to: batch * length, by: step))
    return OperationCheck(
      "causal attention \(batch)×\(length)×\(d), \(heads) heads, dropout \(rate), queries "
        + "\(first), \(first + step), …",
      activations: [.init(1, rows.count, d), .init(batch, length, 2 * d)]
    ) { tape, x, _ in
      tape.dropout = stream
      return [
        tape.causalAttention(
          x[0], of: .every(step, from: first, batch: batch, length: length, on: tape),
          keysValues: x[1], heads: heads, dropoutRate: Float(rate))
      ]
    } reference: { x, _ in
      // Any number serves as the query of a row that is not asked for.
      var qkv = [Double](repeating: 0, count: batch * length * 3 * d)
      for row in 0..<batch * length {
        for c in 0..<2 * d { qkv[row * 3 * d + d + c] = x[1][row * 2 * d + c] }
      }
      for (index, row) in rows.enumerated() {
        for c in 0..<d { qkv[row * 3 * d + c] = x[0][index * d + c] }
      }
      let y = attentionReference(
        qkv, batch: batch, length: length, d: d, heads: heads,
        mask: attentionMask(stream, Float(rate), length: length))
      return [selectedRows(rows, of: y, width: d)]
    }
  }

  /// The factor of (example, head, query, key) at a tape's first dropout site.
  private static func attentionMask(_ stream: DropoutStream, _ rate: Float, length: Int)
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
          key: site.key(ofExample: example), counter: UInt32((head * length + key) * length + query)
        ))
    }
  }

  /// qkv [batch, length, 3d] → y [batch, length, d].
  static func attentionReference(
    _ qkv: [Double], batch: Int, length: Int, d: Int, heads: Int,
    mask: (Int, Int, Int, Int) -> Double
  ) -> [Double] {
    (0..<batch).flatMap { example in
      var (keys, values): ([Double], [Double]) = ([], [])
      return (0..<length).flatMap { query in
        let row = qkv.row(example * length + query, of: 3 * d)
        return TokenStep.causalAttention(
          Array(row[..<d]), key: Array(row[d..<2 * d]), value: Array(row[(2 * d)...]),
          heads: heads, keys: &keys, values: &values
        ) { mask(example, $0, query, $1) }
      }
    }
  }
}
