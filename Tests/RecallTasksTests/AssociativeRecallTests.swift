import RecallTasks
import Support
import Testing

@Suite struct AssociativeRecallTests {
  private func task(_ vocabulary: Int, _ length: Int, repeats: Bool = true) -> AssociativeRecall {
    var task = AssociativeRecall()
    (task.vocabularySize, task.sequenceLength, task.repeatKeys) = (vocabulary, length, repeats)
    return task
  }

  @Test func documentationDrawsExampleZero() throws { try checkDrawing(of: task(12, 12)) }

  @Test func examplesAreAsDefined() throws {
    try checkExamples { random in
      let repeats = random.below(2) == 0
      let vocabulary = 4 + random.below(60)
      let most = repeats ? 50 : vocabulary / 2 - 1
      return task(vocabulary, 4 + 2 * random.below(most), repeats: repeats)
    } fault: { example, task, _ in
      let half = Int32(task.vocabularySize / 2)
      let context = task.sequenceLength - 2
      let pairs = example.pairs(context)
      guard pairs.allSatisfy({ 0 < $0.key && $0.key < half && half <= $0.value }) else {
        return "a token out of range"
      }
      guard task.repeatKeys || Set(pairs.map(\.key)).count == pairs.count else {
        return "a key repeats"
      }
      guard example.inputs[context] == 0, example.questions == [context + 1] else {
        return "not one question after 0"
      }
      guard example.map(context)[example.inputs[context + 1]] == example.labels[context + 1] else {
        return "not the key's last value"
      }
      return nil
    }
  }

  @Test func nearMissesNameTheirKey() {
    checkNearMisses(
      [
        ("sequence_length", { $0.sequenceLength = 2 }),
        ("sequence_length", { $0.sequenceLength = 41 }),
        ("sequence_length", { $0.sequenceLength = .max }),
        ("vocab_size", { $0.vocabularySize = 3 }),
        ("vocab_size", { $0.vocabularySize = .max }),
        ("sequence_length", { ($0.repeatKeys, $0.sequenceLength) = (false, 22) }),
      ] as [(String, (inout AssociativeRecall) -> Void)])
  }

  /// Keys are uniform; any key shown is asked for.
  @Test func keysAreUniform() throws {
    var exact: [[Int32]: Double] = [:]
    for keys in sequences(4, of: [1, 2, 3] as [Int32]) {
      for asked in Set(keys) { exact[keys + [asked]] = 1 / 81 / Double(Set(keys).count) }
    }
    try checkDistribution(of: task(8, 10), exact: exact) {
      $0.pairs(10).map(\.key).dropLast() + [$0.inputs[9]]
    }
    let orders = sequences(3, of: [1, 2, 3] as [Int32]).filter { Set($0).count == 3 }
    try checkDistribution(
      of: task(8, 8, repeats: false),
      exact: uniform(orders.flatMap { order in order.map { order + [$0] } })
    ) { $0.pairs(6).map(\.key) + [$0.inputs[7]] }
  }

  @Test func requiredInformationCountsMaps() throws {
    // One of two keys, or both, to 3 values: 2 · 3 + 9 = 15; both without repetition: 9.
    try checkRequiredBits(of: task(6, 8)) { $0.map(6) }
    try checkRequiredBits(of: task(6, 6, repeats: false)) { $0.map(4) }
  }

  @Test(arguments: [
    (20, 40, true), (4, 6, true), (30, 8, true), (6, 30, true), (40, 20, false),
    (1200, 1200, true),
  ])
  func baselineIsAsStated(vocabulary: Int, length: Int, repeats: Bool) throws {
    let task = task(vocabulary, length, repeats: repeats)
    try checkBaseline(of: task) { example, _, _ in mode(Array(example.map(length - 2).values)) }
  }
}
