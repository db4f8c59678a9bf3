import Autodiff
import KernelTwins
import Kernels

extension OperationChecks {
  static let attentionChecks =
    wholeAttentionChecks + selectedAttentionChecks + windowChecks + selectedWindowChecks
    + fullAttentionChecks

  /// (batch, length, d, heads, window): windows of one token, shorter and longer than blocks and sequences.
  private static let windowChecks =
    ([
      (1, 1, 1, 1, 1), (2, 7, 16, 2, 1), (3, 17, 6, 3, 5), (1, 17, 16, 1, 16), (1, 100, 16, 2, 8),
      (1, 70, 7, 1, 33), (1, 300, 16, 2, 64), (2, 16, 8, 2, 40), (1, 130, 4, 1, 129),
    ] as [(Int, Int, Int, Int, Int)]).map { batch, length, d, heads, window in
      OperationCheck(
        "window of \(window), \(batch)×\(length)×\(d), \(heads) heads",
        activations: [.init(batch, length, 3 * d)]
      ) { tape, x, _ in
        [tape.causalAttention(x[0], heads: heads, window: window)]
      } reference: { x, _ in
        [
          attentionReference(
            x[0], batch: batch, length: length, d: d, heads: heads, window: window
          ) { _, _, _, _ in 1 }
        ]
      }
    }

  /// (batch, length, d, heads, window, every how many rows there is a query, from which on).
  private static let selectedWindowChecks =
    ([
      (1, 1, 1, 1, 1, 1, 0), (3, 17, 16, 2, 4, 5, 0), (3, 17, 4, 1, 6, 40, 10),
      (1, 200, 8, 2, 16, 3, 100), (1, 130, 7, 1, 50, 20, 3),
    ] as [(Int, Int, Int, Int, Int, Int, Int)]).map {
      batch, length, d, heads, window, step, first in
      let rows = Array(stride(from: first, to: batch * length, by: step))
      return OperationCheck(
        "window of \(window), \(batch)×\(length)×\(d), \(heads) heads, queries \(first), "
          + "\(first + step), …",
        activations: [.init(1, rows.count, d), .init(batch, length, 2 * d)]
      ) { tape, x, _ in
        [
          tape.causalAttention(
            x[0], of: .every(step, from: first, batch: batch, length: length, on: tape),
            keysValues: x[1], heads: heads, window: window)
        ]
      } reference: { x, _ in
        let y = attentionReference(
          withQueries(x[0], at: rows, keysValues: x[1], d: d), batch: batch, length: length, d: d,
          heads: heads, window: window
        ) { _, _, _, _ in 1 }
        return [selectedRows(rows, of: y, width: d)]
      }
    }

  /// q, k, v of every row; any number serves as the query of a row that is not asked for.
  private static func withQueries(
    _ queries: [Double], at rows: [Int], keysValues: [Double], d: Int
  ) -> [Double] {
    let count = keysValues.count / (2 * d)
    var qkv = [Double](repeating: 0, count: count * 3 * d)
    for row in 0..<count {
      for c in 0..<2 * d { qkv[row * 3 * d + d + c] = keysValues[row * 2 * d + c] }
    }
    for (index, row) in rows.enumerated() {
      for c in 0..<d { qkv[row * 3 * d + c] = queries[index * d + c] }
    }
    return qkv
  }

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
      let y = attentionReference(
        withQueries(x[0], at: rows, keysValues: x[1], d: d), batch: batch, length: length, d: d,
        heads: heads,
        mask: attentionMask(stream, Float(rate), length: length))
      return [selectedRows(rows, of: y, width: d)]
    }
  }

  /// (batch, length, key channels, value channels, heads, dropout rate, every how many rows there is a query; 0: all),
  /// of queries that see all tokens.
  private static let fullAttentionChecks: [OperationCheck] =
    ([
      (1, 1, 1, 1, 1, 0, 0), (1, 7, 7, 7, 1, 0, 0),
      (3, 16, 32, 32, 2, 0, 0),
      (2, 17, 6, 33, 3, 0, 0), (1, 64, 16, 8, 1, 0, 0), (1, 65, 1, 2, 1, 0, 0),
      (1, 300, 32, 32, 2, 0, 0),
      (3, 17, 32, 32, 2, 0.25, 0), (2, 70, 16, 16, 1, 0.5, 0), (3, 17, 16, 16, 1, 0, 40),
      (3, 16, 32, 8, 2, 0, 5), (1, 300, 8, 8, 2, 0, 3), (2, 70, 16, 16, 2, 0.5, 3),
    ] as [(Int, Int, Int, Int, Int, Float, Int)]).map {
      batch, length, keys, values, heads, rate, step in
      let stream = DropoutStream(key: 99, firstExample: 5)
      let rows = Array(stride(from: 0, to: batch * length, by: max(1, step)))
      return OperationCheck(
        "full attention \(batch)×\(length), keys of \(keys), values of \(values), \(heads) heads, "
          + "dropout \(rate), queries 0, \(max(1, step)), …",
        activations: [
          step == 0 ? .init(batch, length, keys) : .init(1, rows.count, keys),
          .init(batch, length, keys), .init(batch, length, values),
        ]
      ) { tape, x, _ in
        tape.dropout = stream
        let selection = PositionSelection.every(
          max(1, step), batch: batch, length: length, on: tape)
        return [
          tape.attention(
            x[0], x[1], x[2], of: step == 0 ? nil : selection, heads: heads, span: .all,
            dropoutRate: rate)
        ]
      } reference: { x, _ in
        let mask = attentionMask(stream, rate, length: length)
        return [
          rows.indices.flatMap { index in
            let (example, query) = rows[index].quotientAndRemainder(dividingBy: length)
            return TokenStep.attention(
              x[0].row(index, of: keys), keys: x[1].row(example, of: length * keys),
              values: x[2].row(example, of: length * values), heads: heads
            ) { mask(example, $0, query, $1) }
          }
        ]
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
    _ qkv: [Double], batch: Int, length: Int, d: Int, heads: Int, window: Int? = nil,
    mask: (Int, Int, Int, Int) -> Double
  ) -> [Double] {
    (0..<batch).flatMap { example in
      var (keys, values): ([Double], [Double]) = ([], [])
      return (0..<length).flatMap { query in
        let row = qkv.row(example * length + query, of: 3 * d)
        return TokenStep.causalAttention(
          Array(row[..<d]), key: Array(row[d..<2 * d]), value: Array(row[(2 * d)...]),
          heads: heads, window: window, keys: &keys, values: &values
        ) { mask(example, $0, query, $1) }
      }
    }
  }
}
