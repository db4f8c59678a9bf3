import RecallTasks
import Support
import Testing

@Suite struct SelectiveCopyingTests {
  private func task(_ vocabulary: Int, _ length: Int, tokens: Int) -> SelectiveCopying {
    var task = SelectiveCopying()
    (task.vocabularySize, task.sequenceLength, task.dataCount) = (vocabulary, length, tokens)
    return task
  }

  @Test func documentationDrawsExampleZero() throws {
    try checkDrawing(of: task(10, 16, tokens: 4))
  }

  @Test func examplesAreAsDefined() throws {
    try checkExamples { random in
      let tokens = 1 + random.below(30)
      return task(4 + random.below(40), 2 * tokens + 1 + random.below(100), tokens: tokens)
    } fault: { example, task, _ in
      let end = task.sequenceLength - task.dataCount - 1
      let data = example.inputs[..<end].filter { $0 != 0 }
      guard data.count == task.dataCount, data.allSatisfy({ $0 >= 2 }) else { return "wrong data" }
      guard example.inputs[end] == 1, example.inputs[(end + 1)...].allSatisfy({ $0 == 0 }) else {
        return "not COPY and blanks"
      }
      guard example.questions == Array(end + 1..<task.sequenceLength),
        Array(example.labels[(end + 1)...]) == data
      else { return "labels are not the data in order" }
      return nil
    }
  }

  @Test func nearMissesNameTheirKey() {
    checkNearMisses(
      [
        ("sequence_length", { $0.sequenceLength = 2 }), ("vocab_size", { $0.vocabularySize = 3 }),
        ("num_tokens_to_copy", { $0.dataCount = 0 }),
        ("num_tokens_to_copy", { $0.dataCount = 128 }),
      ] as [(String, (inout SelectiveCopying) -> Void)])
  }

  /// All sets of positions, and all data.
  @Test func positionsAndDataAreUniform() throws {
    var contexts: [[Int32]] = []
    for context in sequences(5, of: [0, 2, 3] as [Int32])
    where context.count(where: { $0 > 0 }) == 2 {
      contexts.append(context)
    }
    #expect(contexts.count == 40)
    try checkDistribution(of: task(4, 8, tokens: 2), exact: uniform(contexts)) {
      Array($0.inputs[..<5])
    }
  }

  @Test func requiredInformationCountsSequences() throws {
    try checkRequiredBits(of: task(5, 12, tokens: 4)) { Array($0.labels[8...]) }
  }

  @Test(arguments: [(16, 256, 16), (4, 3, 1), (4, 30, 6), (10, 30, 12)])
  func baselineIsAsStated(vocabulary: Int, length: Int, tokens: Int) throws {
    try checkBaseline(of: task(vocabulary, length, tokens: tokens)) { example, _, _ in
      mode(example.inputs.filter { $0 > 1 })
    }
  }
}
