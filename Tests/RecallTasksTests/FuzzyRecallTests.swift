import RecallTasks
import Support
import Testing

@Suite struct FuzzyRecallTests {
  private func task(_ vocabulary: Int, key: Int, value: Int, _ length: Int) -> FuzzyRecall {
    var task = FuzzyRecall()
    (task.vocabularySize, task.sequenceLength) = (vocabulary, length)
    (task.keyMotifSize, task.valueMotifSize) = (key, value)
    return task
  }

  @Test func documentationDrawsExampleZero() throws {
    try checkDrawing(of: task(6, key: 2, value: 2, 16))
  }

  /// Pairs of motifs with the position of the value.
  private func pairs(
    of example: Example, _ task: FuzzyRecall
  ) -> [(key: [Int32], value: [Int32], valueStart: Int)] {
    var pairs: [(key: [Int32], value: [Int32], valueStart: Int)] = []
    for (valueStart, token) in example.inputs.prefix(while: { $0 != 0 }).enumerated() {
      if task.answerTokens.contains(Int(token)) {
        pairs[pairs.count - 1].value.append(token)
      } else {
        if pairs.last?.value.isEmpty != true { pairs.append(([], [], 0)) }
        pairs[pairs.count - 1].key.append(token)
        pairs[pairs.count - 1].valueStart = valueStart + 1
      }
    }
    return pairs
  }

  @Test func examplesAreAsDefined() throws {
    try checkExamples { random in
      let vocabulary = 4 + random.below(24)
      let key = 1 + random.below(min(4, (vocabulary - 1) / 2))
      let value = 1 + random.below(min(4, vocabulary / 2))
      return task(vocabulary, key: key, value: value, 2 * (key + value) + random.below(100))
    } fault: { example, task, split in
      let pairs = pairs(of: example, task)
      var labels = example.labels.map { _ in ignoreIndex }
      var map: [[Int32]: [Int32]] = [:]
      for (key, value, valueStart) in pairs {
        guard Set(key).count == key.count, Set(value).count == value.count else {
          return "a token twice in a motif"
        }
        guard (1...task.keyMotifSize).contains(key.count),
          (1...task.valueMotifSize).contains(value.count),
          split == .train || key.count == task.keyMotifSize
        else { return "a wrong length" }
        guard map[key] ?? value == value else { return "a changed value" }
        if map[key] != nil {
          for (offset, token) in value.enumerated() { labels[valueStart - 1 + offset] = token }
        }
        map[key] = value
      }
      let used = pairs.reduce(0) { $0 + $1.key.count + $1.value.count }
      guard example.inputs[used...].allSatisfy({ $0 == 0 }) else { return "tokens after padding" }
      guard labels == example.labels else { return "wrong labels" }
      let last = pairs[pairs.count - 1]
      guard pairs.dropLast().contains(where: { $0.key == last.key }) else {
        return "the last key is new"
      }
      // Pairs end only where one of full length did not fit.
      let shown = used - last.key.count - last.value.count
      guard example.inputs.count - shown < 2 * (task.keyMotifSize + task.valueMotifSize) else {
        return "room for another pair"
      }
      return nil
    }
  }

  @Test func nearMissesNameTheirKey() {
    checkNearMisses(
      [
        ("vocab_size", { $0.vocabularySize = 3 }), ("vocab_size", { $0.vocabularySize = .max }),
        ("k_motif_size", { $0.keyMotifSize = 0 }), ("k_motif_size", { $0.keyMotifSize = 8 }),
        ("v_motif_size", { $0.valueMotifSize = 0 }), ("v_motif_size", { $0.valueMotifSize = 9 }),
        ("sequence_length", { $0.sequenceLength = 11 }),
        ("sequence_length", { $0.sequenceLength = .min }),
      ] as [(String, (inout FuzzyRecall) -> Void)])
  }

  /// Lengths are uniform, and so are motifs of a length.
  @Test func motifsAreUniform() throws {
    let keys: [[Int32]: Double] = [[1]: 0.5 / 3, [2]: 0.5 / 3, [3]: 0.5 / 3]
    let longKeys = [[1, 2], [1, 3], [2, 1], [2, 3], [3, 1], [3, 2]] as [[Int32]]
    let exact = keys.merging(longKeys.map { ($0, 0.5 / 6) }) { $1 }
    let task = task(7, key: 2, value: 2, 16)
    try checkDistribution(of: task, exact: exact) { pairs(of: $0, task)[0].key }
    let values = [[4], [5], [6]] as [[Int32]]
    let longValues = longKeys.map { $0.map { $0 + 3 } }
    try checkDistribution(
      of: task,
      exact: Dictionary(uniqueKeysWithValues: values.map { ($0, 0.5 / 3) })
        .merging(longValues.map { ($0, 0.5 / 6) }) { $1 }
    ) { pairs(of: $0, task)[0].value }
  }

  /// 66, 99 and 63 maps, counted by hand; room for pairs is 6, 7 and 5 tokens.
  @Test(arguments: [(2, 1, 9), (1, 2, 10), (1, 2, 8)])
  func requiredInformationCountsMaps(key: Int, value: Int, length: Int) throws {
    let task = task(6, key: key, value: value, length)
    try checkRequiredBits(of: task, examples: 40_000) {
      Dictionary(pairs(of: $0, task).map { ($0.key, $0.value) }) { $1 }
    }
  }

  @Test(arguments: [(16, 3, 3, 128), (4, 1, 1, 4), (9, 2, 4, 30)])
  func baselineIsAsStated(vocabulary: Int, key: Int, value: Int, length: Int) throws {
    let task = task(vocabulary, key: key, value: value, length)
    try checkBaseline(of: task, examples: 4000, isMeasured: true) { example, position, _ in
      // The last value is begun, if the position is in one.
      var shown = pairs(of: example, task).filter { $0.valueStart <= position + 1 }
      let asked = shown.removeLast()
      let begun = Array(example.inputs[asked.valueStart..<max(asked.valueStart, position + 1)])
      let values = Dictionary(shown.map { ($0.key, $0.value) }) { $1 }.values
      let next = values.filter { $0.starts(with: begun) }.compactMap {
        $0.dropFirst(begun.count).first
      }
      return next.isEmpty
        ? task.answerTokens.map(Int32.init).first { !begun.contains($0) }! : mode(next)
    }
  }

  /// Where error reports say that the pair stands.
  @Test func aPairIsFoundAtItsLatestOccurrence() {
    let answers = task(6, key: 2, value: 2, 16)
      .solution(of: [1, 2, 5, 1, 2, 5, 1, 2, 5, 2, 5, 4, 2, 5, 4, 0])
    #expect(answers[4].source == 2 && answers[7].source == 5)
    #expect(answers[12].source == 10 && answers[13].source == 11)
  }

  @Test func lossOnAllTokensIsOfTrainingOnly() {
    var task = FuzzyRecall()
    let test = task.example(at: 0, seed: 0, split: .test)
    task.loss = .all
    #expect(task.example(at: 0, seed: 0, split: .test) == test)
    let example = task.example(at: 0, seed: 0, split: .train)
    let used = example.inputs.prefix { $0 != 0 }.count
    #expect(Array(example.labels[..<(used - 1)]) == Array(example.inputs[1..<used]))
    #expect(example.labels[(used - 1)...].allSatisfy { $0 == ignoreIndex })
  }
}
