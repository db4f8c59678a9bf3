import Foundation
import RecallTasks
import Support
import Testing

@Suite struct CombinatoricsTests {
  /// Against all sequences of draws.
  @Test(arguments: [(1, 4), (5, 1), (2, 2), (4, 3), (7, 3), (5, 6)])
  func largestCountIsAsEnumerated(draws: Int, boxes: Int) {
    let all = sequences(draws, of: Array(0..<boxes))
    let sum = all.reduce(0) { total, sequence in
      total + (0..<boxes).map { box in sequence.count { $0 == box } }.max()!
    }
    let expected = Double(sum) / Double(all.count)
    #expect(abs(expectedMaximumLoad(draws: draws, boxes: boxes) - expected) < 1e-10)
  }

  /// Against simulation, where there is neither enumeration nor a closed form.
  @Test(arguments: [(16, 26), (100, 14), (64, 300), (2000, 10)])
  func largestCountIsAsSimulated(draws: Int, boxes: Int) {
    var (random, mean) = (RandomStream(31), Mean())
    for _ in 0..<4000 {
      var counts = [Int](repeating: 0, count: boxes)
      for _ in 0..<draws { counts[random.below(boxes)] += 1 }
      mean.add(Double(counts.max()!))
    }
    let stated = expectedMaximumLoad(draws: draws, boxes: boxes)
    #expect(abs(mean.value - stated) < 4 * mean.error)
  }

  /// Two boxes: n/2 plus the mean deviation of a binomial, which has a closed form (de Moivre). From 2048 draws
  /// on it is the normal limit.
  @Test(arguments: [(100, 1e-6), (1000, 1e-6), (2046, 1e-6), (2048, 0.01), (16_382, 0.01)])
  func largestCountOfManyDraws(draws: Int, error: Double) {
    let half = draws / 2
    let bits = log2Binomial(draws, half) - Double(draws)
    let expected = Double(draws) / 2 * (1 + exp2(bits))
    #expect(abs(expectedMaximumLoad(draws: draws, boxes: 2) - expected) < error)
  }

  /// Where the normal limit begins it continues the sum.
  @Test(arguments: [3, 14, 100, 1000])
  func largestCountsAreContinuous(boxes: Int) {
    let counts = (1023...1025).map { expectedMaximumLoad(draws: $0 * boxes, boxes: boxes) }
    #expect(abs(counts[2] - 2 * counts[1] + counts[0]) < 2e-5 * counts[1])
  }

  @Test(arguments: [2, 10, 26, 5000])
  func interpolatedLargestCounts(boxes: Int) {
    var counts = MaximumLoadShares(boxes: boxes)
    for draws in [1, 2, 7, 32, 33, 35, 63, 65, 71, 100, 1000, 1023, 4095, 20_001, 1 << 20] {
      let exact = expectedMaximumLoad(draws: draws, boxes: boxes) / Double(draws)
      #expect(abs(counts.share(draws: draws) - exact) < exact / 4000, "\(draws)")
    }
  }

  /// Above the exact sum's limit, and just below it, where both can be computed.
  @Test(arguments: [(1000, 9), (1000, 200), (500, 400), (300, 100_000), (700, 700)])
  func meansOverDistinctCounts(draws: Int, boxes: Int) {
    let exact = log2DistinctCountProbabilities(draws: draws, boxes: boxes).enumerated().dropFirst()
      .reduce(0) { $0 + exp2($1.element) / Double($1.offset) }
    let close = meanOverDistinctCounts(draws: draws, boxes: boxes) { 1 / Double($0) }
    #expect(abs(close - exact) < 2e-3 * exact)
    let least = max(1, min(draws, boxes) - 3)
    let tail = log2DistinctCountProbabilities(draws: draws, boxes: boxes, atLeast: least)
    for (a, b) in zip(
      tail[least...], log2DistinctCountProbabilities(draws: draws, boxes: boxes)[least...])
    {
      #expect(a == b)
    }
  }

  @Test func meansOverVeryManyDistinctCounts() {
    #expect(meanOverDistinctCounts(draws: 1 << 20, boxes: 9) { Double($0) } == 9)
    let seen = meanOverDistinctCounts(draws: 3000, boxes: 5000) { Double($0) }
    #expect(abs(seen - 5000 * (1 - pow(0.9998, 3000))) < 0.51)
  }

  @Test(arguments: [(1, 1), (4, 3), (5, 6), (6, 2)])
  func distinctCountsAreAsEnumerated(draws: Int, boxes: Int) {
    let all = sequences(draws, of: Array(0..<boxes))
    for (distinct, bits) in log2DistinctCountProbabilities(draws: draws, boxes: boxes).enumerated()
    {
      let share = Double(all.count { Set($0).count == distinct }) / Double(all.count)
      #expect(abs(exp2(bits) - share) < 1e-12)
    }
  }

  @Test func mapsAreCounted() {
    #expect(abs(log2PartialMapCount(keys: 3, values: 2, atMost: 9) - log2(26)) < 1e-12)
    #expect(abs(log2PartialMapCount(keys: 3, values: 2, atMost: 2) - log2(18)) < 1e-12)
    #expect(abs(log2Permutations(5, 3) - log2(60)) < 1e-12)
    #expect(abs(log2Binomial(10, 4) - log2(210)) < 1e-12)
    #expect(log2Sum([-.infinity, -.infinity]) == -.infinity)
    #expect(abs(log2Sum([2000, 2000, -.infinity]) - 2001) < 1e-12)
    // One key of one value each: fewer pairs leave more choices.
    #expect(abs(log2LargestMapCount(keys: 4, pairs: 4) { _ in 0 } - log2(6)) < 1e-12)
  }
}
