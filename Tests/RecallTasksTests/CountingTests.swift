import Foundation
import Randomness
import RecallTasks
import Testing

@Suite struct CountingTests {
  /// Against all sequences of draws.
  @Test(arguments: [(1, 4), (5, 1), (2, 2), (4, 3), (7, 3), (5, 6)])
  func largestCountIsAsEnumerated(draws: Int, boxes: Int) {
    let all = sequences(draws, of: Array(0..<boxes))
    let sum = all.reduce(0) { total, sequence in
      total + (0..<boxes).map { box in sequence.count { $0 == box } }.max()!
    }
    let expected = Double(sum) / Double(all.count)
    #expect(abs(expectedLargestCount(draws: draws, boxes: boxes) - expected) < 1e-10)
  }

  /// Two boxes: n/2 plus the mean deviation of a binomial, which has a closed form (de Moivre).
  /// Against simulation, where there is neither enumeration nor a closed form.
  @Test(arguments: [(16, 26), (100, 14), (64, 300), (2000, 10)])
  func largestCountIsAsSimulated(draws: Int, boxes: Int) {
    var (random, mean) = (RandomStream(31), Mean())
    for _ in 0..<4000 {
      var counts = [Int](repeating: 0, count: boxes)
      for _ in 0..<draws { counts[random.below(boxes)] += 1 }
      mean.add(Double(counts.max()!))
    }
    let stated = expectedLargestCount(draws: draws, boxes: boxes)
    #expect(abs(mean.value - stated) < 4 * mean.error)
  }

  @Test(arguments: [100, 1000, 16_382])
  func largestCountOfManyDraws(draws: Int) {
    let half = draws / 2
    let bits = log2Binomial(draws, half) - Double(draws)
    let expected = Double(draws) / 2 * (1 + exp2(bits))
    #expect(abs(expectedLargestCount(draws: draws, boxes: 2) - expected) < 1e-6)
  }

  @Test(arguments: [(1, 1), (4, 3), (5, 6), (6, 2)])
  func distinctCountsAreAsEnumerated(draws: Int, boxes: Int) {
    let all = sequences(draws, of: Array(0..<boxes))
    for (distinct, bits) in log2DistinctCounts(draws: draws, boxes: boxes).enumerated() {
      let share = Double(all.count { Set($0).count == distinct }) / Double(all.count)
      #expect(abs(exp2(bits) - share) < 1e-12)
    }
  }

  @Test func mapsAreCounted() {
    #expect(abs(log2PartialMaps(keys: 3, values: 2, atMost: 9) - log2(26)) < 1e-12)
    #expect(abs(log2PartialMaps(keys: 3, values: 2, atMost: 2) - log2(18)) < 1e-12)
    #expect(abs(log2Arrangements(5, 3) - log2(60)) < 1e-12)
    #expect(abs(log2Binomial(10, 4) - log2(210)) < 1e-12)
    #expect(log2Sum([-.infinity, -.infinity]) == -.infinity)
    #expect(abs(log2Sum([2000, 2000, -.infinity]) - 2001) < 1e-12)
    // One key of one value each: fewer pairs leave more choices.
    #expect(abs(log2MostMaps(keys: 4, pairs: 4) { _ in 0 } - log2(6)) < 1e-12)
  }
}
