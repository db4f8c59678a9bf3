import CKernels

/// The numbers of one AdamW step (Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization").
public struct AdamWStep: Sendable {
  public var rate: Double
  public var beta1: Double
  public var beta2: Double
  public var epsilon: Double
  /// Decoupled weight decay: p shrinks by rate · weightDecay.
  public var weightDecay: Double
  /// 1 − beta1^t and 1 − beta2^t after t steps, this one included.
  public var correction1: Double
  public var correction2: Double
  /// Gradients are multiplied by this first: for clipping, or for averaging over gradient shards.
  public var gradientScale: Double

  public init(
    rate: Double, beta1: Double, beta2: Double, epsilon: Double, weightDecay: Double,
    correction1: Double, correction2: Double, gradientScale: Double = 1
  ) {
    (self.rate, self.beta1, self.beta2, self.epsilon) = (rate, beta1, beta2, epsilon)
    (self.weightDecay, self.correction1, self.correction2) = (weightDecay, correction1, correction2)
    self.gradientScale = gradientScale
  }
}

extension Kernels {
  /// PyTorch's AdamW: p −= rate·weightDecay·p; m = β₁m + (1−β₁)g; v = β₂v + (1−β₂)g²;
  /// p −= rate/c₁ · m / (√v/√c₂ + ε).
  public static func adamW(
    _ count: Int, _ step: AdamWStep, parameters: UnsafeMutablePointer<Float>,
    gradients: UnsafePointer<Float>, firstMoment: UnsafeMutablePointer<Float>,
    secondMoment: UnsafeMutablePointer<Float>
  ) {
    checkRows(1, count, stride: count)
    let adamw = recall_adamw(
      gradient_scale: Float(step.gradientScale), beta1: Float(step.beta1),
      one_minus_beta1: Float(1 - step.beta1), beta2: Float(step.beta2),
      one_minus_beta2: Float(1 - step.beta2),
      weight_decay_factor: Float(1 - step.rate * step.weightDecay),
      step: Float(step.rate / step.correction1),
      root_scale: Float(1 / step.correction2.squareRoot()), epsilon: Float(step.epsilon))
    withUnsafePointer(to: adamw) {
      recall_adamw($0, count, parameters, gradients, firstMoment, secondMoment)
    }
  }

  /// Σ xᵢ² in Double; the same to the bit with every instruction set.
  public static func sumOfSquares(_ count: Int, _ x: UnsafePointer<Float>) -> Double {
    checkRows(1, count, stride: count)
    return recall_sum_of_squares(count, x)
  }
}
