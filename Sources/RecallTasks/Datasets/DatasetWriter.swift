import Foundation
import Storage
import Support

/// Names of tensors and metadata in data files.
enum DatasetKey {
  static let task = "task"
  static let parameters = "parameters"
  static let seed = "seed"
  static let split = "split"
  static let version = "generator_version"
  static let inputs = "inputs"
  static let labels = "labels"
}

/// Writes examples 0..<count of a split as one safetensors file. The memory needed does not depend on the count.
///
/// `inputs` and `labels` are int32 [examples, sequenceLength]; the metadata names task, parameters (as
/// JSON), seed, split and the generators' version.
public struct DatasetWriter {
  /// The version of all generators. It changes with any change of an example.
  public static let generatorVersion = "1"

  /// The task whose examples are written.
  public let task: any RecallTask
  /// The seed of the examples.
  public let seed: UInt64
  /// The split of the examples.
  public let split: Split

  /// Throws `SettingsError` if the task is not valid.
  public init(_ configuration: TaskConfiguration, seed: UInt64, split: Split) throws {
    try configuration.validate()
    task = configuration.task
    self.seed = seed
    self.split = split
  }

  /// Writes the file. The number of threads changes no byte of it.
  ///
  /// `progress` gets the number of examples written so far. If it throws, writing ends and leaves no file. Throws
  /// `FileError`, and `SettingsError` for a number of examples that no file can hold.
  public func write(
    examples: Int, to url: URL, threads: Int = 1, progress: (Int) throws -> Void = { _ in }
  ) throws {
    let limit = Int.max / (16 * task.sequenceLength)
    guard (1...limit).contains(examples) else {
      throw SettingsError("examples", examples, allowed: "1 to \(limit)")
    }
    let shape = [examples, task.sequenceLength]
    let writer = try SafetensorsWriter(
      to: url,
      tensors: [.init(DatasetKey.inputs, .int32, shape), .init(DatasetKey.labels, .int32, shape)],
      metadata: try metadata)
    let buffer = ExampleBuffer(
      task, capacity: min(examples, DatasetFile.chunkLength(task.sequenceLength)))
    for start in stride(from: 0, to: examples, by: buffer.capacity) {
      let part = start..<min(start + buffer.capacity, examples)
      buffer.fill(part, seed: seed, split: split, threads: threads)
      try writer.append(buffer.inputs, to: DatasetKey.inputs)
      try writer.append(buffer.labels, to: DatasetKey.labels)
      try progress(part.upperBound)
    }
    try writer.finish()
  }

  private var metadata: [String: String] {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      let parameters = try encoder.encode(task.recordValues)
      return [
        DatasetKey.task: type(of: task).kind,
        DatasetKey.parameters: String(decoding: parameters, as: UTF8.self),
        DatasetKey.seed: "\(seed)", DatasetKey.split: split.rawValue,
        DatasetKey.version: Self.generatorVersion,
      ]
    }
  }
}
