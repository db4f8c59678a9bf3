import RecallTasks
import Support
import Testing

@Suite struct MemorizationTests {
  private func task(_ vocabulary: Int, _ length: Int, map: Int = 0) -> Memorization {
    var task = Memorization()
    (task.vocabularySize, task.sequenceLength, task.mapSeed) = (vocabulary, length, map)
    return task
  }

  /// The map as examples show it.
  private func map(of task: Memorization, examples: Int, seed: UInt64, _ split: Split)
    -> [Int32: Int32]
  {
    var map: [Int32: Int32] = [:]
    for index in 0..<examples {
      let example = task.example(at: index, seed: seed, split: split)
      for position in example.questions {
        map[example.inputs[position - 1]] = example.labels[position]
      }
    }
    return map
  }

  @Test func documentationDrawsExampleZero() throws { try checkDrawing(of: task(20, 12)) }

  @Test func examplesAreAsDefined() throws {
    try checkExamples { random in
      task(6 + random.below(100), 2 + 2 * random.below(60), map: random.below(1000) - 500)
    } fault: { example, task, _ in
      let half = Int32(task.vocabularySize / 2)
      var map: [Int32: Int32] = [:]
      for (pair, (key, insert)) in example.pairs(task.sequenceLength).enumerated() {
        let value = example.labels[2 * pair + 1]
        guard 0 < key, key < half, half <= value, insert == 0 else { return "out of range" }
        guard example.labels[2 * pair] == ignoreIndex else { return "a key is labelled" }
        guard map[key] ?? value == value else { return "two values of a key" }
        map[key] = value
      }
      return Set(map.values).count == map.count ? nil : "a value of two keys"
    }
  }

  @Test func nearMissesNameTheirKey() {
    checkNearMisses(
      [
        ("sequence_length", { $0.sequenceLength = 0 }),
        ("sequence_length", { $0.sequenceLength = 33 }), ("vocab_size", { $0.vocabularySize = 5 }),
      ] as [(String, (inout Memorization) -> Void)])
  }

  @Test func splitsAndSeedsShareTheMap() {
    let first = map(of: task(20, 32), examples: 100, seed: 0, .train)
    #expect(first.count == 9)
    #expect(map(of: task(20, 32), examples: 100, seed: 7, .test) == first)
    #expect(map(of: task(20, 32, map: 1), examples: 100, seed: 0, .train) != first)
  }

  /// Over map seeds every map to distinct values is as likely; over examples, every key.
  @Test func mapsAndKeysAreUniform() throws {
    let maps = (0..<6000).map { map(of: task(6, 20, map: $0), examples: 4, seed: 0, .train) }
    let exact = sequences(2, of: [3, 4, 5] as [Int32]).filter { $0[0] != $0[1] }
      .map { [1: $0[0], 2: $0[1]] as [Int32: Int32] }
    checkDistribution(of: maps, exact: uniform(exact))
    try checkDistribution(
      of: task(8, 4), exact: uniform(sequences(2, of: [1, 2, 3] as [Int32]))
    ) { [$0.inputs[0], $0.inputs[2]] }
  }

  @Test func requiredInformationIsTheLastKey() throws {
    try checkRequiredBits(of: task(20, 4)) { $0.inputs[2] }
  }

  @Test(arguments: [(256, 32), (6, 2), (21, 10)])
  func baselineIsAsStated(vocabulary: Int, length: Int) throws {
    let task = task(vocabulary, length)
    let values = Array(map(of: task, examples: 2000, seed: 0, .train).values.sorted())
    try checkBaseline(of: task) { _, _, random in values[random.below(values.count)] }
  }
}
