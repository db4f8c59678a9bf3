import CKernels

/// Features whose product is 1 + s + s²/2, s = q · k.
extension Kernels {
  /// y = 1 + x + x²/2 on and below the diagonal, 0 above.
  @inline(__always)
  public static func taylorLower(
    _ length: Int, padded: Int, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>
  ) {
    checkSquare(length, padded: padded)
    recall_taylor_lower(length, padded, x, y)
  }

  /// dx = dy ⊙ (1 + x) on and below the diagonal, 0 above.
  @inline(__always)
  public static func taylorLowerBackward(
    _ length: Int, padded: Int, _ x: UnsafePointer<Float>, dy: UnsafePointer<Float>,
    into dx: UnsafeMutablePointer<Float>
  ) {
    checkSquare(length, padded: padded)
    recall_taylor_lower_backward(length, padded, x, dy, dx)
  }

  /// 1, x_a, x_a x_b with a ≤ b.
  public static func monomialCount(_ channels: Int) -> Int {
    1 + channels + channels * (channels + 1) / 2
  }

  /// y = (1, x_a, x_a x_b with a ≤ b), squares times `square`, then zeros to the end of the row.
  @inline(__always)
  public static func monomials(
    _ rows: Int, _ channels: Int, _ x: Rows, square: Float, into y: Rows
  ) {
    let count = monomialCount(channels)
    x.check(rows, channels)
    precondition(
      rows >= 0 && y.stride >= count, "\(rows) rows of \(count) monomials, \(y.stride) apart")
    let operands = recall_monomial_operands(
      rows: rows, channels: channels, x: x.operand, square: square)
    withUnsafePointer(to: operands) { recall_monomials($0, y.values, y.stride) }
  }

  /// Adds to the gradient of x.
  @inline(__always)
  public static func monomialsBackward(
    _ rows: Int, _ channels: Int, _ x: Rows, square: Float, dy: Rows, dx: Rows
  ) {
    checkRows(rows, channels, stride: min(x.stride, dx.stride))
    dy.check(rows, monomialCount(channels))
    let operands = recall_monomial_operands(
      rows: rows, channels: channels, x: x.operand, square: square)
    withUnsafePointer(to: operands) {
      recall_monomials_backward($0, dy.operand, dx.values, dx.stride)
    }
  }

  /// sums_i = Σ_{j ≤ i} x_ij.
  @inline(__always)
  public static func lowerSums(
    _ length: Int, padded: Int, _ x: UnsafePointer<Float>, into sums: UnsafeMutablePointer<Float>
  ) {
    checkSquare(length, padded: padded)
    recall_lower_sums(length, padded, x, sums)
  }
}
