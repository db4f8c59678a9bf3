import Foundation
import RecallTasks
import Support
import Testing

/// What the slot of a query says about its pair.
@Suite struct QuerySlotBaselineTests {
  private func mqar(_ length: Int, _ pairs: Int, passes: Int = 1, power: Double) -> MQAR {
    var task = MQAR()
    (task.sequenceLength, task.pairCount, task.passes) = (length, pairs, passes)
    (task.vocabularySize, task.power) = (length + 1, power)
    return task
  }

  private func slots(_ task: MQAR) -> Int {
    (task.sequenceLength - 2 * task.pairCount * task.passes) / 2
  }

  /// The baseline is simulated: by the slot of each query, or by the order of queries if that is better.
  @Test(arguments: [
    (64, 16, 1, 0.01), (64, 5, 2, 0.01), (128, 8, 1, 0), (64, 16, 1, 2.5), (24, 6, 1, 0.5),
    (64, 16, 1, 8), (256, 64, 1, 0.01),
  ])
  func baselineIsAsStated(length: Int, pairs: Int, passes: Int, power: Double) throws {
    let task = mqar(length, pairs, passes: passes, power: power)
    let context = length - 2 * slots(task)
    let likeliest = QuerySlotBaseline(pairs: pairs, slots: slots(task), power: power).likeliest
    let isBySlot = task.baseline.name == "the value most often asked for at that position"
    #expect(task.baseline.accuracy > 1.05 / Double(pairs))
    try checkBaseline(of: task, examples: 8000, isMeasured: true) { example, position, _ in
      if isBySlot {
        let pair = likeliest[(position - context) / 2].pair
        return example.inputs[2 * pair + 1]
      }
      let number = example.questions.firstIndex(of: position)!
      return example.inputs[2 * (power < 1 ? number : pairs - 1 - number) + 1]
    }
  }

  /// A predictor that counts on examples which pair each slot asks for is not better: the rule is the best, up to
  /// noise.
  @Test(arguments: [(64, 16, 0.01), (64, 8, 0.01), (32, 8, 0), (64, 16, 2), (64, 16, 8)])
  func noTallyIsBetter(length: Int, pairs: Int, power: Double) {
    let task = mqar(length, pairs, power: power)
    let context = 2 * pairs
    func pairsAsked(seed: UInt64) -> [(slot: Int, query: Int, pair: Int)] {
      (0..<8000).flatMap { index in
        let example = task.example(at: index, seed: seed, split: .train)
        return example.questions.enumerated().map { query, position in
          let pair = (0..<pairs).first { example.inputs[2 * $0] == example.inputs[position] }!
          return ((position - context) / 2, query, pair)
        }
      }
    }
    let (first, second) = (pairsAsked(seed: 1), pairsAsked(seed: 2))
    for clue in [\(slot: Int, query: Int, pair: Int).slot, \.query] {
      var counts: [Int: [Int: Int]] = [:]
      for asked in first {
        counts[asked[keyPath: clue], default: [:]][asked.pair, default: 0] += 1
      }
      let map = counts.mapValues { $0.max { $0.value < $1.value }!.key }
      let right = second.count { map[$0[keyPath: clue]] == $0.pair }
      let share = Double(right) / Double(second.count)
      let error = (share / Double(second.count)).squareRoot()
      #expect(task.baseline.accuracy > share - 4 * error, "\(share)")
    }
  }

  /// The baseline is between the accuracy from the order of two pairs and that from the likelier pair of each slot.
  @Test(arguments: [0.01, 0, 0.7, 3])
  func twoPairsAreAsEnumerated(power: Double) {
    let weights = (1...6).map { pow(Double($0), power - 1) }
    let total = weights.reduce(0, +)
    var earlier = 0.0
    var bySlot = [[Double]](repeating: [0, 0], count: 6)
    for first in weights.indices {
      for second in weights.indices where first != second {
        let probability = weights[first] / total * weights[second] / (total - weights[first])
        if first < second { earlier += probability }
        bySlot[first][0] += probability
        bySlot[second][1] += probability
      }
    }
    let inOrder = power < 1 ? earlier : 1 - earlier
    let best = bySlot.reduce(0) { $0 + $1.max()! } / 2
    let stated = mqar(16, 2, power: power).baseline.accuracy
    let error = (0.25 / 16_384).squareRoot()
    #expect(stated > inOrder - 4 * error && stated < max(best, inOrder) + 4 * error)
    let likeliest = QuerySlotBaseline(pairs: 2, slots: 6, power: power).likeliest
    for (slot, exact) in bySlot.enumerated() where abs(exact[0] - exact[1]) > 0.05 {
      #expect(likeliest[slot].pair == (exact[0] > exact[1] ? 0 : 1))
      #expect(abs(likeliest[slot].probability - exact.max()! / exact.reduce(0, +)) < 0.15)
    }
  }

  @Test(arguments: [0, 0.01, 2, 16])
  func anyNumberOfSlotsHasABaseline(power: Double) {
    for (pairs, slots) in [(1, 1), (2, 2), (1, 5000), (16_384, 16_384), (300, 100_000)] {
      let likeliest = QuerySlotBaseline(pairs: pairs, slots: slots, power: power).likeliest
      #expect(likeliest.allSatisfy { $0.pair < pairs && (0...1).contains($0.probability) })
      let inOrder = zip(likeliest, likeliest.dropFirst()).allSatisfy {
        power < 1 ? $0.pair <= $1.pair : $0.pair >= $1.pair
      }
      #expect(inOrder)
    }
  }
}
