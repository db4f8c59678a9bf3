import Foundation
import RecallTasks
import Support
import Testing

@Suite struct QueriesFirstMQARTests {
  private func task(
    _ vocabulary: Int, _ length: Int, pairs: Int, power: Double = 0.01, filler: Bool = false
  ) -> QueriesFirstMQAR {
    var task = QueriesFirstMQAR()
    (task.vocabularySize, task.sequenceLength) = (vocabulary, length)
    (task.pairCount, task.power, task.randomFiller) = (pairs, power, filler)
    return task
  }

  @Test func documentationDrawsExampleZero() throws { try checkDrawing(of: task(20, 16, pairs: 3)) }

  @Test func examplesAreAsDefined() throws {
    try checkExamples { random in
      let pairs = 1 + random.below(20)
      return task(
        2 * (pairs + 2) + random.below(3) * random.below(100), 4 * pairs + 2 * random.below(30),
        pairs: pairs, power: [0.01, 1, 0, 2.5][random.below(4)], filler: random.below(2) == 0)
    } fault: { example, task, _ in
      let context = task.sequenceLength - 2 * task.pairCount
      guard example.questions.allSatisfy({ $0 < context }) else { return "a query in the context" }
      let half = Int32(task.vocabularySize / 2)
      guard example.inputs[..<context].allSatisfy({ $0 < half }) else {
        return "a value before the context"
      }
      return slotFault(of: example, task, pairs: task.pairCount)
    }
  }

  @Test func nearMissesNameTheirKey() {
    checkNearMisses(
      [
        ("sequence_length", { $0.sequenceLength = 65 }), ("vocab_size", { $0.vocabularySize = 3 }),
        ("n_pairs", { $0.pairCount = 0 }), ("n_pairs", { $0.pairCount = 17 }),
        ("n_pairs", { $0.vocabularySize = 33 }), ("power_a", { $0.power = -1 }),
        ("power_a", { $0.power = .nan }),
      ] as [(String, (inout QueriesFirstMQAR) -> Void)])
  }

  /// Slots follow MQAR's power law, counted backwards from the context; the first pair draws first.
  @Test func slotsCountBackwards() throws {
    // 4 slots of queries, 2 pairs.
    let task = task(20, 12, pairs: 2, power: 0.5)
    let weights = (1...4).map { pow(Double($0), -0.5) }
    let total = weights.reduce(0, +)
    var exact: [[Int]: Double] = [:]
    for first in 0..<4 {
      for second in 0..<4 where second != first {
        exact[[first, second]] =
          weights[first] / total * weights[second] / (total - weights[first])
      }
    }
    try checkDistribution(of: task, exact: exact) { example in
      example.pairs(12).suffix(2).map { pair in
        let position = example.questions.first { example.inputs[$0] == pair.key }!
        return (8 - position) / 2 - 1
      }
    }
  }

  @Test(arguments: [(128, 32, 8, 1.0), (12, 16, 4, 1), (4, 4, 1, 0.01)])
  func baselineAndCausalBestAreAsStated(
    vocabulary: Int, length: Int, pairs: Int, power: Double
  ) throws {
    let task = task(vocabulary, length, pairs: pairs, power: power)
    try checkBaseline(of: task) { example, _, random in
      example.pairs(length).suffix(pairs)[length / 2 - pairs + random.below(pairs)].value
    }
    checkCausalBest(of: task) { example, position, random in
      answerAmongNotShown(task, example, position, &random) { nil }
    }
    #expect(task.causalBest == 1 / Double(vocabulary - vocabulary / 2))
  }

  /// Near 0 the first pair is asked mostly close to the context: in reverse order.
  @Test(arguments: [(0.01, "values in reverse order"), (8, "values in the order shown")])
  func orderOfQueriesTellsAsInMQAR(power: Double, name: String) throws {
    let (length, pairs) = (32, 8)
    let task = task(64, length, pairs: pairs, power: power)
    #expect(task.baseline.accuracy > 1.2 / Double(pairs))
    var mqar = MQAR()
    (mqar.vocabularySize, mqar.sequenceLength) = (64, length)
    (mqar.pairCount, mqar.power) = (pairs, power)
    #expect(mqar.baseline.accuracy == task.baseline.accuracy)
    guard task.baseline.name == name else {
      return #expect(task.baseline.name.contains("position"))
    }
    try checkBaseline(of: task, examples: 8000, isMeasured: true) { example, position, _ in
      let rank = example.questions.firstIndex(of: position)!
      let pair = power < 1 ? pairs - 1 - rank : rank
      return example.inputs[length - 2 * pairs + 2 * pair + 1]
    }
  }

  @Test func requiredInformationCountsMaps() throws {
    let task = task(9, 8, pairs: 2)
    // 3 keys, 5 values: C(3, 2) · 5 · 4 = 60 maps.
    #expect(abs(task.requiredBits - log2(60)) < 1e-12)
    try checkRequiredBits(of: task) { example in
      Dictionary(uniqueKeysWithValues: example.pairs(8).suffix(2).map { ($0.key, $0.value) })
    }
  }
}
