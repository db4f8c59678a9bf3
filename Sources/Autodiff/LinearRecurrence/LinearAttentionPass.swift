import Kernels

/// What a query and a key are for the state: themselves, or features of them.
public enum FeatureMap: Sendable {
  case identity
  /// φ(q) · φ(k) = 1 + s + s²/2 with s = scale · q · k, the second-order Taylor polynomial of exp.
  case taylor

  /// Rows of the state of a head with keys of this width.
  public func count(_ keyWidth: Int) -> Int {
    switch self {
    case .identity: keyWidth
    case .taylor: Kernels.monomialCount(keyWidth)
    }
  }
}

/// Linear attention chunk by chunk: with P the decayed products of queries and keys within a chunk, S the state
/// before it and G the log-decay since the chunk's start,
/// O = (φ(Q) ⊙ exp G) S + P V,  S ← diag(exp G_C) S + (φ(K) ⊙ exp(G_C − G))ᵀ V.
struct LinearAttentionPass {
  let operands: RecurrenceOperands
  let features: FeatureMap
  /// 1 / (φ(q) · Σ φ(k)) [head, row], if the result is divided by that.
  let inverseSums: UnsafeMutablePointer<Float>?

  var shape: RecurrenceShape { operands.shape }
  var arena: Arena { operands.tape.arena }

  func forward(_ example: Int, saving saved: SavedChunks) {
    arena.withScratch {
      var scratch = LinearAttentionScratch(shape, operands.decay, features, in: arena)
      for chunk in 0..<shape.chunks {
        for head in 0..<shape.heads { forward(example, chunk, head, saved, &scratch) }
      }
    }
  }

  private func forward(
    _ example: Int, _ chunk: Int, _ head: Int, _ saved: SavedChunks,
    _ scratch: inout LinearAttentionScratch
  ) {
    let (row, length) = (shape.row(example, chunk), shape.length(ofChunk: chunk))
    let (width, padded) = (shape.valueWidth, shape.padded)
    scratch.decay.fill(row: row, length: length, head: head)
    let queries = operands.queries(row, length: length, head: head, into: scratch.queries)
    let (keys, values) = (operands.keys(row, head: head), operands.values(row, head: head))
    let results = operands.results(row, head: head)
    let products = saved.block(chunk, head: head)
    scratch.decay.pairs(ChunkPairs(x: queries, p: products, strict: false), with: keys)
    let pairs = pairs(products, length, scratch)
    if let sums = sums(head, row) { Kernels.lowerSums(length, padded: padded, pairs, into: sums) }
    if chunk > 0 {
      let reads = reads(queries, length, scratch)
      let state = saved.state(chunk, head: head)
      blockProduct(
        length, shape.features, width, reads.operand,
        MatrixOperand(state, stride: shape.valueStride), into: results.values,
        stride: results.stride, beta: 0)
      if let sums = sums(head, row) {
        Kernels.rowDots(
          length, shape.features, reads, Rows(sumOfFeatures(state), stride: 0), into: sums,
          accumulate: true)
      }
    }
    Triangular.multiply(
      length, width, lower: pairs, padded, values.values, values.stride, into: results.values,
      results.stride, beta: chunk > 0 ? 1 : 0)
    if let sums = sums(head, row) {
      for index in 0..<length { sums[index] = 1 / (sums[index] + 1e-12) }
      Kernels.scaleRows(
        length, width, sums, results.values, results.stride, into: results.values, results.stride)
    }
    if chunk + 1 < shape.chunks { advance(chunk, head, keys, values, length, saved, scratch) }
  }

  /// The state at the start of the next chunk.
  private func advance(
    _ chunk: Int, _ head: Int, _ keys: Rows, _ values: Rows, _ length: Int, _ saved: SavedChunks,
    _ scratch: LinearAttentionScratch
  ) {
    let next = saved.state(chunk + 1, head: head)
    if chunk > 0 { scratch.decay.decay(saved.state(chunk, head: head), into: next) }
    let writes = writes(keys, length, scratch)
    blockProduct(
      shape.features, length, shape.valueWidth, writes.transposedOperand, values.operand,
      into: next, stride: shape.valueStride, beta: chunk > 0 ? 1 : 0)
    Kernels.roundState(shape.features, shape.valueWidth, Rows(next, stride: shape.valueStride))
    guard shape.normalized else { return }
    if chunk == 0 { sumOfFeatures(next).update(repeating: 0, count: shape.features) }
    Kernels.sumRows(length, shape.features, writes, addedTo: sumOfFeatures(next))
    Kernels.roundState(1, shape.features, Rows(sumOfFeatures(next), stride: shape.features))
  }

  /// Σ φ(k) of a state, which is stored after the matrix.
  func sumOfFeatures(_ state: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Float> {
    state + shape.features * shape.valueStride
  }

  func sums(_ head: Int, _ row: Int) -> UnsafeMutablePointer<Float>? {
    inverseSums.map { $0 + head * operands.y.rows + row }
  }

  /// What multiplies the values of a chunk, from the products of queries and keys.
  func pairs(
    _ products: UnsafeMutablePointer<Float>, _ length: Int, _ scratch: LinearAttentionScratch
  ) -> UnsafeMutablePointer<Float> {
    guard case .taylor = features else { return products }
    Kernels.taylorLower(length, padded: shape.padded, products, into: scratch.pairs)
    return scratch.pairs
  }

  /// What reads the state.
  func reads(_ queries: Rows, _ length: Int, _ scratch: LinearAttentionScratch) -> Rows {
    guard case .taylor = features else {
      return scratch.decay.sinceStart(queries, into: scratch.reads)
    }
    Kernels.monomials(length, shape.keyWidth, queries, square: 0.5, into: scratch.reads)
    return scratch.reads
  }

  /// What writes the state.
  func writes(_ keys: Rows, _ length: Int, _ scratch: LinearAttentionScratch) -> Rows {
    guard case .taylor = features else {
      return scratch.decay.untilEnd(keys, into: scratch.writes)
    }
    Kernels.monomials(length, shape.keyWidth, keys, square: 1, into: scratch.writes)
    return scratch.writes
  }
}

/// Memory for one chunk of one head at a time.
struct LinearAttentionScratch {
  var decay: ChunkDecay
  let queries: Rows  // [chunk, K]: scaled
  let reads: Rows  // [chunk, features]
  let writes: Rows  // [chunk, features]
  let pairs: UnsafeMutablePointer<Float>  // [chunk, padded]: Taylor's polynomial of products

  init(_ shape: RecurrenceShape, _ decay: LogDecay, _ features: FeatureMap, in arena: Arena) {
    let chunk = shape.chunkLength
    var hasPairs = false
    if case .taylor = features { hasPairs = true }
    self.decay = ChunkDecay(shape, decay, in: arena)
    queries = Rows(arena.allocate(chunk * shape.keyStride), stride: shape.keyStride)
    reads = Rows(arena.allocate(chunk * shape.featureStride), stride: shape.featureStride)
    writes = Rows(arena.allocate(chunk * shape.featureStride), stride: shape.featureStride)
    pairs = arena.allocate(hasPairs ? shape.square : 0)
  }
}
