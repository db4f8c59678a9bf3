import Foundation
import RecallTasks
import Support
import Testing

@Suite struct WeightedSlotDrawTests {
  /// The slots that MQAR's keys 0, 1 and 2 land in, against exact enumeration of successive draws.
  @Test(arguments: [0.01, 1, 2.5])
  func ordersAreAsProbableAsSuccessiveDraws(power: Double) {
    var task = MQAR()
    // S = (L − 2K) / 2 = 5 slots, K = 3 draws: 60 outcomes.
    (task.vocabularySize, task.sequenceLength, task.pairCount) = (64, 16, 3)
    task.power = power
    let exact = successiveDraws(3, of: (1...5).map { pow(Double($0), power - 1) })
    let examples = 60_000
    var counts: [[Int]: Int] = [:]
    for index in 0..<examples {
      let example = task.example(at: index, seed: 3, split: .train)
      let slots = [0, 2, 4].map { key in
        (0..<5).first { example.inputs[6 + 2 * $0] == example.inputs[key] } ?? -1
      }
      counts[slots, default: 0] += 1
    }
    #expect(exact.count == 60)
    #expect(abs(exact.values.reduce(0, +) - 1) < 1e-12)
    #expect(Set(counts.keys).isSubset(of: exact.keys))
    let chiSquare = exact.reduce(0) { sum, outcome in
      let expected = outcome.value * Double(examples)
      let seen = Double(counts[outcome.key] ?? 0)
      return sum + (seen - expected) * (seen - expected) / expected
    }
    // The 0.999 quantile of chi-square with 59 degrees of freedom. The seed is fixed: no flake.
    #expect(chiSquare < 98.3)
  }

  /// Probability of every ordered outcome of `count` draws without replacement by `weights`.
  private func successiveDraws(_ count: Int, of weights: [Double]) -> [[Int]: Double] {
    guard count > 0 else { return [[]: 1] }
    var outcomes: [[Int]: Double] = [:]
    for (prefix, probability) in successiveDraws(count - 1, of: weights) {
      let left = weights.indices.filter { !prefix.contains($0) }
      let total = left.reduce(0) { $0 + weights[$1] }
      for slot in left { outcomes[prefix + [slot]] = probability * weights[slot] / total }
    }
    return outcomes
  }
}
