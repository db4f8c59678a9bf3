import CKernels

extension Kernels {
  /// y_rc = sin(frequency_c x_rc), accurate up to arguments of 10⁴.
  public static func sine(
    _ rows: Int, _ columns: Int, _ x: Rows, frequency: UnsafePointer<Float>, into y: Rows
  ) { recall_sine(rows, columns, x.values, x.stride, frequency, y.values, y.stride) }

  /// The gradient of x; adds to that of the frequencies.
  public static func sineBackward(
    _ rows: Int, _ columns: Int, _ x: Rows, frequency: UnsafePointer<Float>, dy: Rows,
    dx: GradientRows, frequencyGradient: UnsafeMutablePointer<Float>
  ) {
    recall_sine_backward(
      rows, columns, x.values, x.stride, frequency, dy.values, dy.stride, dx.rows.values,
      dx.rows.stride, dx.accumulates ? 1 : 0, frequencyGradient)
  }
}
