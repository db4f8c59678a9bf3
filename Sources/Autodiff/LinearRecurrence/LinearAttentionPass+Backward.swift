import Kernels

extension LinearAttentionPass {
  /// The backward pass of one example, from the last chunk to the first. It carries the gradient of the state.
  func backward(
    _ example: Int, _ saved: SavedChunks, _ accumulation: RecurrenceOperands.Accumulation
  ) {
    arena.withScratch {
      let states = arena.allocate(shape.heads * shape.state)
      var scratch = LinearAttentionScratch(shape, operands.decay, features, in: arena)
      let backward = BackwardScratch(shape, in: arena)
      for chunk in (0..<shape.chunks).reversed() {
        for head in 0..<shape.heads {
          LinearAttentionChunkBackward(
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
  let results: Rows  // [chunk, V + 1]: dN = dO / z, and in column V the product dN · O
  let valuesTransposed: Rows  // [V + 1, padded]
  let stateTransposed: Rows  // [V + 1, features]
  let pairs: UnsafeMutablePointer<Float>  // [chunk, padded]
  let features: Rows  // [chunk, features]
  let queries: Rows  // [chunk, K]
  let keys: Rows  // [chunk, K]
  let carry: UnsafeMutablePointer<Float>  // [K]

  init(_ shape: RecurrenceShape, in arena: Arena) {
    let (chunk, padded, columns) = (shape.chunkLength, shape.padded, shape.valueWidth + 1)
    let rows = { (count: Int, stride: Int) in Rows(arena.allocate(count * stride), stride: stride) }
    results = rows(chunk, shape.valueStride)
    valuesTransposed = rows(columns, padded)
    stateTransposed = rows(columns, shape.featureStride)
    pairs = arena.allocate(shape.square)
    features = rows(chunk, shape.featureStride)
    queries = rows(chunk, shape.keyStride)
    keys = rows(chunk, shape.keyStride)
    carry = arena.allocate(shape.keyWidth)
  }
}

/// The backward pass of one chunk of one head.
private struct LinearAttentionChunkBackward {
  let pass: LinearAttentionPass
  let saved: SavedChunks
  let accumulation: RecurrenceOperands.Accumulation
  let chunk: Int, head: Int, row: Int
  /// The gradient of the state after the chunk; at the end, of the state before it.
  let stateGradient: UnsafeMutablePointer<Float>
  let scratch: BackwardScratch

  var shape: RecurrenceShape { pass.shape }
  var length: Int { shape.length(ofChunk: chunk) }
  var width: Int { shape.valueWidth }
  /// Columns of the state: those of the values, and one for the normaliser, whose value is always 1.
  var columns: Int { width + (shape.normalized ? 1 : 0) }
  var isFirst: Bool { chunk == 0 }
  var isLast: Bool { chunk + 1 == shape.chunks }

  func run(_ forward: inout LinearAttentionScratch) {
    forward.decay.fill(row: row, length: length, head: head)
    let queries = pass.operands.queries(row, length: length, head: head, into: forward.queries)
    let keys = pass.operands.keys(row, head: head)
    let dO = resultGradients()
    let products = saved.block(chunk, head: head)
    valueGradients(dO, pass.pairs(products, length, forward), keys, forward)
    pairGradients(dO)
    fromState(dO, queries, keys, forward)
    pairsBackward(products, queries, keys, forward)
    pass.operands.finish(
      row, length: length, head: head, queries: queries, fromQueries: scratch.queries,
      fromWrites: scratch.keys, fromReads: nil, diagonal: scratch.pairs, carry: scratch.carry,
      accumulation)
    if !isFirst { stateBefore(dO, queries, forward) }
  }

  /// o = n / z  →  dn = do / z, dz = −do · n / z² = −dn · o. The last column holds dn · o.
  private func resultGradients() -> Rows {
    let gradients = pass.operands.resultGradients(row, head: head)
    guard let sums = pass.sums(head, row) else { return gradients }
    Kernels.scaleRows(
      length, width, sums, gradients.values, gradients.stride, into: scratch.results.values,
      scratch.results.stride)
    Kernels.rowDots(
      length, width, scratch.results, pass.operands.results(row, head: head),
      into: scratch.results.values + width, stride: scratch.results.stride)
    return scratch.results
  }

  /// O = P V + …, S′ = Wᵀ V + …  →  dV = Pᵀ dO + W dS′, with W the writing keys.
  private func valueGradients(
    _ dO: Rows, _ pairs: UnsafePointer<Float>, _ keys: Rows, _ forward: LinearAttentionScratch
  ) {
    let dV = pass.operands.valueGradients(row, head: head)
    Triangular.multiplyTransposed(
      length, width, lower: pairs, shape.padded, dO.values, dO.stride, into: dV.values, dV.stride,
      beta: accumulation.v ? 1 : 0)
    guard !isLast else { return }
    blockProduct(
      length, shape.features, width, pass.writes(keys, length, forward).operand,
      MatrixOperand(stateGradient, stride: shape.valueStride), into: dV.values, stride: dV.stride,
      beta: 1)
  }

  /// O = P V  →  dP = dO Vᵀ.
  private func pairGradients(_ dO: Rows) {
    let values = pass.operands.values(row, head: head)
    let transposed = scratch.valuesTransposed
    Kernels.transpose(
      length, width, values.values, stride: values.stride, into: transposed.values,
      stride: transposed.stride)
    if shape.normalized { transposed.from(width).values.update(repeating: -1, count: length) }
    Triangular.lowerHalf(
      length, columns, dO.values, dO.stride, transposed.values, transposed.stride,
      into: scratch.pairs, shape.padded)
  }

  /// O = R S + …, S′ = Wᵀ V + …  →  dR = dO Sᵀ, dW = V dS′ᵀ, with R the queries as they read the
  /// state and W the keys as they write it. From dR and dW come the gradients of queries and keys, and of the whole chunk's
  /// decay.
  private func fromState(
    _ dO: Rows, _ queries: Rows, _ keys: Rows, _ forward: LinearAttentionScratch
  ) {
    let (dQ, dK, isIdentity) = (scratch.queries, scratch.keys, pass.features == .identity)
    let features = (
      ofQueries: isIdentity ? dQ : scratch.features, ofKeys: isIdentity ? dK : scratch.features
    )
    if isFirst || !isIdentity { dQ.values.update(repeating: 0, count: length * dQ.stride) }
    if isLast || !isIdentity { dK.values.update(repeating: 0, count: length * dK.stride) }
    scratch.carry.update(repeating: 0, count: shape.keyWidth)
    let values = pass.operands.values(row, head: head)
    if !isFirst {
      transposeState(saved.state(chunk, head: head), sign: -1)
      blockProduct(
        length, columns, shape.features, dO.operand, scratch.stateTransposed.operand,
        into: features.ofQueries.values, stride: features.ofQueries.stride, beta: 0)
      switch pass.features {
      case .identity: _ = forward.decay.sinceStart(dQ, into: dQ)
      case .taylor:
        Kernels.monomialsBackward(
          length, shape.keyWidth, queries, square: 0.5, dy: scratch.features, dx: dQ)
      }
    }
    guard !isLast else { return }
    transposeState(stateGradient, sign: 1)
    if shape.normalized {
      Kernels.repeatRow(
        length, shape.features, scratch.stateTransposed.from(width).values, into: features.ofKeys)
    }
    blockProduct(
      length, width, shape.features, values.operand, scratch.stateTransposed.operand,
      into: features.ofKeys.values, stride: features.ofKeys.stride, beta: shape.normalized ? 1 : 0)
    switch pass.features {
    case .identity: _ = forward.decay.untilEnd(dK, into: dK)
    case .taylor:
      Kernels.monomialsBackward(
        length, shape.keyWidth, keys, square: 1, dy: scratch.features, dx: dK)
    }
    forward.decay.chunkDecayGradient(
      saved.state(chunk + 1, head: head), stateGradient, into: scratch.carry)
  }

  /// Copies Sᵀ, and behind it `sign` times the sum of features.
  private func transposeState(_ state: UnsafeMutablePointer<Float>, sign: Float) {
    let target = scratch.stateTransposed
    Kernels.transpose(
      shape.features, width, state, stride: shape.valueStride, into: target.values,
      stride: target.stride)
    guard shape.normalized else { return }
    Kernels.transpose(
      1, shape.features, pass.sumOfFeatures(state), stride: shape.features, factor: sign,
      into: target.from(width).values, stride: 1)
  }

  private func pairsBackward(
    _ products: UnsafePointer<Float>, _ queries: Rows, _ keys: Rows,
    _ forward: LinearAttentionScratch
  ) {
    if case .taylor = pass.features {
      Kernels.taylorLowerBackward(
        length, padded: shape.padded, products, dy: scratch.pairs, into: scratch.pairs)
    }
    forward.decay.pairsBackward(
      ChunkPairs(x: queries, p: scratch.pairs, strict: false, dx: scratch.queries), with: keys,
      dy: scratch.keys)
  }

  /// S′ = diag(exp G_C) S + …, O = R S + …  →  dS = diag(exp G_C) dS′ + Rᵀ dO.
  private func stateBefore(_ dO: Rows, _ queries: Rows, _ forward: LinearAttentionScratch) {
    if !isLast { forward.decay.decay(stateGradient, into: stateGradient) }
    let (reads, beta) = (pass.reads(queries, length, forward), Float(isLast ? 0 : 1))
    blockProduct(
      shape.features, length, width, reads.transposedOperand, dO.operand, into: stateGradient,
      stride: shape.valueStride, beta: beta)
    guard shape.normalized else { return }
    multiply(
      1, length, shape.features,
      MatrixOperand(dO.values + width, stride: dO.stride, transposed: true), reads.operand,
      into: pass.sumOfFeatures(stateGradient), stride: shape.featureStride, alpha: -1, beta: beta)
  }
}
