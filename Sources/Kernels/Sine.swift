import CKernels

extension Kernels {
  /// y_rc = sin(frequency_c x_rc), accurate up to arguments of 10⁴.
  public static func sine(
    _ rows: Int, _ columns: Int, _ x: Rows, frequency: UnsafePointer<Float>, into y: Rows
  ) {
    checkRows(rows, columns, stride: min(x.stride, y.stride))
    let operands = recall_sine_operands(
      rows: rows, columns: columns, x: x.operand, frequency: frequency)
    withUnsafePointer(to: operands) { recall_sine($0, y.values, y.stride) }
  }

  /// The gradient of x; adds to that of the frequencies.
  public static func sineBackward(
    _ rows: Int, _ columns: Int, _ x: Rows, frequency: UnsafePointer<Float>, dy: Rows,
    dx: GradientRows, frequencyGradient: UnsafeMutablePointer<Float>
  ) {
    checkRows(rows, columns, stride: min(x.stride, dy.stride, dx.rows.stride))
    let operands = recall_sine_operands(
      rows: rows, columns: columns, x: x.operand, frequency: frequency)
    withUnsafePointer(to: operands) {
      recall_sine_backward($0, dy.operand, dx.target, frequencyGradient)
    }
  }
}
