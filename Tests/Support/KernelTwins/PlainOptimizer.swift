import Kernels

extension Kernels {
  package static func plainAdamW(
    _ count: Int, _ step: AdamWStep, parameters: UnsafeMutablePointer<Float>,
    gradients: UnsafePointer<Float>, firstMoment: UnsafeMutablePointer<Float>,
    secondMoment: UnsafeMutablePointer<Float>
  ) {
    for i in 0..<count {
      let g = step.gradientScale * Double(gradients[i])
      let m = step.beta1 * Double(firstMoment[i]) + (1 - step.beta1) * g
      let v = step.beta2 * Double(secondMoment[i]) + (1 - step.beta2) * g * g
      let denominator = v.squareRoot() / step.correction2.squareRoot() + step.epsilon
      let shrunk = Double(parameters[i]) * (1 - step.rate * step.weightDecay)
      parameters[i] = Float(shrunk - step.rate / step.correction1 * m / denominator)
      firstMoment[i] = Float(m)
      secondMoment[i] = Float(v)
    }
  }

  /// Sixteen running totals, added at the end: the order that the C kernel keeps.
  package static func plainSumOfSquares(_ count: Int, _ x: UnsafePointer<Float>) -> Double {
    var totals = [Double](repeating: 0, count: 16)
    for i in 0..<count { totals[i % 16] += Double(x[i]) * Double(x[i]) }
    return totals.reduce(0, +)
  }
}
