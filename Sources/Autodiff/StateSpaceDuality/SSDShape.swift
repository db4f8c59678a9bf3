import Kernels

/// Sizes of one use of state-space duality, and of its saved and scratch blocks.
struct SSDShape {
  let batch: Int, length: Int
  let heads: Int, headDimension: Int
  let groups: Int, stateDimension: Int
  /// Steps per chunk; the last one may have fewer.
  let chunkLength: Int

  var chunks: Int { (length + chunkLength - 1) / chunkLength }
  func length(ofChunk chunk: Int) -> Int { min(chunkLength, length - chunk * chunkLength) }

  var headsPerGroup: Int { heads / groups }
  /// Channels of the heads that share B and C.
  var groupWidth: Int { headsPerGroup * headDimension }
  /// Row length of a chunk's square blocks and decay tables.
  var padded: Int { DecayTable.padded(chunkLength) }
  /// Floats of a square block [chunk, chunk].
  var square: Int { chunkLength * padded }
  /// Distance between rows of `groupWidth` floats.
  var widthStride: Int { Self.spread(groupWidth) }
  /// Floats of a group's state at one step, [state, widthStride]. The state of a head is stored transposed.
  var groupState: Int { stateDimension * widthStride }
  /// Floats of all states at one step.
  var state: Int { groups * groupState }
  /// Floats of all heads' decay tables of one chunk.
  var tables: Int { heads * DecayTable.size(padded: padded) }

  /// Distance between rows of `columns` floats: an odd number of cache lines. With a power of two, the lines of one
  /// column would share a few sets of the cache and evict each other.
  static func spread(_ columns: Int) -> Int { Kernels.wholeVectors(columns) | 16 }
}

/// What the forward pass saves for the backward pass, per example and chunk.
struct SSDSaved {
  let shape: SSDShape
  /// [chunk, head, 6, padded]
  private var tables: UnsafeMutablePointer<Float>
  /// C Bᵀ, [chunk, group, i, j]
  private var scores: UnsafeMutablePointer<Float>
  /// State at the chunk's start, [chunk, group, state, widthStride]; chunk 0 starts from zero and has none.
  private var states: UnsafeMutablePointer<Float>
  /// Number of chunks with memory of their own: all, or 1 if nothing is saved.
  private let slots: Int

  init(_ shape: SSDShape, examples: Int, savesAll: Bool, arena: Arena) {
    self.shape = shape
    slots = savesAll ? shape.chunks : 1
    tables = arena.allocate(examples * slots * shape.tables)
    scores = arena.allocate(examples * slots * shape.groups * shape.square)
    states = arena.allocate(examples * max(slots - 1, 1) * shape.state)
  }

  /// The part of one example.
  func of(_ example: Int) -> SSDSaved {
    var part = self
    part.tables += example * slots * shape.tables
    part.scores += example * slots * shape.groups * shape.square
    part.states += example * max(slots - 1, 1) * shape.state
    return part
  }

  func table(_ chunk: Int, head: Int) -> DecayTable {
    DecayTable(
      tables + chunk % slots * shape.tables + head * DecayTable.size(padded: shape.padded),
      length: shape.length(ofChunk: chunk), padded: shape.padded)
  }

  func scores(_ chunk: Int, group: Int) -> UnsafeMutablePointer<Float> {
    scores + (chunk % slots * shape.groups + group) * shape.square
  }

  /// The state at the start of a chunk ≥ 1. If nothing is saved, all chunks share the same memory.
  func state(_ chunk: Int, group: Int) -> UnsafeMutablePointer<Float> {
    let slot = slots > 1 ? chunk - 1 : 0
    return states + slot * shape.state + group * shape.groupState
  }
}

/// Products with a lower triangular matrix, in blocks of rows, so that little of its zero half is computed.
enum Triangular {
  private static let block = 16

  private static func forEachBlock(_ length: Int, _ body: (_ rows: Range<Int>) -> Void) {
    var start = 0
    while start < length {
      body(start..<min(start + block, length))
      start += block
    }
  }

  /// c [length, n] ← l b + beta c, with l [length, length] lower triangular, b [length, n].
  static func multiply(
    _ length: Int, _ n: Int, lower l: UnsafePointer<Float>, _ lStride: Int,
    _ b: UnsafePointer<Float>, _ bStride: Int, into c: UnsafeMutablePointer<Float>, _ cStride: Int,
    beta: Float
  ) {
    forEachBlock(length) { rows in
      blockProduct(
        rows.count, rows.upperBound, n,
        MatrixOperand(l + rows.lowerBound * lStride, stride: lStride),
        MatrixOperand(b, stride: bStride), into: c + rows.lowerBound * cStride, stride: cStride,
        beta: beta)
    }
  }

  /// c [length, n] ← lᵀ b + beta c, with l [length, length] lower triangular, b [length, n].
  static func multiplyTransposed(
    _ length: Int, _ n: Int, lower l: UnsafePointer<Float>, _ lStride: Int,
    _ b: UnsafePointer<Float>, _ bStride: Int, into c: UnsafeMutablePointer<Float>, _ cStride: Int,
    beta: Float
  ) {
    forEachBlock(length) { rows in
      let first = rows.lowerBound
      blockProduct(
        rows.count, length - first, n,
        MatrixOperand(l + first * lStride + first, stride: lStride, transposed: true),
        MatrixOperand(b + first * bStride, stride: bStride), into: c + first * cStride,
        stride: cStride, beta: beta)
    }
  }

  /// The lower half of c [length, length] ← a b, with a [length, k], b [k, length]. Above the diagonal c is undefined.
  static func lowerHalf(
    _ length: Int, _ k: Int, _ a: UnsafePointer<Float>, _ aStride: Int, _ b: UnsafePointer<Float>,
    _ bStride: Int, into c: UnsafeMutablePointer<Float>, _ cStride: Int
  ) {
    forEachBlock(length) { rows in
      blockProduct(
        rows.count, k, rows.upperBound,
        MatrixOperand(a + rows.lowerBound * aStride, stride: aStride),
        MatrixOperand(b, stride: bStride), into: c + rows.lowerBound * cStride, stride: cStride,
        beta: 0)
    }
  }

  /// x ← (1 − l)⁻¹ x with l [length, length] strictly lower triangular, x [length, n].
  static func solve(
    _ length: Int, _ n: Int, lower l: UnsafeMutablePointer<Float>, _ lStride: Int, _ x: Rows
  ) {
    let l = Rows(l, stride: lStride)
    forEachBlock(length) { rows in
      let first = rows.lowerBound
      if first > 0 {
        blockProduct(
          rows.count, first, n, l.from(first).operand, x.operand, into: x.from(first).values,
          stride: x.stride, beta: 1)
      }
      Kernels.solveLower(rows.count, n, l.block(first, column: first), x.from(first))
    }
  }

  /// x ← (1 − lᵀ)⁻¹ x.
  static func solveTransposed(
    _ length: Int, _ n: Int, lower l: UnsafeMutablePointer<Float>, _ lStride: Int, _ x: Rows
  ) {
    let l = Rows(l, stride: lStride)
    for first in stride(from: (length - 1) / block * block, through: 0, by: -block) {
      let last = min(first + block, length)
      if last < length {
        blockProduct(
          last - first, length - last, n, l.block(last, column: first).transposedOperand,
          x.from(last).operand, into: x.from(first).values, stride: x.stride, beta: 1)
      }
      Kernels.solveLowerTransposed(last - first, n, l.block(first, column: first), x.from(first))
    }
  }
}
