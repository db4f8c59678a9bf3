import Kernels

extension DeltaRulePass {
  /// For each operand, whether the backward pass adds to its gradient or assigns it.
  typealias Accumulation = (operands: RecurrenceOperands.Accumulation, beta: Bool)

  /// The backward pass of one example, from the last chunk to the first. It carries the gradient of the state.
  func backward(_ example: Int, _ saved: SavedChunks, _ accumulation: Accumulation) {
    arena.withScratch {
      let states = arena.allocate(shape.heads * shape.state)
      var scratch = DeltaRuleScratch(shape, operands.decay, in: arena)
      let backward = BackwardScratch(shape, in: arena)
      for chunk in (0..<shape.chunks).reversed() {
        for head in 0..<shape.heads {
          DeltaRuleChunkBackward(
            pass: self, saved: saved, accumulation: accumulation, chunk: chunk, head: head,
            row: shape.row(example, chunk), stateGradient: states + head * shape.state,
            scratch: backward
          ).run(&scratch)
        }
      }
    }
  }
}

private struct BackwardScratch {
  let errors: Rows  // [chunk, V]: dU, then Z
  let residuals: Rows  // [chunk, V]: −diag(β) Z
  let updatesTransposed: Rows  // [V, padded]
  let stateTransposed: Rows  // [V, K]
  let queryPairs: UnsafeMutablePointer<Float>  // [chunk, padded]
  let keyPairs: UnsafeMutablePointer<Float>  // [chunk, padded]
  let queries: Rows  // [chunk, K]
  let reads: Rows  // [chunk, K]
  let writes: Rows  // [chunk, K]
  let carry: UnsafeMutablePointer<Float>  // [K]

  init(_ shape: RecurrenceShape, in arena: Arena) {
    let (chunk, padded, width) = (shape.chunkLength, shape.padded, shape.valueWidth)
    let rows = { (count: Int, stride: Int) in Rows(arena.allocate(count * stride), stride: stride) }
    (errors, residuals) = (rows(chunk, shape.valueStride), rows(chunk, shape.valueStride))
    updatesTransposed = rows(width, padded)
    stateTransposed = rows(width, shape.keyStride)
    (queryPairs, keyPairs) = (arena.allocate(shape.square), arena.allocate(shape.square))
    queries = rows(chunk, shape.keyStride)
    (reads, writes) = (rows(chunk, shape.keyStride), rows(chunk, shape.keyStride))
    carry = arena.allocate(shape.keyWidth)
  }
}

/// The backward pass of one chunk of one head.
private struct DeltaRuleChunkBackward {
  let pass: DeltaRulePass
  let saved: SavedChunks
  let accumulation: DeltaRulePass.Accumulation
  let chunk: Int, head: Int, row: Int
  /// The gradient of the state after the chunk; at the end, of the state before it.
  let stateGradient: UnsafeMutablePointer<Float>
  let scratch: BackwardScratch

  var shape: RecurrenceShape { pass.shape }
  var length: Int { shape.length(ofChunk: chunk) }
  var width: Int { shape.valueWidth }
  var isFirst: Bool { chunk == 0 }
  var isLast: Bool { chunk + 1 == shape.chunks }
  var state: MatrixOperand { MatrixOperand(stateGradient, stride: shape.valueStride) }

  func run(_ forward: inout DeltaRuleScratch) {
    forward.decay.fill(row: row, length: length, head: head)
    forward.fillBeta(pass.beta, row, length, head)
    let queries = pass.operands.queries(row, length: length, head: head, into: forward.queries)
    let keys = pass.operands.keys(row, head: head)
    let dO = pass.operands.resultGradients(row, head: head)
    let (queryPairs, keyPairs, errors) = pass.saved(saved, chunk, head)
    let updates = forward.updates(errors, length)
    errorGradients(dO, queryPairs, keyPairs, errors, keys, forward)
    valueGradients(forward)
    pairGradients(dO, updates)
    fromState(dO, updates, forward)
    forward.decay.pairsBackward(
      ChunkPairs(x: queries, p: scratch.queryPairs, strict: false, dx: scratch.queries),
      ChunkPairs(x: keys, p: scratch.keyPairs, strict: true, dx: scratch.reads), with: keys,
      dy: scratch.writes)
    pass.operands.finish(
      row, length: length, head: head, queries: queries, fromQueries: scratch.queries,
      fromWrites: scratch.writes, fromReads: scratch.reads, diagonal: scratch.queryPairs,
      carry: scratch.carry, accumulation.operands)
    if !isFirst { stateBefore(dO, queries, keys, forward) }
  }

  /// O = P_qk U + …, S′ = Wᵀ U + …  →  dU = P_qkᵀ dO + W dS′, with W the writing keys; U = diag(β) E and
  /// E = R − P_kk U  →  Z = (1 + diag(β) P_kk)⁻ᵀ dU, the gradient of U with what later tokens' errors add,
  /// dβ_i = Z_i · E_i, dR = diag(β) Z.
  private func errorGradients(
    _ dO: Rows, _ queryPairs: UnsafePointer<Float>, _ keyPairs: UnsafePointer<Float>,
    _ errors: Rows, _ keys: Rows, _ forward: DeltaRuleScratch
  ) {
    let (z, padded) = (scratch.errors, shape.padded)
    Triangular.multiplyTransposed(
      length, width, lower: queryPairs, padded, dO.values, dO.stride, into: z.values, z.stride,
      beta: 0)
    if !isLast {
      blockProduct(
        length, shape.keyWidth, width, forward.decay.untilEnd(keys, into: forward.writes).operand,
        state, into: z.values, stride: z.stride, beta: 1)
    }
    Kernels.scaleRows(
      length, length, forward.negativeBeta, keyPairs, padded, into: forward.system, padded)
    Triangular.solveTransposed(length, width, lower: forward.system, padded, z)
    let beta = pass.beta
    Kernels.rowDots(
      length, width, z, errors, into: beta.gradient + row * beta.rowStride + head,
      stride: beta.rowStride, accumulate: accumulation.beta)
    Kernels.scaleRows(
      length, width, forward.negativeBeta, z.values, z.stride, into: scratch.residuals.values,
      scratch.residuals.stride)
  }

  /// R = V − …  →  dV = dR.
  private func valueGradients(_ forward: DeltaRuleScratch) {
    let (dV, z) = (pass.operands.valueGradients(row, head: head), scratch.errors)
    guard accumulation.operands.v else {
      return Kernels.scaleRows(
        length, width, forward.beta, z.values, z.stride, into: dV.values, dV.stride)
    }
    Kernels.scaleRows(length, width, forward.beta, z.values, z.stride, into: z.values, z.stride)
    for index in 0..<length {
      Kernels.add(width, z.from(index).values, to: dV.from(index).values)
    }
  }

  /// O = P_qk U, E = R − P_kk U  →  dP_qk = dO Uᵀ, dP_kk = −dR Uᵀ.
  private func pairGradients(_ dO: Rows, _ updates: Rows) {
    let (transposed, padded) = (scratch.updatesTransposed, shape.padded)
    Kernels.transpose(
      length, width, updates.values, stride: updates.stride, into: transposed.values,
      stride: padded)
    Triangular.lowerHalf(
      length, width, dO.values, dO.stride, transposed.values, padded, into: scratch.queryPairs,
      padded)
    Triangular.lowerHalf(
      length, width, scratch.residuals.values, scratch.residuals.stride, transposed.values, padded,
      into: scratch.keyPairs, padded)
  }

  /// O = (Q ⊙ exp G) S, R = V − (K ⊙ exp G) S, S′ = (K ⊙ exp(G_C − G))ᵀ U  →  gradients of Q, and of K where it
  /// reads and where it writes; and of the whole chunk's decay.
  private func fromState(_ dO: Rows, _ updates: Rows, _ forward: DeltaRuleScratch) {
    scratch.carry.update(repeating: 0, count: shape.keyWidth)
    if isFirst {
      scratch.queries.values.update(repeating: 0, count: length * scratch.queries.stride)
      scratch.reads.values.update(repeating: 0, count: length * scratch.reads.stride)
    } else {
      transpose(saved.state(chunk, head: head))
      toKeys(dO, into: scratch.queries)
      toKeys(scratch.residuals, into: scratch.reads)
      _ = forward.decay.sinceStart(scratch.queries, into: scratch.queries)
      _ = forward.decay.sinceStart(scratch.reads, into: scratch.reads)
    }
    if isLast {
      scratch.writes.values.update(repeating: 0, count: length * scratch.writes.stride)
    } else {
      transpose(stateGradient)
      toKeys(updates, into: scratch.writes)
      _ = forward.decay.untilEnd(scratch.writes, into: scratch.writes)
      forward.decay.chunkDecayGradient(
        saved.state(chunk + 1, head: head), stateGradient, into: scratch.carry)
    }
  }

  private func transpose(_ state: UnsafePointer<Float>) {
    Kernels.transpose(
      shape.keyWidth, width, state, stride: shape.valueStride,
      into: scratch.stateTransposed.values, stride: scratch.stateTransposed.stride)
  }

  /// Rows of V columns times the transposed state.
  private func toKeys(_ rows: Rows, into target: Rows) {
    blockProduct(
      length, width, shape.keyWidth, rows.operand, scratch.stateTransposed.operand,
      into: target.values, stride: target.stride, beta: 0)
  }

  /// dS = diag(exp G_C) dS′ + (Q ⊙ exp G)ᵀ dO − (K ⊙ exp G)ᵀ dR.
  private func stateBefore(
    _ dO: Rows, _ queries: Rows, _ keys: Rows, _ forward: DeltaRuleScratch
  ) {
    if !isLast { forward.decay.decay(stateGradient, into: stateGradient) }
    toState(forward.decay.sinceStart(queries, into: forward.reads), dO, beta: isLast ? 0 : 1)
    toState(forward.decay.sinceStart(keys, into: forward.reads), scratch.residuals, beta: 1)
  }

  private func toState(_ reads: Rows, _ gradient: Rows, beta: Float) {
    blockProduct(
      shape.keyWidth, length, width, reads.transposedOperand, gradient.operand,
      into: stateGradient, stride: shape.valueStride, beta: beta)
  }
}
