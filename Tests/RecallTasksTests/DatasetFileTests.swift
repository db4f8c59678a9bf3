import Foundation
import RecallTasks
import Storage
import Support
import Testing

@Suite struct DatasetFileTests {
  private func withTemporaryFile<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let url = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).safetensors")
    defer { try? FileManager.default.removeItem(at: url) }
    return try body(url)
  }

  private func smallTask() throws -> TaskConfiguration {
    try TaskConfiguration(["kind": .string("mqar"), "n_pairs": .int(4), "vocab_size": .int(70)])
  }

  @Test func readsWhatIsWritten() throws {
    let configuration = try smallTask()
    try withTemporaryFile { url throws in
      // More than a chunk of 2^18 tokens.
      let writer = try DatasetWriter(configuration, seed: .max, split: .validation)
      try writer.write(examples: 5000, to: url)
      let file = try DatasetFile(contentsOf: url)
      #expect(file.exampleCount == 5000)
      #expect(file.sequenceLength == 64)
      #expect(file.configuration == configuration)
      #expect(file.seed == .max)
      #expect(file.split == .validation)
      #expect(file.chunks.count == 2)
      var hash = ContentHash()
      let examples = (0..<5000).map {
        configuration.task.example(at: $0, seed: .max, split: .validation)
      }
      for example in examples { hash.combine(example.inputs) }
      for example in examples { hash.combine(example.labels) }
      #expect(try file.contentHash() == hash)
      for index in [0, 4095, 4096, 4999] {
        let (inputs, labels) = try file.examples(index..<index + 1)
        #expect(inputs == examples[index].inputs)
        #expect(labels == examples[index].labels)
      }
    }
  }

  @Test func threadsChangeNoByte() throws {
    let writer = try DatasetWriter(try smallTask(), seed: 1, split: .train)
    let files = try [1, 2, 7].map { threads in
      try withTemporaryFile { url throws in
        var reported: [Int] = []
        try writer.write(examples: 9001, to: url, threads: threads) { reported.append($0) }
        #expect(reported == [4096, 8192, 9001])
        return try Data(contentsOf: url)
      }
    }
    #expect(files[0] == files[1] && files[0] == files[2])
  }

  @Test func interruptedWritingLeavesNothing() throws {
    struct Stop: Error {}
    let folder = FileManager.default.temporaryDirectory.appending(path: "\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let url = folder.appending(path: "a.safetensors")
    let writer = try DatasetWriter(try smallTask(), seed: 1, split: .train)
    #expect(throws: Stop.self) { try writer.write(examples: 9001, to: url) { _ in throw Stop() } }
    for examples in [0, -1, .max] {
      #expect(throws: SettingsError.self) { try writer.write(examples: examples, to: url) }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test func fnvIsAsPublished() {
    var hash = ContentHash()
    #expect(hash.description == "cbf29ce484222325")
    // The bytes of "foob".
    hash.combine([0x626F_6F66])
    #expect(hash.description == "dd120e790c2512af")
  }

  private func write(
    _ url: URL, _ tensors: [(String, [Int], [Int32])], metadata: [String: String] = [:]
  ) throws {
    let writer = try SafetensorsWriter(
      to: url, tensors: tensors.map { .init($0.0, .int32, $0.1) }, metadata: metadata)
    for (name, _, numbers) in tensors { try writer.append(numbers, to: name) }
    try writer.finish()
  }

  @Test func filesOfOthersNeedNoMetadata() throws {
    try withTemporaryFile { url throws in
      try write(url, [("inputs", [2, 1], [3, 4]), ("labels", [2, 1], [-100, 9])])
      let file = try DatasetFile(contentsOf: url)
      #expect(file.configuration == nil)
      #expect(try file.examples(0..<2).labels == [-100, 9])
    }
  }

  @Test(
    arguments: [
      ([1, 2], [-100, 0], [2, 1], [:], "labels: has shape [2, 1], not [1, 2] as inputs"),
      ([1, 2], [-100, -1], [1, 2], [:], "labels: -1 in example 0 at position 1 is not -100 or"),
      ([1, -2], [-100, 1], [1, 2], [:], "inputs: -2 in example 0 at position 1 is not a token"),
      ([1, 2], [1, 2], [1, 2], ["split": "dev"], "allowed: train, validation, test"),
      (
        [1, 2], [1, 2], [1, 2], ["task": "mqar", "generator_version": "9"], "9 is not known, only 1"
      ),
      (
        [1, 2], [1, 2], [1, 2], ["task": "mqar", "generator_version": "1", "parameters": "["],
        "metadata parameters: not JSON"
      ),
      (
        [1, 2], [1, 2], [1, 2],
        ["task": "mqar", "generator_version": "1", "parameters": #"{"n_pairs": 1, "n_pairs": 2}"#],
        "n_pairs"
      ),
      (
        [1, 2], [1, 2], [1, 2], ["task": "mqar", "generator_version": "1"], "the metadata's task 64"
      ),
    ] as [([Int32], [Int32], [Int], [String: String], String)])
  func faultsAreNamed(
    inputs: [Int32], labels: [Int32], labelShape: [Int], metadata: [String: String], says: String
  ) throws {
    try withTemporaryFile { url throws in
      try write(
        url, [("inputs", [1, 2], inputs), ("labels", labelShape, labels)], metadata: metadata)
      let error = #expect(throws: SafetensorsError.self) {
        let file = try DatasetFile(contentsOf: url)
        _ = try file.examples(0..<file.exampleCount)
      }
      #expect(error?.description.contains(says) == true, "\(error?.description ?? "none")")
    }
  }

  @Test func missingTensorsAreNamed() throws {
    try withTemporaryFile { url throws in
      try write(url, [("inputs", [1, 2], [1, 2])])
      let error = #expect(throws: SafetensorsError.self) { try DatasetFile(contentsOf: url) }
      #expect(error?.tensor == "labels")
      try write(url, [("inputs", [2], [1, 2]), ("labels", [2], [1, 2])])
      #expect(throws: SafetensorsError.self) { try DatasetFile(contentsOf: url) }
    }
  }

  @Test func tokensBeyondTheTasksVocabularyAreRefused() throws {
    let configuration = try smallTask()
    try withTemporaryFile { url throws in
      try DatasetWriter(configuration, seed: 0, split: .test).write(examples: 1, to: url)
      let metadata = try SafetensorsFile(contentsOf: url).metadata
      var inputs = [Int32](repeating: 0, count: 64)
      inputs[9] = 70
      try write(
        url,
        [("inputs", [1, 64], inputs), ("labels", [1, 64], Array(repeating: -100, count: 64))],
        metadata: metadata)
      let file = try DatasetFile(contentsOf: url)
      let error = #expect(throws: SafetensorsError.self) { try file.examples(0..<1) }
      #expect(error?.problem == "70 in example 0 at position 9 is not a token 0 to 69")
    }
  }
}
