import Foundation
import Kernels
import Support
import Testing

/// Singular values in Double by LAPACK.
@Suite struct SingularValuesTests {
  /// A matrix [rows, columns] with the singular values `values`, by random rotations on both sides.
  private func matrix(_ rows: Int, _ columns: Int, values: [Double], seed: UInt64) -> [Double] {
    var random = RandomStream(seed)
    var matrix = [Double](repeating: 0, count: rows * columns)
    for (index, value) in values.enumerated() { matrix[index * columns + index] = value }
    for _ in 0..<4 * max(rows, columns) {
      let angle = 2 * Double.pi * random.uniform()
      let (c, s) = (cos(angle), sin(angle))
      if rows > 1 {
        let first = random.below(rows)
        let second = (first + 1 + random.below(rows - 1)) % rows
        for column in 0..<columns {
          let (a, b) = (matrix[first * columns + column], matrix[second * columns + column])
          matrix[first * columns + column] = c * a - s * b
          matrix[second * columns + column] = s * a + c * b
        }
      }
      if columns > 1 {
        let first = random.below(columns)
        let second = (first + 1 + random.below(columns - 1)) % columns
        for row in 0..<rows {
          let (a, b) = (matrix[row * columns + first], matrix[row * columns + second])
          matrix[row * columns + first] = c * a - s * b
          matrix[row * columns + second] = s * a + c * b
        }
      }
    }
    return matrix
  }

  @Test(arguments: [(1, 1), (1, 7), (7, 1), (5, 5), (12, 30), (30, 12), (64, 64)])
  func thoseOfConstructedMatrices(rows: Int, columns: Int) throws {
    // From 1 down by a factor of 10 each, then zeros: the small ones need Double.
    let values = (0..<min(rows, columns)).map { $0 < 14 ? pow(10, -Double($0)) : 0 }
    let found = try #require(
      singularValues(
        of: matrix(rows, columns, values: values, seed: 3), rows: rows, columns: columns))
    #expect(found.count == values.count)
    for (a, b) in zip(found, values) { #expect(abs(a - b) < 1e-14, "\(a) \(b)") }
  }

  @Test func numbersThatAreNotFiniteHaveNone() {
    for bad in [Double.nan, .infinity, -.infinity] {
      #expect(singularValues(of: [1, 2, bad, 4], rows: 2, columns: 2) == nil)
    }
    #expect(singularValues(of: [], rows: 0, columns: 3) == [])
    #expect(singularValues(of: [0, 0, 0, 0], rows: 2, columns: 2) == [0, 0])
  }
}
