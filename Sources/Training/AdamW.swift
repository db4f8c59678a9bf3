import Autodiff
import Kernels

/// Adam with decoupled weight decay (Loshchilov and Hutter 2019), as PyTorch computes it.
package struct AdamW: Sendable {
  private let settings: TrainingSettings
  /// Stretches of the flat buffers that decay, or do not.
  private let runs: [(range: Range<Int>, decays: Bool)]
  let firstMoment: ParameterBuffer
  let secondMoment: ParameterBuffer

  package init(_ settings: TrainingSettings, parameters: [Parameter], bufferCount: Int) {
    self.settings = settings
    runs =
      settings.decays == .all
      ? [(0..<bufferCount, true)]
      : parameters.enumerated().map { index, parameter in
        let end = index + 1 < parameters.count ? parameters[index + 1].offset : bufferCount
        return (parameter.offset..<end, parameter.isMatrix)
      }
    firstMoment = ParameterBuffer(count: bufferCount)
    secondMoment = ParameterBuffer(count: bufferCount)
  }

  /// One update; `step` counts from 1. Returns the gradient's global norm before clipping.
  @discardableResult
  package func update(
    _ values: ParameterBuffer, gradient: ParameterBuffer, step: Int, rate: Double
  ) -> Double {
    let norm = Kernels.sumOfSquares(gradient.count, gradient.values).squareRoot()
    let scale = settings.clip > 0 && norm > settings.clip ? settings.clip / norm : 1
    var update = AdamWStep(
      rate: rate, beta1: settings.beta1, beta2: settings.beta2, epsilon: settings.epsilon, decay: 0,
      correction1: 1 - power(settings.beta1, step), correction2: 1 - power(settings.beta2, step),
      gradientScale: scale)
    for run in runs {
      let start = run.range.lowerBound
      update.decay = run.decays ? settings.weightDecay : 0
      Kernels.adamW(
        run.range.count, update, parameters: values.values + start,
        gradients: gradient.values + start, firstMoment: firstMoment.values + start,
        secondMoment: secondMoment.values + start)
    }
    return norm
  }
}

/// base to a whole power, by squaring: the same bits on every machine.
func power(_ base: Double, _ exponent: Int) -> Double {
  var (result, square, rest) = (1.0, base, exponent)
  while rest > 0 {
    if rest & 1 == 1 { result *= square }
    square *= square
    rest >>= 1
  }
  return result
}
