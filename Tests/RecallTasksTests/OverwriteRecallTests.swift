import Foundation
import RecallTasks
import Support
import Testing

@Suite struct OverwriteRecallTests {
  private func task(
    pairs: Int, updates: Int, length: Int? = nil, vocabulary: Int? = nil
  ) -> OverwriteRecall {
    var task = OverwriteRecall()
    (task.pairCount, task.updateCount) = (pairs, updates)
    task.sequenceLength = length ?? 4 * pairs + 2 * updates
    task.vocabularySize = vocabulary ?? task.sequenceLength + 1
    return task
  }

  private func context(_ task: OverwriteRecall) -> Int { 2 * (task.pairCount + task.updateCount) }

  @Test func documentationDrawsExampleZero() throws {
    try checkDrawing(of: task(pairs: 3, updates: 2, length: 18, vocabulary: 20))
  }

  @Test func examplesAreAsDefined() throws {
    try checkExamples { random in
      var task = task(pairs: 1 + random.below(20), updates: random.below(20))
      task.sequenceLength += 2 * random.below(30)
      task.vocabularySize = task.sequenceLength + 1 + random.below(2) * random.below(300)
      task.power = [0.01, 1, 0, 2.5][random.below(4)]
      task.randomFiller = random.below(2) == 0
      task.fillerAvoidsKeys = random.below(2) == 0
      return task
    } fault: { example, task, _ in
      let half = Int32(task.vocabularySize / 2)
      let pairs = example.pairs(context(task))
      var map: [Int32: Int32] = [:]
      for (pair, (key, value)) in pairs.enumerated() {
        guard 0 < key, key < half, half <= value else { return "a token out of range" }
        guard (map[key] == nil) == (pair < task.pairCount) else {
          return "keys are not as they were"
        }
        guard map[key] != value else { return "a binding that changes nothing" }
        map[key] = value
      }
      guard Set(pairs.prefix(task.pairCount).map(\.value)).count == task.pairCount else {
        return "first values repeat"
      }
      let questions = example.questions
      guard questions.allSatisfy({ $0 >= context(task) && $0 % 2 == 0 }),
        questions.map({ example.inputs[$0] }).sorted() == map.keys.sorted()
      else { return "not every key is asked once" }
      guard questions.allSatisfy({ map[example.inputs[$0]] == example.labels[$0] }) else {
        return "not the last value"
      }
      let filler = (context(task)..<task.sequenceLength).filter {
        example.labels[$0] == ignoreIndex
      }.map { example.inputs[$0] }
      if !task.randomFiller { return filler.allSatisfy { $0 == 0 } ? nil : "filler that is not 0" }
      return task.fillerAvoidsKeys && filler.contains { map[$0] != nil } ? "filler is a key" : nil
    }
  }

  @Test func nearMissesNameTheirKey() {
    checkNearMisses(
      [
        ("sequence_length", { $0.sequenceLength = 65 }),
        ("sequence_length", { $0.sequenceLength = 2 }), ("vocab_size", { $0.vocabularySize = 64 }),
        ("n_pairs", { $0.pairCount = 0 }), ("n_pairs", { $0.pairCount = 17 }),
        ("n_updates", { $0.updateCount = -1 }), ("n_updates", { $0.updateCount = 17 }),
        ("n_updates", { ($0.pairCount, $0.updateCount) = (16, 1) }), ("power_a", { $0.power = -1 }),
      ] as [(String, (inout OverwriteRecall) -> Void)])
  }

  /// Any key is bound again, each time, to any of the other values.
  @Test func updatesAreUniform() throws {
    // 2 keys, 7 values; key and difference to the old value modulo 7, twice.
    let one = [0, 1].flatMap { key in (1...6).map { [key, $0] } }
    try checkDistribution(
      of: task(pairs: 2, updates: 2, vocabulary: 13),
      exact: uniform(one.flatMap { first in one.map { first + $0 } })
    ) { example in
      let pairs = example.pairs(8)
      var map = example.map(4)
      return pairs.dropFirst(2).flatMap { key, value in
        let change = Int(value - (map[key] ?? 0) + 7) % 7
        map[key] = value
        return [key == pairs[0].key ? 0 : 1, change]
      }
    }
  }

  @Test(arguments: [(2, 0, 20_000), (2, 1, 20_000), (2, 2, 40_000), (3, 1, 400_000)])
  func requiredInformationCountsMaps(pairs: Int, updates: Int, examples: Int) throws {
    let task = task(pairs: pairs, updates: updates)
    try checkRequiredBits(of: task, examples: examples) { $0.map(context(task)) }
  }

  @Test(arguments: [(1, 0), (1, 3), (2, 0), (2, 1), (2, 4), (3, 2), (5, 9), (8, 4)])
  func baselineIsAsStated(pairs: Int, updates: Int) throws {
    var task = task(pairs: pairs, updates: updates)
    task.power = 1
    try checkBaseline(of: task, examples: 40_000) { example, _, _ in
      example.inputs[context(task) - 1]
    }
  }

  @Test func withManyUpdatesTheLastValueTellsMore() {
    #expect(task(pairs: 8, updates: 8).baseline.name == "the last value")
  }

  /// Some pairs are more probable in a query's slot than others. If none is probable enough, the last value is
  /// predicted.
  @Test(arguments: [(8, 1), (8, 4), (16, 2)])
  func withFewUpdatesTheQuerySlotTellsMore(pairs: Int, updates: Int) throws {
    let task = task(pairs: pairs, updates: updates, vocabulary: 1000)
    let slots = (task.sequenceLength - context(task)) / 2
    let likeliest = QuerySlotBaseline(pairs: pairs, slots: slots, power: task.power).likeliest
    let kept = pow(1 - 1 / Double(pairs), Double(updates))
    #expect(task.baseline.name == "the value most often asked for at that position")
    #expect(task.baseline.accuracy > 1.05 / Double(pairs))
    try checkBaseline(of: task, isMeasured: true) { example, position, _ in
      let likely = likeliest[(position - context(task)) / 2]
      return example.inputs[
        likely.probability * kept > 1 / Double(pairs) ? 2 * likely.pair + 1 : context(task) - 1]
    }
  }
}
