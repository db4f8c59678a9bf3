import Kernels

/// Pairs of tokens within a chunk: P_ij = Σ_c x_ic y_jc exp(g_{j+1,c} + … + g_ic) for j ≤ i, or j < i if strict.
struct ChunkPairs {
  let x: Rows  // [length, K]
  let p: UnsafeMutablePointer<Float>  // [length, padded]; in the backward pass its gradient
  let strict: Bool
  /// The gradient of x, without the terms of x_i with y_i if there is a decay.
  var dx: Rows?
}

extension ChunkDecay {
  private var stride: Int { shape.keyStride }
  private var block: Int { DecayFactors.blockRows }
  private var blocks: Int { (length + block - 1) / block }

  func pairs(_ first: ChunkPairs, _ second: ChunkPairs? = nil, with y: Rows) {
    Kernels.transpose(
      length, width, y.values, stride: y.stride, into: transposed.values, stride: padded)
    guard case .perChannel = decay else {
      products(first)
      if let second { products(second) }
      return
    }
    arena.withScratch {
      let scratch = Rows(arena.allocate(block * stride), stride: stride)
      for index in 0..<blocks {
        let (row, rows) = rows(ofBlock: index)
        pairs(first, row, rows, scratch)
        if let second { pairs(second, row, rows, scratch) }
        if index + 1 < blocks { carryOver(y, row, rows, scratch) }
      }
    }
  }

  private func rows(ofBlock index: Int) -> (first: Int, count: Int) {
    (index * block, min(block, length - index * block))
  }

  /// P = (x yᵀ) ⊙ mask.
  private func products(_ pairs: ChunkPairs) {
    Triangular.lowerHalf(
      length, width, pairs.x.values, pairs.x.stride, transposed.values, padded, into: pairs.p,
      padded)
    Kernels.multiplyLower(
      length, padded: padded, mask: maskOrNone, strict: pairs.strict, pairs.p, into: pairs.p)
  }

  private var maskOrNone: UnsafePointer<Float>? {
    if case .none = decay { nil } else { UnsafePointer(mask) }
  }

  /// One block of rows of P.
  private func pairs(_ pairs: ChunkPairs, _ row: Int, _ rows: Int, _ scratch: Rows) {
    let p = Rows(pairs.p, stride: padded)
    Kernels.decayedPairs(
      rows, width, pairs.x.from(row), step: factors.step.from(row),
      transposed: transposed.block(0, column: row), strict: pairs.strict,
      into: p.block(row, column: row))
    guard row > 0 else { return }
    Kernels.multiplyRows(
      rows, width, pairs.x.from(row), factors.blockPrefix.from(row), into: scratch)
    blockProduct(
      rows, width, row, scratch.operand, carried.operand, into: p.from(row).values, stride: padded,
      beta: 0)
  }

  /// Updates `carried` from the start of the block at `row` to its end.
  private func carryOver(_ y: Rows, _ row: Int, _ rows: Int, _ scratch: Rows) {
    if row > 0 {
      Kernels.scaleRows(
        width, row, factors.blockPrefix.from(row + rows - 1).values, carried.values, padded,
        into: carried.values, padded)
    }
    Kernels.multiplyRows(rows, width, y.from(row), factors.blockSuffix.from(row), into: scratch)
    Kernels.transpose(
      rows, width, scratch.values, stride: stride, into: carried.values + row, stride: padded)
  }

  /// From the gradients of P adds to those of x and of y.
  func pairsBackward(_ first: ChunkPairs, _ second: ChunkPairs? = nil, with y: Rows, dy: Rows) {
    arena.withScratch {
      guard case .perChannel = decay else {
        let ds = arena.allocate(shape.square)
        productsBackward(first, y, dy, ds)
        if let second { productsBackward(second, y, dy, ds) }
        return
      }
      for index in 0..<blocks {
        let (row, rows) = rows(ofBlock: index)
        blockBackward(first, y, dy, row, rows)
        if let second { blockBackward(second, y, dy, row, rows) }
      }
      if blocks > 1 { betweenBlocksBackward(first, second, y, dy) }
    }
  }

  /// S = x yᵀ, P = S ⊙ mask  →  dS = dP ⊙ mask, dx += dS y, dy += dSᵀ x.
  private func productsBackward(
    _ pairs: ChunkPairs, _ y: Rows, _ dy: Rows, _ ds: UnsafeMutablePointer<Float>
  ) {
    let (x, dx) = (pairs.x, pairs.dx!)
    var strict = true
    if case .none = decay { strict = pairs.strict }
    Kernels.multiplyLower(
      length, padded: padded, mask: maskOrNone, strict: strict, pairs.p, into: ds)
    Triangular.multiply(
      length, width, lower: ds, padded, y.values, y.stride, into: dx.values, dx.stride, beta: 1)
    Triangular.multiplyTransposed(
      length, width, lower: ds, padded, x.values, x.stride, into: dy.values, dy.stride, beta: 1)
  }

  private func blockBackward(_ pairs: ChunkPairs, _ y: Rows, _ dy: Rows, _ row: Int, _ rows: Int) {
    Kernels.decayedPairsBackward(
      rows, width, pairs.x.from(row), step: factors.step.from(row), y.from(row),
      dp: Rows(pairs.p, stride: padded).block(row, column: row), dx: pairs.dx!.from(row),
      dy: dy.from(row))
  }

  /// P = (x ⊙ decay since the block's start) (y ⊙ decay until then)ᵀ, block by block of rows of x.
  private func betweenBlocksBackward(
    _ first: ChunkPairs, _ second: ChunkPairs?, _ y: Rows, _ dy: Rows
  ) {
    let scratch = Rows(arena.allocate(block * stride), stride: stride)
    let carried = Rows(arena.allocate(shape.chunkLength * stride), stride: stride)  // y, then dy
    for index in 1..<blocks {
      let (row, rows) = rows(ofBlock: index)
      let previous = row - block
      if previous > 0 {
        Kernels.columnScale(
          previous, width, carried.values, stride: stride,
          by: factors.blockPrefix.from(row - 1).values)
      }
      Kernels.multiplyRows(
        block, width, y.from(previous), factors.blockSuffix.from(previous),
        into: carried.from(previous))
      addRows(first, carried, row, rows, scratch)
      if let second { addRows(second, carried, row, rows, scratch) }
    }
    for index in (1..<blocks).reversed() {
      let (row, rows) = rows(ofBlock: index)
      if index + 1 < blocks {
        Kernels.columnScale(
          row, width, carried.values, stride: stride,
          by: factors.blockPrefix.from(row + block - 1).values)
      }
      addColumns(first, carried, row, rows, scratch, beta: index + 1 < blocks ? 1 : 0)
      if let second { addColumns(second, carried, row, rows, scratch, beta: 1) }
      // The gradient of the block before this one is complete: only this block and later ones read it.
      let last = row - block
      Kernels.multiplyRows(
        block, width, carried.from(last), factors.blockSuffix.from(last), into: dy.from(last),
        accumulate: true)
    }
  }

  /// dx of a block of rows.
  private func addRows(
    _ pairs: ChunkPairs, _ y: Rows, _ row: Int, _ rows: Int, _ scratch: Rows
  ) {
    blockProduct(
      rows, row, width, Rows(pairs.p, stride: padded).from(row).operand, y.operand,
      into: scratch.values, stride: stride, beta: 0)
    Kernels.multiplyRows(
      rows, width, scratch, factors.blockPrefix.from(row), into: pairs.dx!.from(row),
      accumulate: true)
  }

  /// What a block of rows adds to the gradients of all rows before it.
  private func addColumns(
    _ pairs: ChunkPairs, _ dy: Rows, _ row: Int, _ rows: Int, _ scratch: Rows, beta: Float
  ) {
    Kernels.multiplyRows(
      rows, width, pairs.x.from(row), factors.blockPrefix.from(row), into: scratch)
    blockProduct(
      row, rows, width, Rows(pairs.p, stride: padded).from(row).transposedOperand,
      scratch.operand, into: dy.values, stride: stride, beta: beta)
  }
}
