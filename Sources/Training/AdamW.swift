import Autodiff
import Kernels

/// Adam with decoupled weight decay (Loshchilov and Hutter 2019), as PyTorch computes it.
package struct AdamW: Sendable {
  private let settings: TrainingSettings
  /// Ranges of the flat buffers, and whether weight decay applies to each.
  private let ranges: [(range: Range<Int>, isDecayed: Bool)]
  let firstMoment: ParameterBuffer
  let secondMoment: ParameterBuffer

  package init(_ settings: TrainingSettings, parameters: [Parameter], bufferCount: Int) {
    self.settings = settings
    let all = settings.decayedParameters == .all
    ranges =
      all && parameters.allSatisfy(\.isTrained)
      ? [(0..<bufferCount, true)]
      : parameters.enumerated().filter(\.element.isTrained).map { index, parameter in
        let end = index + 1 < parameters.count ? parameters[index + 1].offset : bufferCount
        return (parameter.offset..<end, all || parameter.isMatrix)
      }
    firstMoment = ParameterBuffer(count: bufferCount)
    secondMoment = ParameterBuffer(count: bufferCount)
  }

  /// One update; `step` counts from 1. Returns the gradient's global norm before clipping.
  @discardableResult
  package func update(
    _ values: ParameterBuffer, gradient: ParameterBuffer, step: Int, learningRate: Double
  ) -> Double {
    let norm = Kernels.sumOfSquares(gradient.count, gradient.values).squareRoot()
    let largest = settings.maximumGradientNorm
    var update = AdamWStep(
      rate: learningRate, beta1: settings.beta1, beta2: settings.beta2, epsilon: settings.epsilon,
      weightDecay: 0,
      correction1: 1 - power(settings.beta1, step), correction2: 1 - power(settings.beta2, step),
      gradientScale: largest > 0 && norm > largest ? largest / norm : 1)
    for (range, isDecayed) in ranges {
      let start = range.lowerBound
      update.weightDecay = isDecayed ? settings.weightDecay : 0
      Kernels.adamW(
        range.count, update, parameters: values.values + start,
        gradients: gradient.values + start, firstMoment: firstMoment.values + start,
        secondMoment: secondMoment.values + start)
    }
    return norm
  }
}

/// base^exponent by repeated squaring, which gives the same bits on every machine.
private func power(_ base: Double, _ exponent: Int) -> Double {
  var (result, square, rest) = (1.0, base, exponent)
  while rest > 0 {
    if rest & 1 == 1 { result *= square }
    square *= square
    rest >>= 1
  }
  return result
}
