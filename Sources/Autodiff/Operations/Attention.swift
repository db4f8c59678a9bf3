import Foundation
import Kernels

extension Tape {
  /// y = softmax(Q Kᵀ / √(d/heads), causal) V per head: qkv [batch, length, 3d] → y [batch, length, d].
  ///
  /// The channels of `qkv` are q, k, v; within each, one head after the other. In training (`dropout` is set), each
  /// attention weight is dropped with probability `dropoutRate`. Its number within the example's mask is
  /// (head · length + key) · length + query. With a `window`, a query sees its own token's key and the window − 1
  /// before it (Beltagy et al. 2020, as Hugging Face counts), so the cost of a token does not depend on the length.
  public func causalAttention(
    _ qkv: Tensor, heads: Int, window: Int? = nil, dropoutRate: Float = 0
  ) -> Tensor {
    let d = qkv.channels / 3
    return attention(
      part(0..<d, of: qkv), part(d..<2 * d, of: qkv), part(2 * d..<3 * d, of: qkv), heads: heads,
      span: window.map { .window($0) } ?? .earlier, dropoutRate: dropoutRate)
  }

  /// The same for the queries of some rows: q [1, rows, d], keys and values of all tokens [batch, length, 2d] →
  /// y [1, rows, d].
  public func causalAttention(
    _ q: Tensor, of rows: PositionSelection, keysValues: Tensor, heads: Int, window: Int? = nil,
    dropoutRate: Float = 0
  ) -> Tensor {
    let d = keysValues.channels / 2
    return attention(
      q, part(0..<d, of: keysValues), part(d..<2 * d, of: keysValues), of: rows, heads: heads,
      span: window.map { .window($0) } ?? .earlier, dropoutRate: dropoutRate)
  }

  /// Some channels of x, and no slice: one consumer writes all of its gradient.
  private func part(_ range: Range<Int>, of x: Tensor) -> Tensor {
    Tensor(
      batch: x.batch, length: x.length, channels: range.count, rowStride: x.rowStride,
      values: x.values + range.lowerBound, gradient: x.gradient + range.lowerBound, slot: x.slot)
  }

  /// y = softmax(Q Kᵀ / √(channels of a head's keys), over what a query sees) V per head: q, k [batch, length, keys],
  /// v [batch, length, values] → y [batch, length, values]. With `rows`, q and y are [1, rows, …], of these rows only.
  public func attention(
    _ q: Tensor, _ k: Tensor, _ v: Tensor, of rows: PositionSelection? = nil, heads: Int,
    span: AttentionSpan, dropoutRate: Float = 0
  ) -> Tensor {
    precondition(
      heads > 0 && v.channels % heads == 0 && k.channels % heads == 0
        && q.channels == k.channels && k.rows == v.rows,
      "\(q.channels) query, \(k.channels) key and \(v.channels) value channels in \(heads) heads")
    precondition(
      q.rows == rows?.count ?? k.rows && rows?.length ?? k.length == k.length,
      "\(q.rows) queries for \(rows?.count ?? k.rows) rows")
    if case .window(let tokens) = span { precondition(tokens > 0, "a window of \(tokens) tokens") }
    let y = tensor(
      batch: rows == nil ? k.batch : 1, length: rows?.count ?? k.length, channels: v.channels)
    let site = dropoutRate > 0 ? nextDropoutSite() : nil
    let blocks = AttentionBlocks(
      batch: k.batch, length: k.length, heads: heads, rows: rows, span: span, in: arena)
    let attention = BlockedAttention(
      on: self, y, q, k, v, heads: heads, blocks: blocks,
      mask: site.map { ($0, DropoutRate(dropoutRate)) })
    arena.withScratch { attention.forward(AttentionTiles(attention, arena)) }

    record(attention)
    return y
  }
}

/// Attention, computed for a block of queries and the keys that some of them see at a time.
///
/// Scores are stored transposed, [keys, queries]. The softmax over keys then runs down columns, so that its loops run
/// along rows, and no product has a transposed second operand, which would be slow. Exponentials are not divided by
/// their sum σ; instead the outputs are, and in the backward pass dy is.
struct BlockedAttention: RecordedOperation {
  /// Keys of a tile. Products of 64 × d × 64 stay in cache and are the fastest, with these kernels and with OpenBLAS.
  static let keys = 64

  let y: Tensor
  var result: Tensor { y }
  let q: Tensor, k: Tensor, v: Tensor
  let heads: Int
  let blocks: AttentionBlocks
  let mask: (site: DropoutSite, rate: DropoutRate)?
  /// 1/σ [head, query].
  let inverseSums: UnsafeMutablePointer<Float>
  /// The exponentials of all blocks; if nil, the backward pass computes them again.
  let saved: UnsafeMutablePointer<Float>?

  /// Most queries of a block.
  var queries: Int { blocks.queries }
  var length: Int { k.length }
  /// Channels of a head's keys, and of its values.
  var keyWidth: Int { k.channels / heads }
  var valueWidth: Int { v.channels / heads }
  var scale: Float { 1 / Float(keyWidth).squareRoot() }

  init(
    on tape: Tape, _ y: Tensor, _ q: Tensor, _ k: Tensor, _ v: Tensor, heads: Int,
    blocks: AttentionBlocks, mask: (site: DropoutSite, rate: DropoutRate)?
  ) {
    (self.y, self.q, self.k, self.v) = (y, q, k, v)
    (self.heads, self.blocks, self.mask) = (heads, blocks, mask)
    inverseSums = tape.arena.allocate(heads * y.rows)
    // Saving exponentials is faster than computing them again as long as they stay in cache: up to 5 MiB an example.
    let pays = blocks.exponentials <= k.batch * 5 << 18
    saved = tape.differentiates && pays ? tape.arena.allocate(blocks.exponentials) : nil
  }

  func forward(_ tiles: AttentionTiles) {
    for block in blocks.list {
      let (e, y, sums) = (exponentials(block, tiles), values(block), inverseSums(block))
      forEachTile(block) { key, count in
        let e = masked(e + (key - block.start) * queries, block, key, count, tiles)
        multiply(
          block.count, count, valueWidth, MatrixOperand(e, stride: queries, transposed: true),
          MatrixOperand(self.values(block, key), stride: v.rowStride), into: y,
          stride: self.y.rowStride, beta: key == block.start ? 0 : 1)
      }
      Kernels.scaleRows(
        block.count, valueWidth, sums, y, self.y.rowStride, into: y, self.y.rowStride)
    }
  }

  /// E = exp(K Qᵀ scale − maximum), 0 where the query does not see the key; 1/σ.
  private func exponentials(_ block: AttentionBlock, _ tiles: AttentionTiles)
    -> UnsafeMutablePointer<Float>
  {
    let e = saved.map { $0 + block.offset } ?? tiles.exponentials
    let sums = inverseSums(block)
    Kernels.transpose(
      block.count, keyWidth, query(block, of: q.values), stride: q.rowStride, factor: scale,
      into: tiles.transposed, stride: queries)
    tiles.maximum.update(repeating: -.infinity, count: block.count)
    forEachTile(block) { key, count in
      let scores = e + (key - block.start) * queries
      multiply(
        count, keyWidth, block.count, MatrixOperand(keys(block, key), stride: k.rowStride),
        MatrixOperand(tiles.transposed, stride: queries), into: scores, stride: queries)
      block.forEachHidden(key..<key + count) { hidden, range in
        (scores + (hidden - key) * queries + range.lowerBound)
          .update(repeating: -.infinity, count: range.count)
      }
      Kernels.columnMaximum(count, block.count, scores, stride: queries, maximum: tiles.maximum)
    }
    sums.update(repeating: 0, count: block.count)
    Kernels.columnExponential(
      block.end - block.start, block.count, e, stride: queries, maximum: tiles.maximum, sum: sums)
    for query in 0..<block.count { sums[query] = 1 / sums[query] }
    return e
  }

  func backward(on tape: Tape) {
    let keys = tape.accumulates(k)
    let accumulates = Accumulation(
      queries: q.slot == k.slot ? keys : tape.accumulates(q), keys: keys,
      values: v.slot == k.slot ? keys : tape.accumulates(v))
    tape.arena.withScratch {
      let tiles = AttentionTiles(self, tape.arena)
      var cleared = 0
      for block in blocks.list.reversed() {
        if blocks.hasWindow {
          // Blocks run from the last to the first. Each clears the gradients of the keys that it reads and no later
          // block did; the first block of the sequence, or an empty one, also clears those that no block reads.
          if block.isLast { cleared = length }
          let start = block.isFirst ? 0 : block.start
          clear(start..<max(start, cleared), block, accumulates)
          cleared = start
        }
        backward(block, tiles, accumulates)
      }
    }
  }

  /// Whether gradients have already been written by other consumers.
  private struct Accumulation { let queries: Bool, keys: Bool, values: Bool }

  /// With P = E/σ and its mask M: y = (P ⊙ M)ᵀ V, S = K Qᵀ scale  →  dV = (P ⊙ M) dy, dP = M ⊙ (V dyᵀ),
  /// dS = P ⊙ (dP − Σ_keys P ⊙ dP), dK = dS Q scale, dQ = dSᵀ K scale; and Σ_keys P ⊙ dP = dy · y.
  /// The last block comes first. Without a window no block sees more keys: it assigns dK and dV, and the other blocks
  /// add to them.
  private func backward(
    _ block: AttentionBlock, _ tiles: AttentionTiles, _ accumulates: Accumulation
  ) {
    let assigns = block.isLast && !blocks.hasWindow
    if assigns { clear(block.end..<max(block.end, length), block, accumulates) }
    guard block.count > 0 else { return }
    let e = saved.map { $0 + block.offset } ?? exponentials(block, tiles)
    Kernels.rowScaleDot(
      block.count, valueWidth, gradient(block), values(block), stride: y.rowStride,
      by: inverseSums(block), into: tiles.dy, dot: tiles.mean)
    Kernels.transpose(
      block.count, valueWidth, tiles.dy, stride: valueWidth, into: tiles.transposed,
      stride: queries)
    forEachTile(block) { key, count in
      let e = e + (key - block.start) * queries
      let masked = masked(e, block, key, count, tiles)
      multiply(
        count, valueWidth, block.count, MatrixOperand(values(block, key), stride: v.rowStride),
        MatrixOperand(tiles.transposed, stride: queries), into: tiles.ds, stride: queries)
      multiply(
        count, block.count, valueWidth, MatrixOperand(masked, stride: queries),
        MatrixOperand(tiles.dy, stride: valueWidth), into: valueGradients(block, key),
        stride: v.rowStride, beta: assigns && !accumulates.values ? 0 : 1)
      Kernels.softmaxBackward(
        count, block.count, e, masked: masked, dp: tiles.ds, stride: queries, mean: tiles.mean)
      multiply(
        count, block.count, keyWidth, MatrixOperand(tiles.ds, stride: queries),
        MatrixOperand(query(block, of: q.values), stride: q.rowStride),
        into: keyGradients(block, key), stride: k.rowStride, alpha: scale,
        beta: assigns && !accumulates.keys ? 0 : 1)
      multiply(
        block.count, count, keyWidth, MatrixOperand(tiles.ds, stride: queries, transposed: true),
        MatrixOperand(keys(block, key), stride: k.rowStride), into: query(block, of: q.gradient),
        stride: q.rowStride, alpha: scale, beta: key == block.start && !accumulates.queries ? 0 : 1)
    }
  }

  /// Sets the gradients of these keys and values of the block's head to 0, unless others have written them.
  private func clear(_ keys: Range<Int>, _ block: AttentionBlock, _ accumulates: Accumulation) {
    for key in keys {
      if !accumulates.keys { keyGradients(block, key).update(repeating: 0, count: keyWidth) }
      if !accumulates.values { valueGradients(block, key).update(repeating: 0, count: valueWidth) }
    }
  }

  /// The tile of exponentials times the dropout mask; without dropout the tile itself.
  @inline(__always)
  private func masked(
    _ e: UnsafeMutablePointer<Float>, _ block: AttentionBlock, _ key: Int, _ count: Int,
    _ tiles: AttentionTiles
  ) -> UnsafeMutablePointer<Float> {
    guard let mask else { return e }
    for row in 0..<count {
      let counter = (block.head * length + key + row) * length
      Kernels.dropout(
        block.count, mask.rate, key: mask.site.key(ofExample: block.example),
        counter: UInt32(truncatingIfNeeded: counter), positions: block.positions, e + row * queries,
        into: tiles.masked + row * queries)
    }
    return tiles.masked
  }
}

extension TokenStep {
  /// Softmax attention of one token: per head y = Σ_s softmax_s(q · k_s / √(d/heads)) v_s over the tokens s so
  /// far, this one included.
  ///
  /// q, k [d]; v, y [width of values]; within each, one head after the other. This token's key and value are appended
  /// to `keys` [tokens, d] and `values` [tokens, width of values]; with a `window`, those that no later token sees are
  /// removed. `dropout` gives the factor of an attention weight by head and token.
  public static func causalAttention(
    _ q: [Double], key k: [Double], value v: [Double], heads: Int, window: Int? = nil,
    keys: inout [Double], values: inout [Double],
    dropout: (_ head: Int, _ token: Int) -> Double = { _, _ in 1 }
  ) -> [Double] {
    func forget(allBut last: Int) {
      let tokens = max(0, keys.count / k.count - last)
      keys.removeFirst(tokens * k.count)
      values.removeFirst(tokens * v.count)
    }
    keys += k
    values += v
    if let window { forget(allBut: window) }
    let y = attention(q, keys: keys, values: values, heads: heads, dropout: dropout)
    if let window { forget(allBut: window - 1) }
    return y
  }

  /// The same over all these tokens: keys [tokens, d], values [tokens, width of values].
  public static func attention(
    _ q: [Double], keys: [Double], values: [Double], heads: Int,
    dropout: (_ head: Int, _ token: Int) -> Double = { _, _ in 1 }
  ) -> [Double] {
    let tokens = keys.count / q.count
    let (width, channels) = (q.count / heads, values.count / tokens)
    var y = [Double](repeating: 0, count: channels)
    for head in 0..<heads {
      let weights = attentionWeights(
        Array(q[head * width..<(head + 1) * width]),
        keys: (0..<tokens).map {
          keys[$0 * q.count + head * width..<$0 * q.count + (head + 1) * width]
        })
      for (token, weight) in weights.enumerated() {
        let weight = weight * dropout(head, token)
        for c in head * channels / heads..<(head + 1) * channels / heads {
          y[c] += weight * values[token * channels + c]
        }
      }
    }
    return y
  }

  /// softmax_s(q · k_s / √width) of one head's query and keys, each [width].
  public static func attentionWeights(_ q: [Double], keys: [ArraySlice<Double>]) -> [Double] {
    let scores = keys.map { dot(q[...], $0) / Double(q.count).squareRoot() }
    let largest = scores.max()!
    let unnormalized = scores.map { exp($0 - largest) }
    let sum = unnormalized.reduce(0, +)
    return unnormalized.map { $0 / sum }
  }
}
