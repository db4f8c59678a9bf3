import CKernels

/// Softmax down the columns of a row-major block s [rows, columns], rows `stride` floats apart.
extension Kernels {
  /// maximum_c ← max(maximum_c, max_r s_rc).
  @inline(__always)
  public static func columnMaximum(
    _ rows: Int, _ columns: Int, _ s: UnsafePointer<Float>, stride: Int,
    maximum: UnsafeMutablePointer<Float>
  ) {
    checkRows(rows, columns, stride: stride)
    recall_column_maximum(rows, columns, s, stride, maximum)
  }

  /// The same, and index_c ← first + the lowest row with the maximum, if some row is above the maximum so far.
  @inline(__always)
  public static func columnLargest(
    _ rows: Int, _ columns: Int, _ s: UnsafePointer<Float>, stride: Int, first: Int,
    maximum: UnsafeMutablePointer<Float>, index: UnsafeMutablePointer<Int32>
  ) {
    checkRows(rows, columns, stride: stride)
    recall_column_largest(rows, columns, s, stride, Int32(first), maximum, index)
  }

  /// s_rc ← exp(s_rc − maximum_c), 0 where that is below exp −87; sum_c ← sum_c + Σ_r s_rc.
  /// No s_rc exceeds maximum_c by more than rounding.
  @inline(__always)
  public static func columnExponential(
    _ rows: Int, _ columns: Int, _ s: UnsafeMutablePointer<Float>, stride: Int,
    maximum: UnsafePointer<Float>, sum: UnsafeMutablePointer<Float>
  ) {
    checkRows(rows, columns, stride: stride)
    recall_column_exponential(rows, columns, s, stride, maximum, sum)
  }

  /// s_rc ← s_rc · factor_c.
  @inline(__always)
  public static func columnScale(
    _ rows: Int, _ columns: Int, _ s: UnsafeMutablePointer<Float>, stride: Int,
    by factor: UnsafePointer<Float>
  ) {
    checkRows(rows, columns, stride: stride)
    recall_column_scale(rows, columns, s, stride, factor)
  }

  /// y [columns, rows] = factor · xᵀ, with x [rows, columns].
  @inline(__always)
  public static func transpose(
    _ rows: Int, _ columns: Int, _ x: UnsafePointer<Float>, stride: Int, factor: Float = 1,
    into y: UnsafeMutablePointer<Float>, stride yStride: Int
  ) {
    checkRows(rows, columns, stride: stride)
    checkRows(columns, rows, stride: yStride)
    recall_transpose(rows, columns, x, stride, factor, y, yStride)
  }
}
