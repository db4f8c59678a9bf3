import CKernels

/// Features whose product is 1 + s + s²/2, s = q · k.
extension Kernels {
  /// y = 1 + x + x²/2 on and below the diagonal, 0 above.
  @inline(__always)
  public static func taylorLower(
    _ length: Int, padded: Int, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>
  ) { recall_taylor_lower(length, padded, x, y) }

  /// dx = dy ⊙ (1 + x) on and below the diagonal, 0 above.
  @inline(__always)
  public static func taylorLowerBackward(
    _ length: Int, padded: Int, _ x: UnsafePointer<Float>, dy: UnsafePointer<Float>,
    into dx: UnsafeMutablePointer<Float>
  ) { recall_taylor_lower_backward(length, padded, x, dy, dx) }

  /// 1, x_a, x_a x_b with a ≤ b.
  public static func monomialCount(_ channels: Int) -> Int {
    1 + channels + channels * (channels + 1) / 2
  }

  /// y = (1, x_a, x_a x_b with a ≤ b), squares times `square`, then zeros to the end of the row.
  @inline(__always)
  public static func monomials(
    _ rows: Int, _ channels: Int, _ x: Rows, square: Float, into y: Rows
  ) { recall_monomials(rows, channels, x.values, x.stride, square, y.values, y.stride) }

  /// Adds to the gradient of x.
  @inline(__always)
  public static func monomialsBackward(
    _ rows: Int, _ channels: Int, _ x: Rows, square: Float, dy: Rows, dx: Rows
  ) {
    recall_monomials_backward(
      rows, channels, x.values, x.stride, square, dy.values, dy.stride, dx.values, dx.stride)
  }

  /// sums_i = Σ_{j ≤ i} x_ij.
  @inline(__always)
  public static func lowerSums(
    _ length: Int, padded: Int, _ x: UnsafePointer<Float>, into sums: UnsafeMutablePointer<Float>
  ) { recall_lower_sums(length, padded, x, sums) }
}
