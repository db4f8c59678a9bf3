import Kernels

/// The parameters of a norm over channels: LayerNorm (Ba et al. 2016), or without a bias RMSNorm (Zhang and
/// Sennrich 2019).
public struct Normalization: Sendable {
  /// [channels]
  public let weight: Parameter
  /// [channels]
  public let bias: Parameter?
  /// Added to the variance.
  public let epsilon: Float

  public init(weight: Parameter, bias: Parameter? = nil, epsilon: Float = 1e-5) {
    self.weight = weight
    self.bias = bias
    self.epsilon = epsilon
  }
}

extension Tape {
  /// Returns r′ = residual + h (h itself without a residual) and Norm(r′), all [batch, length, channels].
  ///
  /// LayerNorm: (r′ − mean r′) / √(var r′ + ε) ⊙ weight + bias. RMSNorm: r′ / √(mean r′² + ε) ⊙ weight.
  /// If `keepsResidual` is false, as in the last norm of a model, r′ must not be used afterwards.
  public func residualNorm(
    _ h: Tensor, residual: Tensor?, _ norm: Normalization, keepsResidual: Bool = true
  ) -> (residual: Tensor, normed: Tensor) {
    let channels = h.channels
    precondition(
      norm.weight.count == channels && (norm.bias?.count ?? channels) == channels,
      "norm of \(channels) channels by \(norm.weight.count) weights")
    precondition(
      residual.map { $0.channels == channels && $0.rows == h.rows && $0.slot != h.slot } ?? true,
      "a residual must be another tensor of the same shape")
    let sum = residual == nil ? h : tensor(batch: h.batch, length: h.length, channels: channels)
    let normed = tensor(batch: h.batch, length: h.length, channels: channels)
    let start = arena.mark
    let kernel = ResidualNorm(
      rows: h.rows, channels: channels, weight: values(of: norm.weight),
      bias: norm.bias.map { values(of: $0) }, epsilon: norm.epsilon, sum: sum.valueRows,
      statistics: arena.allocate(2 * h.rows))
    Kernels.residualNorm(
      kernel, h: h.valueRows, residual: residual?.valueRows, into: normed.valueRows)
    if !differentiates { arena.release(to: start) }

    record(
      ResidualNormBackward(
        h: h, residual: residual, norm: norm, keepsResidual: keepsResidual, kernel: kernel,
        sum: sum, result: normed))
    return (sum, normed)
  }
}

private struct ResidualNormBackward: RecordedOperation {
  let h: Tensor, residual: Tensor?
  let norm: Normalization
  let keepsResidual: Bool
  let kernel: ResidualNorm
  let sum: Tensor
  let result: Tensor

  /// normed = x̂ w + b, x̂ = (r′ − mean) ρ  →  dr′ += ρ (g − mean g − x̂ mean(g x̂)), g = dnormed w;
  /// r′ = residual + h                    →  dresidual = dh = dr′.
  /// Without a residual r′ is h, and the gradients of its other consumers are already in the gradient of h.
  func backward(on tape: Tape) {
    let hasOutside = residual != nil && keepsResidual && tape.hasGradient(sum)
    tape.arena.withScratch {
      Kernels.residualNormBackward(
        kernel, gradient: result.gradientRows, outside: hasOutside ? sum.gradientRows : nil,
        scratch: tape.arena.allocate(h.channels), weightGradient: tape.gradient(of: norm.weight),
        biasGradient: norm.bias.map { tape.gradient(of: $0) }, h: tape.gradientRows(of: h),
        residual: residual.map { tape.gradientRows(of: $0) })
    }
  }
}

extension TokenStep {
  /// LayerNorm (x − mean x) / √(var x + ε) ⊙ weight + bias, or without a bias RMSNorm
  /// x / √(mean x² + ε) ⊙ weight; all [channels].
  public static func norm(
    _ x: [Double], weight: [Double], bias: [Double]? = nil, epsilon: Double = 1e-5
  ) -> [Double] {
    let mean = bias == nil ? 0 : x.reduce(0, +) / Double(x.count)
    let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count)
    let scale = 1 / (variance + epsilon).squareRoot()
    return x.indices.map { (x[$0] - mean) * scale * weight[$0] + (bias?[$0] ?? 0) }
  }
}
