import FileMutations
import Foundation
import RecallTasks
import Results
import Storage
import Support
import Testing

/// Thousands of damaged files are read, or refused with an error that says why. None crashes the program, takes long,
/// or gives a number that is not in the file.
@Suite struct FuzzTests {
  private static let trials = 3000

  /// Calls `body` with every damaged file; counts those that it refuses.
  private func fuzz(
    seed: UInt64, _ files: [Data], _ body: (_ url: URL, _ bytes: [UInt8]) throws -> Void
  ) throws -> Int {
    let folder = FileManager.default.temporaryDirectory.appending(path: "fuzz-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var mutation = TensorFileMutation(seed: seed, files: files)
    var refused = 0
    let clock = ContinuousClock()
    for trial in 0..<Self.trials {
      // A new file each time, because some file systems flush a file that is overwritten to the disk, which is slow.
      let url = folder.appending(path: "\(trial)")
      let data = mutation.next()
      try data.write(to: url)
      let time = try clock.measure {
        do {
          try body(url, [UInt8](data))
        } catch let error as SafetensorsError {
          #expect(error.file == url.path && error.description.count < 1000 + url.path.count)
          refused += 1
        }
      }
      #expect(time < .seconds(5))
      try FileManager.default.removeItem(at: url)
    }
    return refused
  }

  /// The bytes of a file that is written by `body`.
  private func written(_ body: (URL) throws -> Void) throws -> Data {
    let url = FileManager.default.temporaryDirectory.appending(path: "\(UUID())")
    defer { try? FileManager.default.removeItem(at: url) }
    try body(url)
    return try Data(contentsOf: url)
  }

  private func tensors(
    _ tensors: [SafetensorsWriter.Tensor], metadata: [String: String] = [:]
  ) throws -> Data {
    try written { url throws in
      let writer = try SafetensorsWriter(to: url, tensors: tensors, metadata: metadata)
      for tensor in tensors {
        let count = tensor.shape.reduce(1, *)
        if tensor.type == .int32 {
          try writer.append([Int32](repeating: 7, count: count), to: tensor.name)
        } else {
          try writer.append([Float](repeating: 0.5, count: count), to: tensor.name)
        }
      }
      try writer.finish()
    }
  }

  private func dataset(_ kind: String) throws -> Data {
    let small: [String: [String: SettingValue]] = [
      "phonebook": ["n_entries": 2], "copying": ["sequence_length": 32, "n_max": 12],
      "mqar": ["sequence_length": 32, "n_pairs": 4, "vocab_size": 64],
    ]
    let values = (small[kind] ?? ["sequence_length": 32]).merging(["kind": .string(kind)]) { $1 }
    return try written { url throws in
      try DatasetWriter(TaskConfiguration(values), seed: 1, split: .test).write(
        examples: 2, to: url)
    }
  }

  @Test func tensorFiles() throws {
    let files = try [
      tensors(
        [
          .init("a", .float32, [2, 3]), .init("é🙂", .int32, [4]), .init("none", .int32, [0, 5]),
          .init("scalar", .float32, []),
        ], metadata: ["task": "mqar", "é": "\u{1}\""]),
      tensors([.init("inputs", .int32, [2, 2]), .init("labels", .int32, [2, 2])]),
    ]
    var read = 0
    let refused = try fuzz(seed: 1, files) { url, bytes in
      let file = try SafetensorsFile(contentsOf: url)
      for (name, tensor) in file.tensors {
        #expect(tensor.bytes.clamped(to: 8..<bytes.count) == tensor.bytes || tensor.bytes.isEmpty)
        switch tensor.type {
        case .float32, .float64, .float16, .bfloat16:
          #expect(try file.floats(name).count * tensor.type.size == tensor.bytes.count)
        case .int32:
          let numbers = bytes[tensor.bytes].withUnsafeBytes { raw in
            stride(from: 0, to: raw.count, by: 4)
              .map { Int32(littleEndian: raw.loadUnaligned(fromByteOffset: $0, as: Int32.self)) }
          }
          #expect(try file.integers(name) == numbers)
          read += numbers.count
        default: _ = try file.integers(name)
        }
      }
    }
    #expect(refused > Self.trials / 2 && refused < Self.trials)
    #expect(read > 0)
  }

  @Test func dataFiles() throws {
    let kinds = ["mqar", "copying", "in_context_recall", "phonebook", "fuzzy_recall"]
    let files = try kinds.map(dataset)
    var solved = 0
    let refused = try fuzz(seed: 2, files) { url, bytes in
      let file = try DatasetFile(contentsOf: url)
      #expect(file.exampleCount * file.sequenceLength * 8 <= bytes.count)
      let check = try DatasetCheck(file)
      solved += check.solved ?? 0
    }
    #expect(refused > Self.trials / 2 && refused < Self.trials)
    #expect(solved > 0)
  }

  private func predictions(
    _ url: URL, _ dataset: DatasetFile, _ labels: [Int32]
  ) throws -> [Int32] {
    var file = try PredictionFile(contentsOf: url, for: dataset)
    let chosen = try file.predictions(to: 0..<2, labels: labels)
    try file.finish()
    return chosen
  }

  @Test func predictionFiles() throws {
    let data = FileManager.default.temporaryDirectory.appending(path: "\(UUID())")
    defer { try? FileManager.default.removeItem(at: data) }
    try dataset("mqar").write(to: data)
    let questions = try DatasetFile(contentsOf: data)
    let labels = try questions.examples(0..<2).labels
    let files = try [
      tensors([.init("predictions", .int32, [2, 32])]),
      tensors([.init("logits", .float32, [8, 64])]),
    ]
    var answers = 0
    let refused = try fuzz(seed: 3, files) { url, _ in
      let chosen = try predictions(url, questions, labels)
      let isInRange = chosen.allSatisfy { (-1..<64).contains($0) }
      #expect(isInRange)
      answers += 1
    }
    #expect(refused > Self.trials / 2 && refused < Self.trials)
    #expect(answers > 0)
  }
}
