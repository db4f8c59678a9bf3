import CKernels

/// What the decay of every key channel does within one chunk: five arrays [length, channels] of one stride.
public struct DecayFactors {
  /// Rows of a block, within which pairs of tokens are formed without matrix products.
  public static let blockRows = Int(RECALL_PAIR_ROWS)

  private(set) var operands: recall_decay
  private let capacity: Int

  /// `memory` holds 5 · capacity · stride floats.
  public init(_ memory: UnsafeMutablePointer<Float>, capacity: Int, channels: Int, stride: Int) {
    checkRows(capacity, channels, stride: stride)
    self.capacity = capacity
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
    precondition(length <= capacity, "decay of \(length) rows in memory for \(capacity)")
    g.check(length, operands.channels)
    operands.length = length
    withUnsafePointer(to: &operands) { recall_decay_factors($0, g.values, g.stride) }
  }
}

/// The last step of the backward pass, to queries, keys and log-decays: see `recall_recurrence_gradients`.
public typealias RecurrenceGradients = recall_recurrence_gradients

extension Rows {
  /// The rows from `row` on.
  @inline(__always)
  public func from(_ row: Int) -> Rows { Rows(values + row * stride, stride: stride) }
}

extension Kernels {
  /// mask_ij = exp(g_{j+1} + … + g_i) on and below the diagonal, 0 above; prefix_i = exp(g_0 + … + g_i).
  @inline(__always)
  public static func decayMask(
    _ length: Int, padded: Int, _ g: UnsafePointer<Float>, stride: Int,
    prefix: UnsafeMutablePointer<Float>, into mask: UnsafeMutablePointer<Float>
  ) {
    checkSquare(length, padded: padded)
    // 0: every step has the same.
    precondition(stride >= 0, "log-decays \(stride) apart")
    recall_decay_mask(length, padded, g, stride, prefix, mask)
  }

  /// y = x ⊙ mask (1 without one) below the diagonal, and on it unless `strict`; 0 above.
  @inline(__always)
  public static func multiplyLower(
    _ length: Int, padded: Int, mask: UnsafePointer<Float>?, strict: Bool,
    _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>
  ) {
    checkSquare(length, padded: padded)
    recall_multiply_lower(length, padded, mask, strict ? 1 : 0, x, y)
  }

  /// p_ij = Σ_c x_ic y_jc exp(g_{j+1,c} + … + g_ic) for at most 16 rows, with step = exp g, yᵀ [channels, 16] and
  /// p [rows, 16].
  @inline(__always)
  public static func decayedPairs(
    _ rows: Int, _ channels: Int, _ x: Rows, step: Rows, transposed y: Rows, strict: Bool,
    into p: Rows
  ) {
    checkPairs(rows, channels, x, step)
    y.check(channels, DecayFactors.blockRows)
    p.check(rows, DecayFactors.blockRows)
    let pairs = recall_pair_operands(
      rows: rows, channels: channels, x: x.operand, step: step.operand, y: y.operand)
    withUnsafePointer(to: pairs) {
      recall_decayed_pairs($0, strict ? 1 : 0, p.values, p.stride)
    }
  }

  /// Adds to the gradients of x and y what comes from pairs below the diagonal.
  @inline(__always)
  public static func decayedPairsBackward(
    _ rows: Int, _ channels: Int, _ x: Rows, step: Rows, _ y: Rows, dp: Rows, dx: Rows, dy: Rows
  ) {
    checkPairs(rows, channels, x, step)
    checkRows(rows, channels, stride: min(y.stride, dx.stride, dy.stride))
    dp.check(rows, rows)
    let pairs = recall_pair_operands(
      rows: rows, channels: channels, x: x.operand, step: step.operand, y: y.operand)
    let gradients = recall_pair_gradients(
      dp: dp.operand, dx: dx.values, dy: dy.values, dx_stride: dx.stride, dy_stride: dy.stride)
    withUnsafePointer(to: pairs) { pairs in
      withUnsafePointer(to: gradients) { recall_decayed_pairs_backward(pairs, $0) }
    }
  }

  @inline(__always)
  private static func checkPairs(_ rows: Int, _ channels: Int, _ x: Rows, _ step: Rows) {
    precondition(
      rows <= DecayFactors.blockRows, "pairs of \(rows) rows, not \(DecayFactors.blockRows)")
    checkRows(rows, channels, stride: min(x.stride, step.stride))
  }

  @inline(__always)
  public static func recurrenceBackward(_ gradient: RecurrenceGradients) {
    checkRows(
      gradient.length, gradient.channels,
      stride: min(
        gradient.q_stride, gradient.k_stride, gradient.from_stride, gradient.q_gradient_stride,
        gradient.k_gradient_stride))
    if gradient.g_gradient != nil {
      checkRows(
        gradient.length, gradient.per_head != 0 ? 1 : gradient.channels, stride: gradient.g_stride)
    }
    withUnsafePointer(to: gradient) { recall_recurrence_backward($0) }
  }

  /// y = a ⊙ b, or y += a ⊙ b; an operand of stride 0 is one row for all.
  @inline(__always)
  public static func multiplyRows(
    _ rows: Int, _ columns: Int, _ a: Rows, _ b: Rows, into y: Rows, accumulate: Bool = false
  ) {
    a.checkOperand(rows, columns)
    b.checkOperand(rows, columns)
    y.check(rows, columns)
    recall_multiply_rows(
      rows, columns, a.operand, b.operand, GradientRows(y, accumulates: accumulate).target)
  }

  /// out_r = Σ_c x_rc y_rc, or out_r += …; an operand of stride 0 is one row for all.
  @inline(__always)
  public static func rowDots(
    _ rows: Int, _ columns: Int, _ x: Rows, _ y: Rows, into out: UnsafeMutablePointer<Float>,
    stride: Int = 1, accumulate: Bool = false
  ) {
    x.checkOperand(rows, columns)
    y.checkOperand(rows, columns)
    let out = Rows(out, stride: stride)
    out.check(rows, 1)
    recall_row_dots(
      rows, columns, x.operand, y.operand, GradientRows(out, accumulates: accumulate).target)
  }

  /// x ← (1 − l)⁻¹ x, with l [rows, rows] read below its diagonal.
  @inline(__always)
  public static func solveLower(_ rows: Int, _ columns: Int, _ l: Rows, _ x: Rows) {
    l.check(rows, rows)
    x.check(rows, columns)
    recall_solve_lower(rows, columns, l.operand, x.values, x.stride)
  }

  /// x ← (1 − lᵀ)⁻¹ x.
  @inline(__always)
  public static func solveLowerTransposed(_ rows: Int, _ columns: Int, _ l: Rows, _ x: Rows) {
    l.check(rows, rows)
    x.check(rows, columns)
    recall_solve_lower_transposed(rows, columns, l.operand, x.values, x.stride)
  }
}
