import Kernels

/// Diagonal plus low rank, chunk by chunk. With r̃, α̃ times their decay since the chunk's start, k̃, b̃ over it,
/// products of rows on and below the diagonal (strictly below for α̃), and S the state before the chunk:
///
/// U = (1 − α̃ b̃ᵀ)⁻¹ (α̃ k̃ᵀ V + α̃ S): what each token reads to be removed,
/// O = r̃ S + r̃ k̃ᵀ V + r̃ b̃ᵀ U,  S ← diag(exp G_C) (S + k̃ᵀ V + b̃ᵀ U).
struct LowRankPass {
  let shape: RecurrenceShape
  let tape: Tape
  let r: Tensor, w: Tensor, k: Tensor, v: Tensor  // [batch, length, head · N]
  let removal: Tensor, rate: Tensor  // [batch, length, head · N]
  let y: Tensor  // [batch, length, head · N]

  var arena: Arena { tape.arena }

  /// What is saved of one chunk and head: four products [chunk, padded], and U [chunk, valueStride].
  static func blockSize(_ shape: RecurrenceShape) -> Int {
    4 * shape.square + shape.chunkLength * shape.valueStride
  }

  func saved(_ saved: SavedChunks, _ chunk: Int, _ head: Int) -> LowRankProducts {
    LowRankProducts(shape, saved.block(chunk, head: head))
  }

  func values(_ row: Int, head: Int) -> Rows { rows(v, row, head) }

  func rows(_ x: Tensor, _ row: Int, _ head: Int) -> Rows {
    x.valueRows.block(row, column: head * shape.keyWidth)
  }

  func gradients(_ x: Tensor, _ row: Int, _ head: Int) -> Rows {
    x.gradientRows.block(row, column: head * shape.keyWidth)
  }

  func fill(_ operands: inout LowRankOperands, _ row: Int, _ length: Int, _ head: Int) {
    operands.fill(
      length: length, r: rows(r, row, head), w: rows(w, row, head), k: rows(k, row, head),
      removal: rows(removal, row, head), rate: rows(rate, row, head))
  }

  func operandMemory() -> LowRankOperands {
    LowRankOperands(
      arena.allocate(9 * shape.chunkLength * shape.keyStride), capacity: shape.chunkLength,
      channels: shape.keyWidth, stride: shape.keyStride)
  }

  func forward(_ example: Int, saving saved: SavedChunks) {
    arena.withScratch {
      var operands = operandMemory()
      let transposed = arena.allocate(shape.keyWidth * shape.padded)  // [N, padded]
      for chunk in 0..<shape.chunks {
        for head in 0..<shape.heads {
          fill(&operands, shape.row(example, chunk), shape.length(ofChunk: chunk), head)
          forward(example, chunk, head, saved, operands, transposed)
        }
      }
    }
  }

  private func forward(
    _ example: Int, _ chunk: Int, _ head: Int, _ saved: SavedChunks, _ operands: LowRankOperands,
    _ transposed: UnsafeMutablePointer<Float>
  ) {
    let (row, length) = (shape.row(example, chunk), operands.length)
    let (width, padded) = (shape.valueWidth, shape.padded)
    let products = self.saved(saved, chunk, head)
    let (values, results) = (values(row, head: head), rows(y, row, head))
    products.fill(operands, transposed)
    let state =
      chunk > 0 ? MatrixOperand(saved.state(chunk, head: head), stride: shape.valueStride) : nil
    let updates = products.updates

    Triangular.multiply(
      length, width, lower: products.removalWrites, padded, values.values, values.stride,
      into: updates.values, updates.stride, beta: 0)
    Triangular.multiply(
      length, width, lower: products.readWrites, padded, values.values, values.stride,
      into: results.values, results.stride, beta: 0)
    if let state {
      blockProduct(
        length, shape.keyWidth, width, operands.removals.operand, state, into: updates.values,
        stride: updates.stride, beta: 1)
      blockProduct(
        length, shape.keyWidth, width, operands.reads.operand, state, into: results.values,
        stride: results.stride, beta: 1)
    }
    Triangular.solve(length, width, lower: products.removalCorrections, padded, updates)
    Triangular.multiply(
      length, width, lower: products.readCorrections, padded, updates.values, updates.stride,
      into: results.values, results.stride, beta: 1)
    guard chunk + 1 < shape.chunks else { return }
    let next = saved.state(chunk + 1, head: head)
    if let state { decay(state.values, into: next, operands) }
    blockProduct(
      shape.keyWidth, length, width, operands.writesUntilEnd.transposedOperand, values.operand,
      into: next, stride: shape.valueStride, beta: chunk > 0 ? 1 : 0)
    blockProduct(
      shape.keyWidth, length, width, operands.correctionsUntilEnd.transposedOperand,
      updates.operand, into: next, stride: shape.valueStride, beta: 1)
    Kernels.roundState(shape.keyWidth, width, Rows(next, stride: shape.valueStride))
  }

  /// Multiplies the state by the whole chunk's decay; `target` may be the state itself.
  func decay(
    _ state: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>,
    _ operands: LowRankOperands
  ) {
    Kernels.scaleRows(
      shape.keyWidth, shape.valueWidth, operands.chunkDecay, state, shape.valueStride, into: target,
      shape.valueStride)
  }
}

/// The products of one chunk of one head, [chunk, padded] each, and U.
struct LowRankProducts {
  private let shape: RecurrenceShape
  let readWrites: UnsafeMutablePointer<Float>  // r̃ k̃ᵀ
  let readCorrections: UnsafeMutablePointer<Float>  // r̃ b̃ᵀ
  let removalWrites: UnsafeMutablePointer<Float>  // α̃ k̃ᵀ
  let removalCorrections: UnsafeMutablePointer<Float>  // α̃ b̃ᵀ
  let updates: Rows  // U [chunk, N]

  init(_ shape: RecurrenceShape, _ memory: UnsafeMutablePointer<Float>) {
    self.shape = shape
    readWrites = memory
    readCorrections = memory + shape.square
    removalWrites = memory + 2 * shape.square
    removalCorrections = memory + 3 * shape.square
    updates = Rows(memory + 4 * shape.square, stride: shape.valueStride)
  }

  /// All four; `transposed` [N, padded] is scratch.
  func fill(_ operands: LowRankOperands, _ transposed: UnsafeMutablePointer<Float>) {
    pairs(operands.writes, operands, transposed, reads: readWrites, removals: removalWrites)
    pairs(
      operands.corrections, operands, transposed, reads: readCorrections,
      removals: removalCorrections)
  }

  private func pairs(
    _ rows: Rows, _ operands: LowRankOperands, _ transposed: UnsafeMutablePointer<Float>,
    reads: UnsafeMutablePointer<Float>, removals: UnsafeMutablePointer<Float>
  ) {
    Kernels.transpose(
      operands.length, shape.keyWidth, rows.values, stride: rows.stride, into: transposed,
      stride: shape.padded)
    product(operands.reads, transposed, operands.length, into: reads, strict: false)
    product(operands.removals, transposed, operands.length, into: removals, strict: true)
  }

  private func product(
    _ rows: Rows, _ transposed: UnsafePointer<Float>, _ length: Int,
    into p: UnsafeMutablePointer<Float>, strict: Bool
  ) {
    Triangular.lowerHalf(
      length, shape.keyWidth, rows.values, rows.stride, transposed, shape.padded, into: p,
      shape.padded)
    Kernels.multiplyLower(length, padded: shape.padded, mask: nil, strict: strict, p, into: p)
  }
}
