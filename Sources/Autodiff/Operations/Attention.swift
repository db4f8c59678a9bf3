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
    attention(
      tensor(batch: qkv.batch, length: qkv.length, channels: qkv.channels / 3), queries: qkv,
      rows: nil, keysValues: qkv, heads: heads, window: window, dropoutRate: dropoutRate)
  }

  /// The same for the queries of some rows: q [1, rows, d], keys and values of all tokens [batch, length, 2d] →
  /// y [1, rows, d].
  public func causalAttention(
    _ q: Tensor, of rows: PositionSelection, keysValues: Tensor, heads: Int, window: Int? = nil,
    dropoutRate: Float = 0
  ) -> Tensor {
    precondition(
      q.rows == rows.count && 2 * q.channels == keysValues.channels
        && rows.length == keysValues.length,
      "\(q.rows) queries of \(q.channels) channels for \(rows.count) rows")
    return attention(
      tensor(batch: 1, length: q.rows, channels: q.channels), queries: q, rows: rows,
      keysValues: keysValues, heads: heads, window: window, dropoutRate: dropoutRate)
  }

  private func attention(
    _ y: Tensor, queries: Tensor, rows: PositionSelection?, keysValues: Tensor, heads: Int,
    window: Int?, dropoutRate: Float
  ) -> Tensor {
    precondition(
      heads > 0 && y.channels % heads == 0 && keysValues.channels >= 2 * y.channels,
      "\(y.channels) channels in \(heads) heads")
    precondition((window ?? 1) > 0, "a window of \(window ?? 0) tokens")
    let site = dropoutRate > 0 ? nextDropoutSite() : nil
    let blocks = AttentionBlocks(
      batch: keysValues.batch, length: keysValues.length, heads: heads, rows: rows,
      window: window, in: arena)
    let attention = CausalAttention(
      on: self, y, queries: queries, keysValues: keysValues, heads: heads, blocks: blocks,
      mask: site.map { ($0, DropoutRate(dropoutRate)) })
    arena.withScratch { attention.forward(AttentionTiles(attention, arena)) }

    record(attention)
    return y
  }
}

/// Causal attention, computed for a block of queries and the keys that some of them see at a time.
///
/// Scores are stored transposed, [keys, queries]. The softmax over keys then runs down columns, so that its loops run
/// along rows, and no product has a transposed second operand, which would be slow. Exponentials are not divided by
/// their sum σ; instead the outputs are, and in the backward pass dy is.
struct CausalAttention: RecordedOperation {
  /// Keys of a tile. Products of 64 × d × 64 stay in cache and are the fastest, with these kernels and with OpenBLAS.
  static let keys = 64

  let y: Tensor
  var result: Tensor { y }
  /// The first d channels of its rows are the queries.
  let q: Tensor
  /// Its last 2d channels are keys and values; the same tensor as `q` if every row has a query.
  let keysValues: Tensor
  let heads: Int
  let blocks: AttentionBlocks
  let mask: (site: DropoutSite, rate: DropoutRate)?
  /// 1/σ [head, query].
  let inverseSums: UnsafeMutablePointer<Float>
  /// The exponentials of all blocks; if nil, the backward pass computes them again.
  let saved: UnsafeMutablePointer<Float>?

  /// Most queries of a block.
  var queries: Int { blocks.queries }
  var length: Int { keysValues.length }
  var headDimension: Int { y.channels / heads }
  var scale: Float { 1 / Float(headDimension).squareRoot() }

  init(
    on tape: Tape, _ y: Tensor, queries q: Tensor, keysValues: Tensor, heads: Int,
    blocks: AttentionBlocks, mask: (site: DropoutSite, rate: DropoutRate)?
  ) {
    (self.y, self.q, self.keysValues) = (y, q, keysValues)
    (self.heads, self.blocks, self.mask) = (heads, blocks, mask)
    inverseSums = tape.arena.allocate(heads * y.rows)
    // Saving exponentials is faster than computing them again as long as they stay in cache: up to 5 MiB an example.
    let pays = blocks.exponentials <= keysValues.batch * 5 << 18
    saved = tape.differentiates && pays ? tape.arena.allocate(blocks.exponentials) : nil
  }

  func forward(_ tiles: AttentionTiles) {
    for block in blocks.list {
      let (e, y, sums) = (exponentials(block, tiles), values(block), inverseSums(block))
      forEachTile(block) { key, count in
        let e = masked(e + (key - block.start) * queries, block, key, count, tiles)
        multiply(
          block.count, count, headDimension,
          MatrixOperand(e, stride: queries, transposed: true),
          MatrixOperand(self.values(block, key), stride: keysValues.rowStride), into: y,
          stride: self.y.rowStride, beta: key == block.start ? 0 : 1)
      }
      Kernels.scaleRows(
        block.count, headDimension, sums, y, self.y.rowStride, into: y, self.y.rowStride)
    }
  }

  /// E = exp(K Qᵀ scale − maximum), 0 where the query does not see the key; 1/σ.
  private func exponentials(_ block: AttentionBlock, _ tiles: AttentionTiles)
    -> UnsafeMutablePointer<Float>
  {
    let e = saved.map { $0 + block.offset } ?? tiles.exponentials
    let sums = inverseSums(block)
    Kernels.transpose(
      block.count, headDimension, query(block, of: q.values), stride: q.rowStride, factor: scale,
      into: tiles.transposed, stride: queries)
    tiles.maximum.update(repeating: -.infinity, count: block.count)
    forEachTile(block) { key, count in
      let scores = e + (key - block.start) * queries
      multiply(
        count, headDimension, block.count,
        MatrixOperand(keys(block, key), stride: keysValues.rowStride),
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
    let (keys, isOne) = (tape.accumulates(keysValues), q.slot == keysValues.slot)
    let accumulation = (queries: isOne ? keys : tape.accumulates(q), keys: keys)
    tape.arena.withScratch {
      let tiles = AttentionTiles(self, tape.arena)
      var cleared = 0
      for block in blocks.list.reversed() {
        if blocks.window != nil && !keys {
          // Blocks run from the last to the first. Each clears the gradients of the keys that it reads and no later
          // block did; the first block of the sequence, or an empty one, also clears those that no block reads.
          if block.isLast { cleared = length }
          let start = block.isFirst ? 0 : block.start
          clearKeys(start..<max(start, cleared), block)
          cleared = start
        }
        backward(block, tiles, accumulation)
      }
    }
  }

  /// With P = E/σ and its mask M: y = (P ⊙ M)ᵀ V, S = K Qᵀ scale  →  dV = (P ⊙ M) dy, dP = M ⊙ (V dyᵀ),
  /// dS = P ⊙ (dP − Σ_keys P ⊙ dP), dK = dS Q scale, dQ = dSᵀ K scale; and Σ_keys P ⊙ dP = dy · y.
  /// The last block comes first. Without a window it sees the most keys: it assigns dK and dV, and the other blocks add
  /// to them.
  private func backward(
    _ block: AttentionBlock, _ tiles: AttentionTiles, _ accumulates: (queries: Bool, keys: Bool)
  ) {
    let (d, stride) = (headDimension, keysValues.rowStride)
    let keyBeta: Float = block.isLast && blocks.window == nil && !accumulates.keys ? 0 : 1
    if keyBeta == 0 { clearKeys(block.end..<max(block.end, length), block) }
    guard block.count > 0 else { return }
    let e = saved.map { $0 + block.offset } ?? exponentials(block, tiles)
    Kernels.rowScaleDot(
      block.count, d, gradient(block), values(block), stride: y.rowStride, by: inverseSums(block),
      into: tiles.dy, dot: tiles.mean)
    Kernels.transpose(
      block.count, d, tiles.dy, stride: d, into: tiles.transposed, stride: queries)
    forEachTile(block) { key, count in
      let e = e + (key - block.start) * queries
      let masked = masked(e, block, key, count, tiles)
      multiply(
        count, d, block.count, MatrixOperand(values(block, key), stride: stride),
        MatrixOperand(tiles.transposed, stride: queries), into: tiles.ds, stride: queries)
      multiply(
        count, block.count, d, MatrixOperand(masked, stride: queries),
        MatrixOperand(tiles.dy, stride: d), into: valueGradients(block, key), stride: stride,
        beta: keyBeta)
      Kernels.softmaxBackward(
        count, block.count, e, masked: masked, dp: tiles.ds, stride: queries, mean: tiles.mean)
      multiply(
        count, block.count, d, MatrixOperand(tiles.ds, stride: queries),
        MatrixOperand(query(block, of: q.values), stride: q.rowStride),
        into: keyGradients(block, key), stride: stride, alpha: scale, beta: keyBeta)
      multiply(
        block.count, count, d, MatrixOperand(tiles.ds, stride: queries, transposed: true),
        MatrixOperand(keys(block, key), stride: stride), into: query(block, of: q.gradient),
        stride: q.rowStride, alpha: scale, beta: key == block.start && !accumulates.queries ? 0 : 1)
    }
  }

  /// Sets the gradients of these keys and values of the block's head to 0.
  private func clearKeys(_ keys: Range<Int>, _ block: AttentionBlock) {
    for key in keys {
      keyGradients(block, key).update(repeating: 0, count: headDimension)
      valueGradients(block, key).update(repeating: 0, count: headDimension)
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

/// Scratch memory for one block at a time.
struct AttentionTiles {
  let exponentials: UnsafeMutablePointer<Float>  // [keys, queries], when they are not saved
  let transposed: UnsafeMutablePointer<Float>  // [d/heads, queries]: Qᵀ scale, then dyᵀ/σ
  let dy: UnsafeMutablePointer<Float>  // [queries, d/heads]: dy/σ
  let ds: UnsafeMutablePointer<Float>  // [keys of a tile, queries]
  let masked: UnsafeMutablePointer<Float>  // [keys of a tile, queries]
  let maximum: UnsafeMutablePointer<Float>  // [queries]
  let mean: UnsafeMutablePointer<Float>  // [queries]: dy · y / σ

  init(_ attention: CausalAttention, _ arena: Arena) {
    let (d, queries) = (attention.headDimension, attention.queries)
    exponentials = arena.allocate(attention.saved == nil ? attention.length * queries : 0)
    transposed = arena.allocate(d * queries)
    dy = arena.allocate(queries * d)
    ds = arena.allocate(CausalAttention.keys * queries)
    masked = arena.allocate(attention.mask == nil ? 0 : CausalAttention.keys * queries)
    maximum = arena.allocate(queries)
    mean = arena.allocate(queries)
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
    let (width, valueWidth) = (k.count / heads, v.count / heads)
    if let window { forget(allBut: window) }
    let tokens = keys.count / k.count
    var y = [Double](repeating: 0, count: v.count)
    for head in 0..<heads {
      let query = q[head * width..<(head + 1) * width]
      let scores = (0..<tokens).map { token in
        let first = token * k.count + head * width
        return dot(query, keys[first..<first + width]) / Double(width).squareRoot()
      }
      let largest = scores.max()!
      let unnormalized = scores.map { exp($0 - largest) }
      let sum = unnormalized.reduce(0, +)
      for token in 0..<tokens {
        let weight = unnormalized[token] / sum * dropout(head, token)
        for c in head * valueWidth..<(head + 1) * valueWidth {
          y[c] += weight * values[token * v.count + c]
        }
      }
    }
    if let window { forget(allBut: window - 1) }
    return y
  }
}
