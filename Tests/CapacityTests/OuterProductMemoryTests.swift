import Capacity
import Foundation
import Support
import Testing

@Suite struct OuterProductMemoryTests {
  /// Random keys, an outer product for each pair, the value with the largest score: the mean over memories
  /// lies within 4.5 of its own standard errors of the theory, which is exact for these keys.
  @Test(
    arguments: [
      (1, 2, 8), (1, 7, 8), (2, 5, 16), (4, 16, 128), (8, 32, 128), (3, 8, 8), (4, 12, 8),
      (4, 40, 8), (8, 64, 4), (16, 150, 6),
    ] as [(Int, Int, Int)])
  func monteCarlo(dimension: Int, pairs: Int, values: Int) {
    let memories = 3000
    var stream = RandomStream(3, UInt64(dimension), UInt64(pairs), UInt64(values))
    let shares = (0..<memories).map { _ in
      Self.accuracy(dimension, pairs, values, &stream)
    }
    let mean = shares.reduce(0, +) / Double(memories)
    let variance =
      shares.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(memories - 1)
    let error = (variance / Double(memories)).squareRoot()
    let expected = OuterProductMemory(keyDimension: dimension, values: values)
      .accuracy(pairs: pairs)
    #expect(abs(mean - expected) < 4.5 * error + 1e-6, "\(mean) for \(expected) ± \(error)")
  }

  /// The share of a memory's pairs that it answers right.
  private static func accuracy(
    _ dimension: Int, _ pairs: Int, _ values: Int, _ stream: inout RandomStream
  ) -> Double {
    let scale = 1 / Double(dimension).squareRoot()
    let keys = (0..<pairs).map { _ in (0..<dimension).map { _ in scale * stream.normal() } }
    // S [values, N]: the values' codes are unit vectors; pair i has value i mod M, as evenly as can be.
    var memory = [[Double]](repeating: [Double](repeating: 0, count: dimension), count: values)
    for (pair, key) in keys.enumerated() {
      for n in 0..<dimension { memory[pair % values][n] += key[n] }
    }
    let right = keys.indices.count { pair in
      let scores = memory.map { row in zip(row, keys[pair]).reduce(0) { $0 + $1.0 * $1.1 } }
      let own = scores[pair % values]
      return scores.indices.allSatisfy { $0 == pair % values || scores[$0] < own }
    }
    return Double(right) / Double(pairs)
  }

  /// One dimension: ρ = |z|, and E Φ(|z|)^(K − 1) = 2 (1 − 2^−K) / K.
  @Test(arguments: [2, 3, 10, 30])
  func oneDimension(pairs: Int) {
    let exact = 2 * (1 - exp2(-Double(pairs))) / Double(pairs)
    let theory = OuterProductMemory(keyDimension: 1, values: 64).accuracy(pairs: pairs)
    #expect(abs(theory - exact) < 1e-5)
  }

  /// With more dimensions at the same load the exact law comes to its limit.
  @Test(arguments: [(8.0, 4), (16.0, 8), (4.0, 2)] as [(Double, Int)])
  func limitOfManyDimensions(load: Double, values: Int) {
    let limit = OuterProductMemory.accuracy(load: load, values: values)
    let distances = [8, 32, 128, 512].map { dimension in
      abs(
        OuterProductMemory(keyDimension: dimension, values: values)
          .accuracy(pairs: Int(load) * dimension) - limit)
    }
    #expect(zip(distances, distances.dropFirst()).allSatisfy { $0 > $1 }, "\(distances)")
    #expect(distances.last! < 0.005, "\(distances)")
  }

  @Test func edgesAndOrder() {
    let memory = OuterProductMemory(keyDimension: 4, values: 64)
    #expect(abs(memory.accuracy(pairs: 1) - 1) < 1e-6)
    let byPairs = (1...64).map { memory.accuracy(pairs: $0) }
    #expect(zip(byPairs, byPairs.dropFirst()).allSatisfy { $0 > $1 })
    let byDimension = [1, 2, 4, 8, 16].map {
      OuterProductMemory(keyDimension: $0, values: 64).accuracy(pairs: 32)
    }
    #expect(zip(byDimension, byDimension.dropFirst()).allSatisfy { $0 < $1 })
    #expect(abs(OuterProductMemory.accuracy(load: 1e9, values: 8) - 1.0 / 8) < 1e-3)
  }
}
