import Kernels

/// The delta rule chunk by chunk. With P_qk and P_kk the decayed products of queries and keys with keys within a
/// chunk (P_kk strictly below the diagonal), S the state before it and G the log-decay since the chunk's start:
///
/// E = (1 + P_kk diag β)⁻¹ (V − (K ⊙ exp G) S),  U = diag(β) E: what each token corrects,
/// O = (Q ⊙ exp G) S + P_qk U,  S ← diag(exp G_C) S + (K ⊙ exp(G_C − G))ᵀ U.
struct DeltaRulePass {
  let operands: RecurrenceOperands
  let beta: Tensor  // [batch, length, head]

  var shape: RecurrenceShape { operands.shape }
  var arena: Arena { operands.tape.arena }

  /// What is saved of one chunk and head: P_qk, P_kk and E [chunk, valueStride].
  static func blockSize(_ shape: RecurrenceShape) -> Int {
    2 * shape.square + shape.chunkLength * shape.valueStride
  }

  func saved(_ saved: SavedChunks, _ chunk: Int, _ head: Int) -> (
    queryPairs: UnsafeMutablePointer<Float>, keyPairs: UnsafeMutablePointer<Float>, errors: Rows
  ) {
    let block = saved.block(chunk, head: head)
    let errors = Rows(block + 2 * shape.square, stride: shape.valueStride)
    return (block, block + shape.square, errors)
  }

  func forward(_ example: Int, saving saved: SavedChunks) {
    arena.withScratch {
      var scratch = DeltaRuleScratch(shape, operands.decay, in: arena)
      for chunk in 0..<shape.chunks {
        for head in 0..<shape.heads { forward(example, chunk, head, saved, &scratch) }
      }
    }
  }

  private func forward(
    _ example: Int, _ chunk: Int, _ head: Int, _ saved: SavedChunks,
    _ scratch: inout DeltaRuleScratch
  ) {
    let (row, length) = (shape.row(example, chunk), shape.length(ofChunk: chunk))
    let (width, padded) = (shape.valueWidth, shape.padded)
    scratch.decay.fill(row: row, length: length, head: head)
    scratch.fillBeta(beta, row, length, head)
    let queries = operands.queries(row, length: length, head: head, into: scratch.queries)
    let keys = operands.keys(row, head: head)
    let (queryPairs, keyPairs, errors) = self.saved(saved, chunk, head)
    scratch.decay.pairs(
      ChunkPairs(x: queries, p: queryPairs, strict: false),
      ChunkPairs(x: keys, p: keyPairs, strict: true), with: keys)

    let state = chunk > 0 ? saved.state(chunk, head: head) : nil
    residuals(row, length, head, keys, state, into: errors, scratch)
    scratch.system.update(from: keyPairs, count: length * padded)
    Kernels.columnScale(length, length, scratch.system, stride: padded, by: scratch.negativeBeta)
    Triangular.solve(length, width, lower: scratch.system, padded, errors)
    let updates = scratch.updates(errors, length)

    let results = operands.results(row, head: head)
    if let state {
      let reads = scratch.decay.sinceStart(queries, into: scratch.reads)
      blockProduct(
        length, shape.keyWidth, width, reads.operand,
        MatrixOperand(state, stride: shape.valueStride), into: results.values,
        stride: results.stride, beta: 0)
    }
    Triangular.multiply(
      length, width, lower: queryPairs, padded, updates.values, updates.stride,
      into: results.values, results.stride, beta: chunk > 0 ? 1 : 0)
    guard chunk + 1 < shape.chunks else { return }
    let next = saved.state(chunk + 1, head: head)
    if let state { scratch.decay.decay(state, into: next) }
    blockProduct(
      shape.keyWidth, length, width,
      scratch.decay.untilEnd(keys, into: scratch.writes).transposedOperand, updates.operand,
      into: next, stride: shape.valueStride, beta: chunk > 0 ? 1 : 0)
    Kernels.roundState(shape.keyWidth, width, Rows(next, stride: shape.valueStride))
  }

  /// V − (K ⊙ exp G) S.
  private func residuals(
    _ row: Int, _ length: Int, _ head: Int, _ keys: Rows, _ state: UnsafePointer<Float>?,
    into errors: Rows, _ scratch: DeltaRuleScratch
  ) {
    let values = operands.values(row, head: head)
    for index in 0..<length {
      errors.from(index).values.update(from: values.from(index).values, count: shape.valueWidth)
    }
    guard let state else { return }
    blockProduct(
      length, shape.keyWidth, shape.valueWidth,
      scratch.decay.sinceStart(keys, into: scratch.reads).operand,
      MatrixOperand(state, stride: shape.valueStride), into: errors.values, stride: errors.stride,
      alpha: -1, beta: 1)
  }
}

/// Memory for one chunk of one head at a time.
struct DeltaRuleScratch {
  private let shape: RecurrenceShape
  var decay: ChunkDecay
  let queries: Rows  // [chunk, K]: scaled
  let reads: Rows  // [chunk, K]
  let writes: Rows  // [chunk, K]
  let system: UnsafeMutablePointer<Float>  // [chunk, padded]: −P_kk times β
  private let updates: Rows  // [chunk, V]
  let beta: UnsafeMutablePointer<Float>  // [chunk]
  let negativeBeta: UnsafeMutablePointer<Float>  // [chunk]

  init(_ shape: RecurrenceShape, _ decay: LogDecay, in arena: Arena) {
    self.shape = shape
    let chunk = shape.chunkLength
    let keys = { Rows(arena.allocate(chunk * shape.keyStride), stride: shape.keyStride) }
    self.decay = ChunkDecay(shape, decay, in: arena)
    (queries, reads, writes) = (keys(), keys(), keys())
    system = arena.allocate(shape.square)
    updates = Rows(arena.allocate(chunk * shape.valueStride), stride: shape.valueStride)
    (beta, negativeBeta) = (arena.allocate(chunk), arena.allocate(chunk))
  }

  func fillBeta(_ beta: Tensor, _ row: Int, _ length: Int, _ head: Int) {
    for index in 0..<length {
      let value = beta.values[(row + index) * beta.rowStride + head]
      (self.beta[index], negativeBeta[index]) = (value, -value)
    }
  }

  /// U = diag(β) E.
  func updates(_ errors: Rows, _ length: Int) -> Rows {
    Kernels.scaleRows(
      length, shape.valueWidth, beta, errors.values, errors.stride, into: updates.values,
      updates.stride)
    return updates
  }
}
