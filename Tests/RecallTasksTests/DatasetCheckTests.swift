import Foundation
import RecallTasks
import Storage
import Support
import Testing

@Suite struct DatasetCheckTests {
  private func task() throws -> TaskConfiguration {
    try TaskConfiguration([
      "kind": "mqar", "sequence_length": 16, "n_pairs": 3, "vocab_size": 40,
    ])
  }

  /// Checks what `change` makes of a file of 5000 examples, more than one chunk's worth in all.
  private func check(
    _ change: (inout [Int32], inout [Int32], inout [String: String]) -> Void
  ) throws -> DatasetCheck {
    let folder = FileManager.default.temporaryDirectory
    let url = folder.appending(path: "\(UUID()).safetensors")
    defer { try? FileManager.default.removeItem(at: url) }
    let count = 20_000
    try DatasetWriter(try task(), seed: 3, split: .test).write(examples: count, to: url)
    let file = try SafetensorsFile(contentsOf: url)
    var inputs = try file.integers("inputs")
    var labels = try file.integers("labels")
    var metadata = file.metadata
    change(&inputs, &labels, &metadata)
    let writer = try SafetensorsWriter(
      to: url,
      tensors: ["inputs", "labels"].map { .init($0, .int32, [count, 16]) }, metadata: metadata)
    try writer.append(inputs, to: "inputs")
    try writer.append(labels, to: "labels")
    try writer.finish()
    return try DatasetCheck(DatasetFile(contentsOf: url), threads: 2)
  }

  @Test func whatTheTaskWroteIsGood() throws {
    let check = try check { _, _, _ in }
    #expect(check.isGood && check.isRegenerated)
    #expect(check.labels == 60_000)
    #expect(check.solved == 60_000)
    #expect(check.labelsOfAnExample == 3...3)
  }

  /// A label in range that is wrong, in the second chunk.
  @Test func wrongLabelsAreFound() throws {
    let check = try check { _, labels, _ in
      let element = labels[(16 * 19_000)...].firstIndex { $0 >= 0 }!
      labels[element] = labels[element] == 39 ? 38 : labels[element] + 1
    }
    #expect(!check.isGood)
    #expect(check.solved == 59_999)
    #expect(check.firstUnsolved == 19_000)
    #expect(check.firstDifferent == 19_000)
  }

  /// The solver does not look at filler, but the generator wrote other tokens.
  @Test func otherExamplesThanTheGeneratorsAreFound() throws {
    let check = try check { inputs, labels, _ in
      let element = (16 * 7 + 6..<16 * 8).first { labels[$0] < 0 }!
      inputs[element] = 1 + inputs[element]
      labels[16 * 9 + 1] = 0
    }
    #expect(!check.isGood)
    #expect(check.firstDifferent == 7)
    #expect(check.labelsOfAnExample == 3...4)
  }

  @Test func filesOfOthersAreCheckedAsFarAsTheyTell() throws {
    let anonymous = try check { _, _, metadata in metadata = [:] }
    #expect(anonymous.isGood && !anonymous.isRegenerated)
    #expect(anonymous.solved == nil)
    #expect(anonymous.labels == 60_000)
    let seedless = try check { _, _, metadata in metadata["seed"] = nil }
    #expect(seedless.isGood && !seedless.isRegenerated)
    #expect(seedless.solved == 60_000)
    #expect(seedless.hash == anonymous.hash)
  }

  /// With `loss: all` every next token is a label of training, but only some are questions.
  @Test(arguments: ["in_context_recall", "noisy_recall", "fuzzy_recall"])
  func nextTokensAreNotTheSolvers(kind: String) throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).safetensors")
    defer { try? FileManager.default.removeItem(at: url) }
    let task = try TaskConfiguration(["kind": .string(kind), "loss": "all"])
    try DatasetWriter(task, seed: 3, split: .train).write(examples: 100, to: url)
    let check = try DatasetCheck(DatasetFile(contentsOf: url))
    #expect(check.isGood && check.firstUnsolved == nil)
    let solved = try #require(check.solved)
    #expect(check.nextTokens > 0 && solved > 0 && solved + check.nextTokens == check.labels)
    // A label that is neither.
    let file = try SafetensorsFile(contentsOf: url)
    let (inputs, old) = (try file.integers("inputs"), try file.integers("labels"))
    var labels = old
    labels[0] = labels[0] == 1 ? 2 : 1
    let writer = try SafetensorsWriter(
      to: url,
      tensors: ["inputs", "labels"].map { .init($0, .int32, [100, task.task.sequenceLength]) },
      metadata: file.metadata)
    try writer.append(inputs, to: "inputs")
    try writer.append(labels, to: "labels")
    try writer.finish()
    let damaged = try DatasetCheck(DatasetFile(contentsOf: url))
    #expect(!damaged.isGood && damaged.firstUnsolved == 0 && damaged.firstDifferent == 0)
  }
}
