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
    if case .orthogonal(let gain) = self {
      return fillOrthogonal(elements, columns: rowLength, gain: gain, from: &stream)
    }
    for index in elements.indices {
      elements[index] =
        switch self {
        case .numbers(let numbers): numbers[index]
        case .fractions: Float(Self.fraction(index, of: elements.count))
        case .filterPositions:
          Self.filterPosition(index, of: elements.count / rowLength, features: rowLength)
        default: Float(value(at: index % rowLength, from: &stream))
        }
    }
  }

  /// i / (n − 1), 0 of one element.
  private static func fraction(_ index: Int, of count: Int) -> Double {
    Double(index) / Double(max(1, count - 1))
  }

  private static func filterPosition(_ index: Int, of count: Int, features: Int) -> Float {
    let (position, feature) = index.quotientAndRemainder(dividingBy: features)
    guard feature > 0 else { return Float(fraction(position, of: count)) }
    let bands = (features - 1) / 2
    let band = (feature - 1) % bands
    // From the lowest frequency to bands − 1 in even steps.
    let frequency = 1e-4 + (Double(bands - 1) - 1e-4) * fraction(band, of: bands)
    let angle = frequency * 2 * Double.pi * Double(position) / Double(count)
    return Float(feature <= bands ? cos(angle) : -sin(angle))
  }

  private func value(at column: Int, from stream: inout RandomStream) -> Double {
    switch self {
    case .zeros: return 0
    case .ones: return 1
    case .normal(let std): return std * stream.normal()
    case .uniform(let bound): return bound * (2 * stream.uniform() - 1)
    case .uniformBetween(let low, let high): return low + (high - low) * stream.uniform()
    case .numbers, .fractions, .filterPositions, .orthogonal:
      preconditionFailure("\(self) has no numbers one by one")
    case .logarithmsOfRange: return log(Double(column + 1))
    case .logarithmOfUniform(let low, let high): return log(low + (high - low) * stream.uniform())
    case .inverseSoftplusOfDt(let low, let high, let floor):
      let dt = max(floor, exp(log(low) + (log(high) - log(low)) * stream.uniform()))
      return dt + log(-expm1(-dt))
    }
  }

  /// Gram and Schmidt's orthonormal vectors of normal ones.
  private func fillOrthogonal(
    _ elements: UnsafeMutableBufferPointer<Float>, columns: Int, gain: Double,
    from stream: inout RandomStream
  ) {
    let rows = elements.count / max(1, columns)
    let (count, width) = (min(rows, columns), max(rows, columns))
    var vectors: [[Double]] = []
    while vectors.count < count {
      var vector = (0..<width).map { _ in stream.normal() }
      // Twice, because rounding leaves a part of what is taken away.
      for other in vectors + vectors {
        let share = zip(vector, other).reduce(0) { $0 + $1.0 * $1.1 }
        for index in vector.indices { vector[index] -= share * other[index] }
      }
      let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
      vectors.append(vector.map { $0 / length })
    }
    for index in elements.indices {
      let (row, column) = index.quotientAndRemainder(dividingBy: columns)
      elements[index] = Float(
        gain * (rows < columns ? vectors[row][column] : vectors[column][row]))
    }
  }
}
