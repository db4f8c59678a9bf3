import Foundation
import Support

extension ParameterBuffer {
  /// Sets every parameter to its initial values for this seed.
  public func initialize(_ parameters: [Parameter], seed: UInt64) {
    for parameter in parameters {
      var stream = RandomStream(seed, RandomStream.number(of: parameter.name))
      parameter.initializer.fill(
        elements(of: parameter), rowLength: parameter.shape.last ?? 1, from: &stream)
    }
  }
}

extension Initializer {
  func fill(
    _ elements: UnsafeMutableBufferPointer<Float>, rowLength: Int, from stream: inout RandomStream
  ) {
    for index in elements.indices {
      elements[index] = Float(value(at: index % rowLength, from: &stream))
    }
  }

  private func value(at column: Int, from stream: inout RandomStream) -> Double {
    switch self {
    case .zeros: return 0
    case .ones: return 1
    case .normal(let std): return std * stream.normal()
    case .uniform(let bound): return bound * (2 * stream.uniform() - 1)
    case .logarithmsOfRange: return log(Double(column + 1))
    case .logarithmOfUniform(let low, let high): return log(low + (high - low) * stream.uniform())
    case .inverseSoftplusOfTimeStep(let low, let high, let floor):
      let dt = max(floor, exp(log(low) + (log(high) - log(low)) * stream.uniform()))
      return dt + log(-expm1(-dt))
    }
  }
}
