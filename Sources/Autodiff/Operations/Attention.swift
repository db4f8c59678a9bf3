import Kernels

extension Tape {
  /// y = softmax(Q Kᵀ / √(d/heads), causal) V per head: qkv [batch, time, 3d] → y [batch, time, d].
  ///
  /// The channels of `qkv` are q, k, v; within each, head by head. While training (`dropout` is set), an
  /// attention weight is dropped with probability `dropoutRate`; its number within the example's mask is
  /// (head · time + key) · time + query.
  public func causalAttention(_ qkv: Tensor, heads: Int, dropoutRate: Float = 0) -> Tensor {
    precondition(
      heads > 0 && qkv.channels % (3 * heads) == 0, "\(qkv.channels) channels in \(heads) heads")
    let y = tensor(batch: qkv.batch, time: qkv.time, channels: qkv.channels / 3)
    let site = dropoutRate > 0 ? nextDropoutSite() : nil
    let attention = CausalAttention(
      on: self, qkv, y, heads: heads, mask: site.map { ($0, DropoutRate(dropoutRate)) })
    arena.withScratch { attention.forward(AttentionTiles(attention, arena)) }

    record(attention)
    return y
  }
}

/// Causal attention, a block of queries at a time, against the keys up to the block's last query.
///
/// Scores are kept transposed, [keys, queries]: the softmax over keys runs down columns, where every loop is along
/// a row, and of all products none has a transposed second operand, OpenBLAS's slow case. Exponentials are not
/// divided by their sum σ: outputs are, and in the backward pass dy is.
private struct CausalAttention: RecordedOperation {
  /// Keys of a tile: products of 64 × d × 64 are on OpenBLAS's fast path for small matrices.
  static let keys = 64

  let qkv: Tensor
  let y: Tensor
  var result: Tensor { y }
  let heads: Int
  let mask: (site: DropoutSite, rate: DropoutRate)?
  /// Queries of a block: fewer for short sequences, where the tiles cut by the diagonal weigh more.
  let queries: Int
  /// 1/σ [example, head, query].
  let inverseSums: UnsafeMutablePointer<Float>
  /// Exponentials of all blocks; nil: the backward pass computes them again.
  let saved: UnsafeMutablePointer<Float>?

  var headDimension: Int { y.channels / heads }
  var scale: Float { 1 / Float(headDimension).squareRoot() }

  init(
    on tape: Tape, _ qkv: Tensor, _ y: Tensor, heads: Int,
    mask: (site: DropoutSite, rate: DropoutRate)?
  ) {
    self.qkv = qkv
    self.y = y
    self.heads = heads
    self.mask = mask
    queries = qkv.time <= 256 ? 32 : 64
    inverseSums = tape.arena.allocate(y.batch * heads * y.time)
    // Reading the exponentials back beats forming them again until they come from main memory: 4 MiB.
    let pays = heads * y.time * y.time <= 2 << 20
    let size = Self.offset(ofQuery: y.time, queries)
    saved = tape.differentiates && pays ? tape.arena.allocate(y.batch * heads * size) : nil
  }

  /// Floats that the exponentials of the blocks before this query take: [keys, queries] each.
  private static func offset(ofQuery query: Int, _ queries: Int) -> Int {
    let blocks = (query + queries - 1) / queries
    return queries * queries * blocks * (blocks + 1) / 2
  }

  func forward(_ tiles: AttentionTiles) {
    forEachBlock(tiles) { block in
      exponentials(block, tiles)
      let y = values(block)
      forEachTile(block) { key, count in
        let e = masked(block.exponentials + key * queries, block, key, count, tiles)
        multiply(
          block.count, count, headDimension,
          MatrixOperand(e, stride: queries, transposed: true),
          MatrixOperand(channels(2, block, key, of: qkv.values), stride: qkv.rowStride), into: y,
          stride: self.y.rowStride, beta: key == 0 ? 0 : 1)
      }
      Kernels.scaleRows(
        block.count, headDimension, block.inverseSums, y, self.y.rowStride, into: y,
        self.y.rowStride)
    }
  }

  /// E = exp(K Qᵀ scale − maximum), 0 where the key comes after the query; 1/σ.
  private func exponentials(_ block: Block, _ tiles: AttentionTiles) {
    Kernels.transpose(
      block.count, headDimension, channels(0, block, block.query, of: qkv.values),
      stride: qkv.rowStride, factor: scale, into: tiles.transposed, stride: queries)
    tiles.maximum.update(repeating: -.infinity, count: block.count)
    forEachTile(block) { key, count in
      let scores = block.exponentials + key * queries
      multiply(
        count, headDimension, block.count,
        MatrixOperand(channels(1, block, key, of: qkv.values), stride: qkv.rowStride),
        MatrixOperand(tiles.transposed, stride: queries), into: scores, stride: queries)
      for later in max(0, block.query + 1 - key)..<max(count, block.query + 1 - key) {
        (scores + later * queries).update(
          repeating: -.infinity, count: key + later - block.query)
      }
      Kernels.columnMaximum(count, block.count, scores, stride: queries, maximum: tiles.maximum)
    }
    block.inverseSums.update(repeating: 0, count: block.count)
    Kernels.columnExponential(
      block.end, block.count, block.exponentials, stride: queries, maximum: tiles.maximum,
      sum: block.inverseSums)
    for query in 0..<block.count { block.inverseSums[query] = 1 / block.inverseSums[query] }
  }

  func backward(on tape: Tape) {
    let accumulates = tape.accumulates(qkv)
    tape.arena.withScratch { backward(AttentionTiles(self, tape.arena), accumulates: accumulates) }
  }

  /// With P = E/σ and its mask M: y = (P ⊙ M)ᵀ V, S = K Qᵀ scale  →  dV = (P ⊙ M) dy, dP = M ⊙ (V dyᵀ),
  /// dS = P ⊙ (dP − Σ_keys P ⊙ dP), dK = dS Q scale, dQ = dSᵀ K scale; and Σ_keys P ⊙ dP = dy · y.
  /// The last queries come first: they see every key, so that dK and dV are assigned before they are added to.
  private func backward(_ tiles: AttentionTiles, accumulates: Bool) {
    let (d, gradient, stride) = (headDimension, qkv.gradient, qkv.rowStride)
    forEachBlock(tiles, lastFirst: true) { block in
      let keyBeta: Float = block.end == y.time && !accumulates ? 0 : 1
      if saved == nil { exponentials(block, tiles) }
      Kernels.rowScaleDot(
        block.count, d, self.gradient(block), values(block), stride: y.rowStride,
        by: block.inverseSums, into: tiles.dy, dot: tiles.mean)
      Kernels.transpose(
        block.count, d, tiles.dy, stride: d, into: tiles.transposed, stride: queries)
      forEachTile(block) { key, count in
        let e = block.exponentials + key * queries
        let masked = masked(e, block, key, count, tiles)
        multiply(
          count, d, block.count,
          MatrixOperand(channels(2, block, key, of: qkv.values), stride: stride),
          MatrixOperand(tiles.transposed, stride: queries), into: tiles.ds, stride: queries)
        multiply(
          count, block.count, d, MatrixOperand(masked, stride: queries),
          MatrixOperand(tiles.dy, stride: d), into: channels(2, block, key, of: gradient),
          stride: stride, beta: keyBeta)
        Kernels.scoreGradient(
          count, block.count, e, masked: masked, dp: tiles.ds, stride: queries, mean: tiles.mean)
        multiply(
          count, block.count, d, MatrixOperand(tiles.ds, stride: queries),
          MatrixOperand(channels(0, block, block.query, of: qkv.values), stride: stride),
          into: channels(1, block, key, of: gradient), stride: stride, alpha: scale, beta: keyBeta)
        multiply(
          block.count, count, d, MatrixOperand(tiles.ds, stride: queries, transposed: true),
          MatrixOperand(channels(1, block, key, of: qkv.values), stride: stride),
          into: channels(0, block, block.query, of: gradient), stride: stride, alpha: scale,
          beta: key == 0 && !accumulates ? 0 : 1)
      }
    }
  }

  /// The tile of exponentials with dropout's mask on it, or itself.
  @inline(__always)
  private func masked(
    _ e: UnsafeMutablePointer<Float>, _ block: Block, _ key: Int, _ count: Int,
    _ tiles: AttentionTiles
  ) -> UnsafeMutablePointer<Float> {
    guard let mask else { return e }
    for row in 0..<count {
      let counter = (block.head * y.time + key + row) * y.time + block.query
      Kernels.dropout(
        block.count, mask.rate, key: mask.site.key(ofExample: block.example),
        counter: UInt32(truncatingIfNeeded: counter), e + row * queries,
        into: tiles.masked + row * queries, accumulates: false)
    }
    return tiles.masked
  }
}

// MARK: - Blocks and where their operands lie

extension CausalAttention {
  /// Some queries of one head of one example.
  struct Block {
    let example: Int, head: Int
    let query: Int, count: Int
    /// [keys 0..<end, queries].
    let exponentials: UnsafeMutablePointer<Float>
    let inverseSums: UnsafeMutablePointer<Float>

    var end: Int { query + count }
  }

  @inline(__always)
  func forEachBlock(_ tiles: AttentionTiles, lastFirst: Bool = false, _ body: (Block) -> Void) {
    let size = Self.offset(ofQuery: y.time, queries)
    let blocks = (y.time + queries - 1) / queries
    for example in 0..<y.batch {
      for head in 0..<heads {
        let plane = example * heads + head
        for index in 0..<blocks {
          let query = (lastFirst ? blocks - 1 - index : index) * queries
          let offset = plane * size + Self.offset(ofQuery: query, queries)
          body(
            Block(
              example: example, head: head, query: query, count: min(queries, y.time - query),
              exponentials: saved.map { $0 + offset } ?? tiles.exponentials,
              inverseSums: inverseSums + plane * y.time + query))
        }
      }
    }
  }

  /// Tiles of at most 64 keys, from the first key to the block's last query.
  @inline(__always)
  func forEachTile(_ block: Block, _ body: (_ key: Int, _ count: Int) -> Void) {
    for key in stride(from: 0, to: block.end, by: Self.keys) {
      body(key, min(Self.keys, block.end - key))
    }
  }

  /// Row `time` of the block's head in q (part 0), k (1) or v (2).
  @inline(__always)
  func channels(_ part: Int, _ block: Block, _ time: Int, of base: UnsafeMutablePointer<Float>)
    -> UnsafeMutablePointer<Float>
  {
    base + (block.example * y.time + time) * qkv.rowStride + part * y.channels
      + block.head * headDimension
  }

  @inline(__always)
  func values(_ block: Block) -> UnsafeMutablePointer<Float> { y.values + offset(block) }

  @inline(__always)
  func gradient(_ block: Block) -> UnsafeMutablePointer<Float> { y.gradient + offset(block) }

  private func offset(_ block: Block) -> Int {
    (block.example * y.time + block.query) * y.rowStride + block.head * headDimension
  }
}

/// Scratch for one block at a time.
private struct AttentionTiles {
  let exponentials: UnsafeMutablePointer<Float>  // [keys, queries], when they are not saved
  let transposed: UnsafeMutablePointer<Float>  // [d/heads, queries]: Qᵀ scale, then dyᵀ/σ
  let dy: UnsafeMutablePointer<Float>  // [queries, d/heads]: dy/σ
  let ds: UnsafeMutablePointer<Float>  // [keys of a tile, queries]
  let masked: UnsafeMutablePointer<Float>  // [keys of a tile, queries]
  let maximum: UnsafeMutablePointer<Float>  // [queries]
  let mean: UnsafeMutablePointer<Float>  // [queries]: dy · y / σ

  init(_ attention: CausalAttention, _ arena: Arena) {
    let (d, queries) = (attention.headDimension, attention.queries)
    exponentials = arena.allocate(attention.saved == nil ? attention.y.time * queries : 0)
    transposed = arena.allocate(d * queries)
    dy = arena.allocate(queries * d)
    ds = arena.allocate(CausalAttention.keys * queries)
    masked = arena.allocate(attention.mask == nil ? 0 : CausalAttention.keys * queries)
    maximum = arena.allocate(queries)
    mean = arena.allocate(queries)
  }
}
