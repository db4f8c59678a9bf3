import CKernels

/// What the decay of every key channel does within one chunk: five arrays [length, channels] of one stride.
public struct DecayFactors {
  /// Rows of a block, within which pairs of tokens are formed without matrix products.
  public static let blockRows = Int(RECALL_PAIR_ROWS)

  private(set) var operands: recall_decay

  /// `memory` holds 5 · capacity · stride floats.
  public init(_ memory: UnsafeMutablePointer<Float>, capacity: Int, channels: Int, stride: Int) {
    let size = capacity * stride
    operands = recall_decay(
      length: 0, channels: channels, stride: stride, step: memory, prefix: memory + size,
      suffix: memory + 2 * size, block_prefix: memory + 3 * size, block_suffix: memory + 4 * size)
  }

  /// exp g.
  public var step: Rows { Rows(operands.step, stride: operands.stride) }
  /// Product of the steps from the chunk's first row on, the row's own included.
  public var prefix: Rows { Rows(operands.prefix, stride: operands.stride) }
  /// Product of the steps after the row.
  public var suffix: Rows { Rows(operands.suffix, stride: operands.stride) }
  /// The same two within the row's block.
  public var blockPrefix: Rows { Rows(operands.block_prefix, stride: operands.stride) }
  public var blockSuffix: Rows { Rows(operands.block_suffix, stride: operands.stride) }

  /// From log-decays g ≤ 0 [length, channels].
  public mutating func fill(length: Int, from g: Rows) {
    operands.length = length
    withUnsafePointer(to: &operands) { recall_decay_factors($0, g.values, g.stride) }
  }
}

/// The last step of the backward pass, to queries, keys and log-decays: see `recall_recurrence_gradients`.
public typealias RecurrenceGradients = recall_recurrence_gradients

extension Rows {
  /// From this row on.
  @inline(__always)
  public func from(_ row: Int) -> Rows { Rows(values + row * stride, stride: stride) }
}

extension Kernels {
  /// mask_ij = exp(g_{j+1} + … + g_i) on and below the diagonal, 0 above; prefix_i = exp(g_0 + … + g_i).
  @inline(__always)
  public static func decayMask(
    _ length: Int, padded: Int, _ g: UnsafePointer<Float>, stride: Int,
    prefix: UnsafeMutablePointer<Float>, into mask: UnsafeMutablePointer<Float>
  ) { recall_decay_mask(length, padded, g, stride, prefix, mask) }

  /// y = x ⊙ mask (1 without one) below the diagonal, and on it unless `strict`; 0 above.
  @inline(__always)
  public static func multiplyLower(
    _ length: Int, padded: Int, mask: UnsafePointer<Float>?, strict: Bool,
    _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>
  ) { recall_multiply_lower(length, padded, mask, strict ? 1 : 0, x, y) }

  /// p_ij = Σ_c x_ic y_jc exp(g_{j+1,c} + … + g_ic) for at most 16 rows, with step = exp g and yᵀ [channels, 16].
  @inline(__always)
  public static func decayedPairs(
    _ rows: Int, _ channels: Int, _ x: Rows, step: Rows, transposed y: Rows, strict: Bool,
    into p: Rows
  ) {
    recall_decayed_pairs(
      rows, channels, x.values, x.stride, step.values, step.stride, y.values, y.stride,
      strict ? 1 : 0, p.values, p.stride)
  }

  /// Adds to the gradients of x and y what comes from pairs below the diagonal.
  @inline(__always)
  public static func decayedPairsBackward(
    _ rows: Int, _ channels: Int, _ x: Rows, step: Rows, _ y: Rows, dp: Rows, dx: Rows, dy: Rows
  ) {
    recall_decayed_pairs_backward(
      rows, channels, x.values, x.stride, step.values, step.stride, y.values, y.stride, dp.values,
      dp.stride, dx.values, dx.stride, dy.values, dy.stride)
  }

  @inline(__always)
  public static func recurrenceBackward(_ gradient: RecurrenceGradients) {
    withUnsafePointer(to: gradient) { recall_recurrence_backward($0) }
  }

  /// y = a ⊙ b, or y += a ⊙ b.
  @inline(__always)
  public static func multiplyRows(
    _ rows: Int, _ columns: Int, _ a: Rows, _ b: Rows, into y: Rows, accumulate: Bool = false
  ) {
    recall_multiply_rows(
      rows, columns, a.values, a.stride, b.values, b.stride, y.values, y.stride, accumulate ? 1 : 0)
  }

  /// out_r = Σ_c x_rc y_rc, or added to it.
  @inline(__always)
  public static func rowDots(
    _ rows: Int, _ columns: Int, _ x: Rows, _ y: Rows, into out: UnsafeMutablePointer<Float>,
    stride: Int = 1, accumulate: Bool = false
  ) {
    recall_row_dots(
      rows, columns, x.values, x.stride, y.values, y.stride, out, stride, accumulate ? 1 : 0)
  }

  /// x ← (1 − l)⁻¹ x, with l [rows, rows] read below its diagonal.
  @inline(__always)
  public static func solveLower(_ rows: Int, _ columns: Int, _ l: Rows, _ x: Rows) {
    recall_solve_lower(rows, columns, l.values, l.stride, x.values, x.stride)
  }

  /// x ← (1 − lᵀ)⁻¹ x.
  @inline(__always)
  public static func solveLowerTransposed(_ rows: Int, _ columns: Int, _ l: Rows, _ x: Rows) {
    recall_solve_lower_transposed(rows, columns, l.values, l.stride, x.values, x.stride)
  }
}
