import RecallTasks
import Support
import Testing

@Suite struct InductionHeadsTests {
  private func task(_ vocabulary: Int, _ length: Int) -> InductionHeads {
    var task = InductionHeads()
    (task.vocabularySize, task.sequenceLength) = (vocabulary, length)
    return task
  }

  @Test func documentationDrawsExampleZero() throws { try checkDrawing(of: task(10, 16)) }

  @Test func examplesAreAsDefined() throws {
    try checkExamples { random in
      task(3 + random.below(40), 3 + random.below(300))
    } fault: { example, task, _ in
      let zeros = example.inputs.indices.filter { example.inputs[$0] == 0 }
      guard zeros.count == 2, zeros[1] == task.sequenceLength - 1, zeros[0] + 1 < zeros[1] else {
        return "0 is not where it belongs"
      }
      guard example.questions == [zeros[1]] else { return "not one question at the end" }
      return example.labels[zeros[1]] == example.inputs[zeros[0] + 1] ? nil : "a wrong label"
    }
  }

  @Test func nearMissesNameTheirKey() {
    checkNearMisses(
      [
        ("sequence_length", { $0.sequenceLength = 2 }), ("vocab_size", { $0.vocabularySize = 2 }),
        ("sequence_length", { $0.sequenceLength = .max }),
      ] as [(String, (inout InductionHeads) -> Void)])
  }

  /// The first position and the tokens are uniform.
  @Test func examplesAreUniform() throws {
    var exact: [[Int32]] = []
    for tokens in sequences(3, of: [1, 2, 3] as [Int32]) {
      for position in 0..<3 { exact.append(tokens[..<position] + [0] + tokens[position...] + [0]) }
    }
    try checkDistribution(of: task(4, 5), exact: uniform(exact)) { $0.inputs }
  }

  @Test func requiredInformationCountsAnswers() throws {
    try checkRequiredBits(of: task(6, 9)) { $0.labels.last }
  }

  @Test(arguments: [(16, 256), (3, 3), (5, 6), (30, 40)])
  func baselineIsAsStated(vocabulary: Int, length: Int) throws {
    try checkBaseline(of: task(vocabulary, length)) { example, _, _ in
      mode(example.inputs.filter { $0 != 0 })
    }
  }
}
