import Kernels
import Support
import Testing

/// Rows at a fixed address, two floats longer than they need be.
struct Grid {
  let rows: Int, columns: Int
  let buffer: FloatBuffer
  var stride: Int { columns + 2 }
  var view: Rows { Rows(buffer.pointer, stride: stride) }

  init(_ rows: Int, _ columns: Int, _ values: [Double]) {
    (self.rows, self.columns) = (rows, columns)
    let stride = columns + 2
    var floats = [Float](repeating: .nan, count: rows * stride)
    for (index, value) in values.enumerated() {
      floats[index / columns * stride + index % columns] = Float(value)
    }
    buffer = FloatBuffer(floats)
  }

  init(_ rows: Int, _ columns: Int, repeating value: Double) {
    self.init(rows, columns, .init(repeating: value, count: rows * columns))
  }

  var values: [Double] {
    (0..<rows * columns).map { Double(buffer.pointer[$0 / columns * stride + $0 % columns]) }
  }
}

/// Numbers that floats hold exactly.
func doubles(_ count: Int, seed: UInt64, scale: Double = 1) -> [Double] {
  var stream = RandomStream(seed, UInt64(count))
  return (0..<count).map { _ in Double(Float(scale * stream.normal())) }
}

/// Records the first element further from the other than `tolerance` of the largest magnitude.
func expectNear(
  _ actual: [Double], _ expected: [Double], _ what: String, tolerance: Double = 1e-5,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(actual.count == expected.count, "\(what)", sourceLocation: sourceLocation)
  let scale = max(1e-2, expected.map(abs).max() ?? 0)
  for (index, pair) in zip(actual, expected).enumerated()
  where !(abs(pair.0 - pair.1) <= tolerance * scale) {
    Issue.record(
      "\(what)[\(index)]: \(pair.0), expected \(pair.1)", sourceLocation: sourceLocation)
    return
  }
}

/// Compares gradients with central differences of a plain twin: gradients[i] is Σ cotangent · ∂twin / ∂operands[i].
func expectGradients(
  _ gradients: [[Double]], _ operands: [[Double]], cotangent: [Double], _ what: String,
  tolerance: Double = 2e-5, sourceLocation: SourceLocation = #_sourceLocation,
  twin: ([[Double]]) -> [Double]
) {
  for (which, gradient) in gradients.enumerated() {
    let sample = operands[which].indices.filter { operands[which].count < 60 || $0 % 7 == 0 }
    let differences = sample.map { index in
      func objective(_ shift: Double) -> Double {
        var shifted = operands
        shifted[which][index] += shift
        return zip(twin(shifted), cotangent).reduce(0) { $0 + $1.0 * $1.1 }
      }
      return (objective(1e-5) - objective(-1e-5)) / 2e-5
    }
    expectNear(
      sample.map { gradient[$0] }, differences, "\(what), gradient \(which)",
      tolerance: tolerance, sourceLocation: sourceLocation)
  }
}
