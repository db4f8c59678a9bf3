import CKernels

/// Norm(h + residual) over rows of `channels`: LayerNorm with a bias, RMSNorm without.
public struct ResidualNorm {
  public let rows: Int, channels: Int
  /// [channels]
  public let weight: UnsafePointer<Float>
  /// [channels]; nil for RMSNorm, which does not subtract the mean.
  public let bias: UnsafePointer<Float>?
  public let epsilon: Float
  /// h + residual [rows, channels]; h itself if there is no residual.
  public let sum: Rows
  /// (mean, 1 / standard deviation) of each row [rows, 2], written by the forward pass.
  public let statistics: UnsafeMutablePointer<Float>

  public init(
    rows: Int, channels: Int, weight: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    epsilon: Float, sum: Rows, statistics: UnsafeMutablePointer<Float>
  ) {
    sum.check(rows, channels)
    (self.rows, self.channels, self.weight, self.bias) = (rows, channels, weight, bias)
    (self.epsilon, self.sum, self.statistics) = (epsilon, sum, statistics)
  }

  fileprivate var operands: recall_residual_norm {
    recall_residual_norm(
      rows: rows, channels: channels, weight: weight, bias: bias, epsilon: epsilon,
      sum: sum.values, sum_stride: sum.stride, statistics: statistics)
  }
}

/// RMSNorm per group of `width` channels of v = y ⊙ SiLU(z).
public struct GatedNorm {
  public let rows: Int, groups: Int, width: Int
  /// [rows, groups · width]
  public let y: Rows, z: Rows
  /// [groups · width]
  public let weight: UnsafePointer<Float>
  public let epsilon: Float
  /// 1 / root mean square of each group [rows, groups], written by the forward pass.
  public let reciprocalRoots: UnsafeMutablePointer<Float>

  public init(
    rows: Int, groups: Int, width: Int, y: Rows, z: Rows, weight: UnsafePointer<Float>,
    epsilon: Float, reciprocalRoots: UnsafeMutablePointer<Float>
  ) {
    checkRows(rows, groups * width, stride: min(y.stride, z.stride))
    (self.rows, self.groups, self.width, self.y, self.z) = (rows, groups, width, y, z)
    (self.weight, self.epsilon, self.reciprocalRoots) = (weight, epsilon, reciprocalRoots)
  }

  fileprivate var operands: recall_gated_norm {
    recall_gated_norm(
      rows: rows, groups: groups, channels: width, y: y.operand, z: z.operand, weight: weight,
      epsilon: epsilon, rstds: reciprocalRoots)
  }
}

extension Kernels {
  private static var noRows: recall_rows { recall_rows(values: nil, stride: 0) }
  private static var noTarget: recall_target_rows {
    recall_target_rows(values: nil, stride: 0, adds: 0)
  }

  /// sum = h + residual, normed = (sum − mean) / std ⊙ weight + bias, in one pass over each row; all
  /// [rows, channels].
  public static func residualNorm(
    _ norm: ResidualNorm, h: Rows, residual: Rows?, into normed: Rows
  ) {
    checkRows(
      norm.rows, norm.channels,
      stride: min(h.stride, normed.stride, residual?.stride ?? normed.stride))
    withUnsafePointer(to: norm.operands) {
      recall_residual_norm(
        $0, h.operand, residual?.operand ?? noRows, normed.values, normed.stride)
    }
  }

  /// Computes the gradient of the sum, which is that of h and of the residual; `outside` is the sum's gradient from
  /// other consumers. Adds to the gradients of weight and bias (nil exactly if the norm has no bias).
  /// `scratch`: [channels].
  public static func residualNormBackward(
    _ norm: ResidualNorm, gradient: Rows, outside: Rows?, scratch: UnsafeMutablePointer<Float>,
    weightGradient: UnsafeMutablePointer<Float>, biasGradient: UnsafeMutablePointer<Float>?,
    h: GradientRows, residual: GradientRows?
  ) {
    precondition((norm.bias == nil) == (biasGradient == nil), "a bias without a gradient")
    checkRows(
      norm.rows, norm.channels,
      stride: min(
        gradient.stride, h.rows.stride, outside?.stride ?? .max, residual?.rows.stride ?? .max))
    let gradients = recall_residual_norm_gradients(
      dy: gradient.operand, outside: outside?.operand ?? noRows, ds: scratch,
      dweight: weightGradient, dbias: biasGradient, dh: h.target,
      dresidual: residual?.target ?? noTarget)
    withUnsafePointer(to: norm.operands) { operands in
      withUnsafePointer(to: gradients) { recall_residual_norm_backward(operands, $0) }
    }
  }

  /// out = v / rms(v) ⊙ weight, v = y ⊙ SiLU(z); out [rows, groups · width].
  public static func gatedNorm(_ norm: GatedNorm, into out: Rows) {
    out.check(norm.rows, norm.groups * norm.width)
    withUnsafePointer(to: norm.operands) { recall_gated_norm($0, out.values, out.stride) }
  }

  /// Computes the gradients of y and z, and adds to the gradient of weight. `scratch`: [4 · width].
  public static func gatedNormBackward(
    _ norm: GatedNorm, gradient: Rows, scratch: UnsafeMutablePointer<Float>,
    weightGradient: UnsafeMutablePointer<Float>, y: GradientRows, z: GradientRows
  ) {
    checkRows(
      norm.rows, norm.groups * norm.width,
      stride: min(gradient.stride, y.rows.stride, z.rows.stride))
    let gradients = recall_gated_norm_gradients(
      dout: gradient.operand, scratch: scratch, dweight: weightGradient, dy: y.target,
      dz: z.target)
    withUnsafePointer(to: norm.operands) { operands in
      withUnsafePointer(to: gradients) { recall_gated_norm_backward(operands, $0) }
    }
  }
}
