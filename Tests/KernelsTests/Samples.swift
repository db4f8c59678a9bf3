import Support
import Testing

/// Normal numbers, with edge values in front: signed zeros, a denormal, large ones.
func samples(_ count: Int, seed: UInt64, edges: [Float] = []) -> [Float] {
  var stream = RandomStream(seed)
  var x = (0..<count).map { _ in Float(stream.normal()) }
  for (index, edge) in edges.enumerated() where index < count { x[index] = edge }
  return x
}

/// Edge values that are small, so that they do not hide errors of other elements in a comparison. Tests use large ones
/// separately.
let smallEdges: [Float] = [-0.0, 0, .leastNonzeroMagnitude, -.leastNormalMagnitude]

/// Sizes for every dimension that a kernel loops over: zero, one, around a vector's length, and many.
let awkwardCounts = [0, 1, 15, 16, 17, 1000]

/// Each of these sizes in each of two dimensions; the other dimension has a vector's length or one more.
let awkwardPairs = awkwardCounts.flatMap { [($0, 17), (16, $0)] }

/// The same in three dimensions.
let awkwardTriples = awkwardCounts.flatMap { [($0, 17, 16), (16, $0, 17), (17, 16, $0)] }

/// Traps nothing, records the first element further from its twin than `tolerance` of the largest magnitude, or of
/// `magnitude`, that of what was added up where it may cancel; what is no number must be none in both.
func expectTwins(
  _ actual: [Float], _ expected: [Float], _ what: String, tolerance: Float = 2e-6,
  magnitude: Float = 1e-3,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(actual.count == expected.count, "\(what)", sourceLocation: sourceLocation)
  let scale = max(magnitude, expected.filter(\.isFinite).map(abs).max() ?? 0)
  for (index, pair) in zip(actual, expected).enumerated()
  where pair.0 != pair.1 && !(abs(pair.0 - pair.1) <= tolerance * scale)
    && !(pair.0.isNaN && pair.1.isNaN)
  {
    Issue.record(
      "\(what)[\(index)]: \(pair.0), expected \(pair.1)", sourceLocation: sourceLocation)
    return
  }
}

/// Floats at a fixed address, for kernels that take many pointers.
final class FloatBuffer {
  let pointer: UnsafeMutablePointer<Float>
  let count: Int

  init(_ values: [Float]) {
    count = values.count
    pointer = .allocate(capacity: max(1, count))
    pointer.initialize(from: values, count: count)
  }

  deinit { pointer.deallocate() }

  var values: [Float] { Array(UnsafeBufferPointer(start: pointer, count: count)) }
}
