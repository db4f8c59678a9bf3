import CKernels

/// Elementwise parts of causal attention.
extension Kernels {
  /// dp ← masked ⊙ dp − e ⊙ mean, on tiles [rows, columns] of one stride, with mean [columns].
  @inline(__always)
  public static func softmaxBackward(
    _ rows: Int, _ columns: Int, _ e: UnsafePointer<Float>, masked: UnsafePointer<Float>,
    dp: UnsafeMutablePointer<Float>, stride: Int, mean: UnsafePointer<Float>
  ) {
    checkRows(rows, columns, stride: stride)
    recall_softmax_backward(rows, columns, e, masked, dp, stride, mean)
  }

  /// g_rc = factor_r · dy_rc and dot_r = Σ_c g_rc · y_rc; dy, y, g [rows, columns], rows of g without gaps.
  @inline(__always)
  public static func rowScaleDot(
    _ rows: Int, _ columns: Int, _ dy: UnsafePointer<Float>, _ y: UnsafePointer<Float>, stride: Int,
    by factor: UnsafePointer<Float>, into g: UnsafeMutablePointer<Float>,
    dot: UnsafeMutablePointer<Float>
  ) {
    checkRows(rows, columns, stride: stride)
    recall_row_scale_dot(rows, columns, dy, y, stride, factor, g, dot)
  }
}
