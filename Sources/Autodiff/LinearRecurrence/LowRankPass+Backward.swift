import Kernels

extension LowRankPass {
  /// For each operand, whether the backward pass adds to its gradient or assigns it.
  struct Accumulation {
    let r: Bool, w: Bool, k: Bool, v: Bool, removal: Bool, rate: Bool
  }

  /// The backward pass of one example, from the last chunk to the first. It carries the gradient of the state.
  func backward(_ example: Int, _ saved: SavedChunks, _ accumulation: Accumulation) {
    arena.withScratch {
      let states = arena.allocate(shape.heads * shape.state)
      var operands = operandMemory()
      let scratch = BackwardScratch(shape, in: arena)
      for chunk in (0..<shape.chunks).reversed() {
        for head in 0..<shape.heads {
          let row = shape.row(example, chunk)
          fill(&operands, row, shape.length(ofChunk: chunk), head)
          LowRankChunkBackward(
            pass: self, saved: saved, operands: operands, accumulation: accumulation, chunk: chunk,
            head: head, row: row, stateGradient: states + head * shape.state, scratch: scratch
          ).run()
        }
      }
    }
  }
}

private struct BackwardScratch {
  let updates: Rows  // [chunk, N]: dU, then Z
  let transposed: Rows  // [N, padded]
  let stateTransposed: Rows  // [N, N]
  let products: UnsafeMutablePointer<Float>  // [chunk, padded]
  let reads: Rows, removals: Rows, writes: Rows, corrections: Rows  // [chunk, N]
  let writesUntilEnd: Rows, correctionsUntilEnd: Rows  // [chunk, N]
  let carry: UnsafeMutablePointer<Float>  // [N]

  init(_ shape: RecurrenceShape, in arena: Arena) {
    let rows = { (count: Int, stride: Int) in Rows(arena.allocate(count * stride), stride: stride) }
    let chunk = shape.chunkLength
    updates = rows(chunk, shape.valueStride)
    transposed = rows(shape.valueWidth, shape.padded)
    stateTransposed = rows(shape.valueWidth, shape.keyStride)
    products = arena.allocate(shape.square)
    (reads, removals) = (rows(chunk, shape.keyStride), rows(chunk, shape.keyStride))
    (writes, corrections) = (rows(chunk, shape.keyStride), rows(chunk, shape.keyStride))
    writesUntilEnd = rows(chunk, shape.keyStride)
    correctionsUntilEnd = rows(chunk, shape.keyStride)
    carry = arena.allocate(shape.keyWidth)
  }
}

/// The backward pass of one chunk of one head.
private struct LowRankChunkBackward {
  let pass: LowRankPass
  let saved: SavedChunks
  let operands: LowRankOperands
  let accumulation: LowRankPass.Accumulation
  let chunk: Int, head: Int, row: Int
  /// The gradient of the state after the chunk; at the end, of the state before it.
  let stateGradient: UnsafeMutablePointer<Float>
  let scratch: BackwardScratch

  var shape: RecurrenceShape { pass.shape }
  var length: Int { operands.length }
  var n: Int { shape.keyWidth }
  var padded: Int { shape.padded }
  var isFirst: Bool { chunk == 0 }
  var isLast: Bool { chunk + 1 == shape.chunks }
  var state: MatrixOperand { MatrixOperand(stateGradient, stride: shape.valueStride) }

  func run() {
    let products = pass.saved(saved, chunk, head)
    let dO = pass.gradients(pass.y, row, head)
    let values = pass.values(row, head: head)
    updateGradients(products, dO)
    valueGradients(products, dO)
    fromState(dO, values, products.updates)
    pairsBackward(dO, values, operands.writes, scratch.writes)
    pairsBackward(dO, products.updates, operands.corrections, scratch.corrections)
    operands.backward(
      reads: scratch.reads, removals: scratch.removals, writes: scratch.writes,
      corrections: scratch.corrections, writesUntilEnd: scratch.writesUntilEnd,
      correctionsUntilEnd: scratch.correctionsUntilEnd, carry: scratch.carry,
      into: .init(
        r: target(pass.r, accumulation.r), w: target(pass.w, accumulation.w),
        k: target(pass.k, accumulation.k), removal: target(pass.removal, accumulation.removal),
        rate: target(pass.rate, accumulation.rate)))
    if !isFirst { stateBefore(dO) }
  }

  private func target(_ x: Tensor, _ accumulates: Bool) -> GradientRows {
    GradientRows(pass.gradients(x, row, head), accumulates: accumulates)
  }

  /// O = r̃ b̃ᵀ U + …, S′ = Bᵀ U + …  →  dU = (r̃ b̃ᵀ)ᵀ dO + B dS′, with B the corrections until the chunk's end;
  /// U = R + α̃ b̃ᵀ U  →  Z = dR = (1 − α̃ b̃ᵀ)⁻ᵀ dU.
  private func updateGradients(_ products: LowRankProducts, _ dO: Rows) {
    let z = scratch.updates
    Triangular.multiplyTransposed(
      length, n, lower: products.readCorrections, padded, dO.values, dO.stride, into: z.values,
      z.stride, beta: 0)
    if !isLast {
      blockProduct(
        length, n, n, operands.correctionsUntilEnd.operand, state, into: z.values,
        stride: z.stride, beta: 1)
    }
    Triangular.solveTransposed(length, n, lower: products.removalCorrections, padded, z)
  }

  /// O = r̃ k̃ᵀ V + …, R = α̃ k̃ᵀ V + …, S′ = Wᵀ V + …  →  dV = (r̃ k̃ᵀ)ᵀ dO + (α̃ k̃ᵀ)ᵀ Z + W dS′.
  private func valueGradients(_ products: LowRankProducts, _ dO: Rows) {
    let dV = pass.gradients(pass.v, row, head)
    Triangular.multiplyTransposed(
      length, n, lower: products.readWrites, padded, dO.values, dO.stride, into: dV.values,
      dV.stride, beta: accumulation.v ? 1 : 0)
    Triangular.multiplyTransposed(
      length, n, lower: products.removalWrites, padded, scratch.updates.values,
      scratch.updates.stride, into: dV.values, dV.stride, beta: 1)
    guard !isLast else { return }
    blockProduct(
      length, n, n, operands.writesUntilEnd.operand, state, into: dV.values, stride: dV.stride,
      beta: 1)
  }

  /// O = r̃ S + …, R = α̃ S + …, S′ = Wᵀ V + Bᵀ U + …  →  dr̃ = dO Sᵀ, dα̃ = Z Sᵀ, dW = V dS′ᵀ, dB = U dS′ᵀ, and
  /// the gradient of the chunk's whole log-decay.
  private func fromState(_ dO: Rows, _ values: Rows, _ updates: Rows) {
    clear(scratch.writes)
    clear(scratch.corrections)
    if isFirst {
      clear(scratch.reads)
      clear(scratch.removals)
    } else {
      transpose(saved.state(chunk, head: head))
      multiplyByState(dO, into: scratch.reads)
      multiplyByState(scratch.updates, into: scratch.removals)
    }
    guard !isLast else {
      clear(scratch.writesUntilEnd)
      clear(scratch.correctionsUntilEnd)
      return scratch.carry.update(repeating: 0, count: n)
    }
    transpose(stateGradient)
    multiplyByState(values, into: scratch.writesUntilEnd)
    multiplyByState(updates, into: scratch.correctionsUntilEnd)
    Kernels.rowDots(
      n, n, Rows(saved.state(chunk + 1, head: head), stride: shape.valueStride),
      Rows(stateGradient, stride: shape.valueStride), into: scratch.carry)
  }

  private func clear(_ rows: Rows) {
    rows.values.update(repeating: 0, count: length * rows.stride)
  }

  private func transpose(_ state: UnsafePointer<Float>) {
    Kernels.transpose(
      n, n, state, stride: shape.valueStride, into: scratch.stateTransposed.values,
      stride: scratch.stateTransposed.stride)
  }

  private func multiplyByState(_ rows: Rows, into target: Rows) {
    blockProduct(
      length, n, n, rows.operand, scratch.stateTransposed.operand, into: target.values,
      stride: target.stride, beta: 0)
  }

  /// Of x̃ = k̃ with its values V, or b̃ with U: O = (r̃ x̃ᵀ) V, R = (α̃ x̃ᵀ) V  →  dP = dO Vᵀ, dr̃ += dP x̃,
  /// dx̃ += dPᵀ r̃; dQ = Z Vᵀ strictly below the diagonal, dα̃ += dQ x̃, dx̃ += dQᵀ α̃.
  private func pairsBackward(_ dO: Rows, _ values: Rows, _ x: Rows, _ dx: Rows) {
    Kernels.transpose(
      length, n, values.values, stride: values.stride, into: scratch.transposed.values,
      stride: padded)
    pairsBackward(dO, operands.reads, scratch.reads, strict: false, x, dx)
    pairsBackward(scratch.updates, operands.removals, scratch.removals, strict: true, x, dx)
  }

  private func pairsBackward(
    _ gradient: Rows, _ reads: Rows, _ dReads: Rows, strict: Bool, _ x: Rows, _ dx: Rows
  ) {
    let p = scratch.products
    Triangular.lowerHalf(
      length, n, gradient.values, gradient.stride, scratch.transposed.values, padded, into: p,
      padded)
    Kernels.multiplyLower(length, padded: padded, mask: nil, strict: strict, p, into: p)
    Triangular.multiply(
      length, n, lower: p, padded, x.values, x.stride, into: dReads.values, dReads.stride, beta: 1)
    Triangular.multiplyTransposed(
      length, n, lower: p, padded, reads.values, reads.stride, into: dx.values, dx.stride, beta: 1)
  }

  /// dS = diag(exp G_C) dS′ + r̃ᵀ dO + α̃ᵀ Z.
  private func stateBefore(_ dO: Rows) {
    if !isLast { pass.decay(stateGradient, into: stateGradient, operands) }
    blockProduct(
      n, length, n, operands.reads.transposedOperand, dO.operand, into: stateGradient,
      stride: shape.valueStride, beta: isLast ? 0 : 1)
    blockProduct(
      n, length, n, operands.removals.transposedOperand, scratch.updates.operand,
      into: stateGradient, stride: shape.valueStride, beta: 1)
  }
}
