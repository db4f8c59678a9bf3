import CKernels

/// Norm(h + residual) over rows of `channels`: LayerNorm with a bias, RMSNorm without.
public struct ResidualNorm {
  public let rows: Int, channels: Int
  public let weight: UnsafePointer<Float>
  /// With it the mean is subtracted.
  public let bias: UnsafePointer<Float>?
  public let epsilon: Float
  /// h + residual; h itself where there is no residual.
  public let sum: Rows
  /// (mean, 1 / standard deviation) of each row, written by the forward pass.
  public let statistics: UnsafeMutablePointer<Float>

  public init(
    rows: Int, channels: Int, weight: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    epsilon: Float, sum: Rows, statistics: UnsafeMutablePointer<Float>
  ) {
    (self.rows, self.channels, self.weight, self.bias) = (rows, channels, weight, bias)
    (self.epsilon, self.sum, self.statistics) = (epsilon, sum, statistics)
  }
}

/// RMSNorm per group of `width` channels of v = y ⊙ SiLU(z).
public struct GatedNorm {
  public let rows: Int, groups: Int, width: Int
  public let y: Rows, z: Rows
  public let weight: UnsafePointer<Float>
  public let epsilon: Float
  /// 1 / root mean square of each group [rows, groups], written by the forward pass.
  public let reciprocalRoots: UnsafeMutablePointer<Float>

  public init(
    rows: Int, groups: Int, width: Int, y: Rows, z: Rows, weight: UnsafePointer<Float>,
    epsilon: Float, reciprocalRoots: UnsafeMutablePointer<Float>
  ) {
    (self.rows, self.groups, self.width, self.y, self.z) = (rows, groups, width, y, z)
    (self.weight, self.epsilon, self.reciprocalRoots) = (weight, epsilon, reciprocalRoots)
  }
}

extension Kernels {
  /// sum = h + residual, normed = (sum − mean) / deviation ⊙ weight + bias, in one pass over each row.
  public static func residualNorm(
    _ norm: ResidualNorm, h: Rows, residual: Rows?, into normed: Rows
  ) {
    recall_residual_norm(
      norm.rows, norm.channels, h.values, h.stride, residual?.values, residual?.stride ?? 0,
      norm.weight, norm.bias, norm.epsilon, norm.sum.values, norm.sum.stride, normed.values,
      normed.stride, norm.statistics)
  }

  /// The gradient of the sum, for h and for the residual; `outside` is what it gets from other consumers.
  /// Adds to the gradients of weight and bias (nil exactly if the norm has none). `scratch`: [channels].
  public static func residualNormBackward(
    _ norm: ResidualNorm, gradient: Rows, outside: Rows?, scratch: UnsafeMutablePointer<Float>,
    weightGradient: UnsafeMutablePointer<Float>, biasGradient: UnsafeMutablePointer<Float>?,
    h: GradientRows, residual: GradientRows?
  ) {
    recall_residual_norm_backward(
      norm.rows, norm.channels, norm.sum.values, norm.sum.stride, norm.statistics, norm.weight,
      gradient.values, gradient.stride, outside?.values, outside?.stride ?? 0, scratch,
      weightGradient, biasGradient, h.rows.values, h.rows.stride, h.accumulates ? 1 : 0,
      residual?.rows.values, residual?.rows.stride ?? 0, residual?.accumulates == true ? 1 : 0)
  }

  /// out = v / rms(v) ⊙ weight, v = y ⊙ SiLU(z).
  public static func gatedNorm(_ norm: GatedNorm, into out: Rows) {
    recall_gated_norm(
      norm.rows, norm.groups, norm.width, norm.y.values, norm.y.stride, norm.z.values,
      norm.z.stride, norm.weight, norm.epsilon, out.values, out.stride, norm.reciprocalRoots)
  }

  /// Adds to the gradient of weight. `scratch`: [4 · width].
  public static func gatedNormBackward(
    _ norm: GatedNorm, gradient: Rows, scratch: UnsafeMutablePointer<Float>,
    weightGradient: UnsafeMutablePointer<Float>, y: GradientRows, z: GradientRows
  ) {
    recall_gated_norm_backward(
      norm.rows, norm.groups, norm.width, norm.y.values, norm.y.stride, norm.z.values,
      norm.z.stride, norm.weight, norm.reciprocalRoots, gradient.values, gradient.stride, scratch,
      weightGradient, y.rows.values, y.rows.stride, y.accumulates ? 1 : 0, z.rows.values,
      z.rows.stride, z.accumulates ? 1 : 0)
  }
}
