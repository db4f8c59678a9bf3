import CKernels

/// An elementwise function.
public enum Activation: Int32, Sendable, CaseIterable {
  case sigmoid, tanh, relu
  /// log(1 + exp x).
  case softplus
  /// −log(1 + exp(−x)).
  case logSigmoid
  /// elu(x) + 1: x + 1 above 0, exp x below.
  case eluPlusOne
}

extension Kernels {
  /// y_rc = factor_c f(x_rc).
  public static func activation(
    _ function: Activation, _ rows: Int, _ columns: Int, _ x: Rows, factor: UnsafePointer<Float>,
    into y: Rows
  ) {
    recall_activation(
      function.rawValue, rows, columns, x.values, x.stride, factor, y.values, y.stride)
  }

  /// The gradient of x; adds to that of the factors.
  public static func activationBackward(
    _ function: Activation, _ rows: Int, _ columns: Int, _ x: Rows, factor: UnsafePointer<Float>,
    dy: Rows, dx: GradientRows, factorGradient: UnsafeMutablePointer<Float>? = nil
  ) {
    recall_activation_backward(
      function.rawValue, rows, columns, x.values, x.stride, factor, dy.values, dy.stride,
      dx.rows.values, dx.rows.stride, dx.accumulates ? 1 : 0, factorGradient)
  }

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
