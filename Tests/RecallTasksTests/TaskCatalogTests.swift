import Foundation
import RecallTasks
import Support
import Testing

/// Tasks of another package. Each test runs in its own process, because a process has one catalogue.
@Suite struct TaskCatalogTests {
  @Test func registeredTasksAreKnownByTheirName() async {
    await #expect(processExitsWith: .success) {
      TaskCatalog.register(LastToken.self)
      #expect(TaskCatalog.kinds == TaskCatalog.builtIn.map { $0.kind } + ["last_token"])
      let task = try TaskConfiguration(["kind": "last_token", "sequence_length": 5]).task
      #expect(task as? LastToken == LastToken(sequenceLength: 5))
      #expect(task.example(at: 3, seed: 0, split: .test).labels.last != ignoreIndex)
      let error = #expect(throws: SettingsError.self) { try TaskCatalog.task("last_tokn") }
      #expect(error?.allowed.contains("nearest is last_token") == true)
    }
  }

  @Test func threadsMayRegisterOneTaskTogether() async {
    await #expect(processExitsWith: .success) {
      DispatchQueue.concurrentPerform(iterations: 64) { _ in
        TaskCatalog.register(LastToken.self)
        _ = TaskCatalog.kinds
      }
      #expect(TaskCatalog.tasks.count == TaskCatalog.builtIn.count + 1)
    }
  }

  @Test func twoTasksOfOneNameTrap() async {
    await #expect(processExitsWith: .failure) {
      TaskCatalog.register(LastToken.self)
      TaskCatalog.register(SecondLastToken.self)
    }
  }
}

private struct LastToken: LastTokenTask { var sequenceLength = 4 }
private struct SecondLastToken: LastTokenTask { var sequenceLength = 4 }

/// The smallest task that there can be: the label of the last position is the token there.
private protocol LastTokenTask: RecallTask { var sequenceLength: Int { get set } }

extension LastTokenTask {
  static var kind: String { "last_token" }
  static var question: String { "is the last token seen?" }
  static var keys: [SettingKey<Self>] {
    [.integer("sequence_length", \.sequenceLength, 1...1024, "tokens of an example")]
  }

  var vocabularySize: Int { 8 }
  var difficulty: (name: String, value: Int) { ("sequence_length", sequenceLength) }
  var requiredBits: Double { 3 }
  var baseline: Baseline { Baseline("any token", accuracy: 1 / 8) }
  var answerTokens: Range<Int> { 0..<8 }

  func write(
    example index: Int, seed: UInt64, split: Split, inputs: UnsafeMutableBufferPointer<Int32>,
    labels: UnsafeMutableBufferPointer<Int32>
  ) {
    var random = stream(example: index, seed: seed, split: split)
    for position in inputs.indices { inputs[position] = Int32(random.below(8)) }
    labels.update(repeating: ignoreIndex)
    labels[sequenceLength - 1] = inputs[sequenceLength - 1]
  }

  func solve(
    inputs: UnsafeBufferPointer<Int32>, answers: UnsafeMutableBufferPointer<Answer>
  ) {
    for position in inputs.indices { answers[position] = Answer(at: position, of: inputs) }
  }
}
