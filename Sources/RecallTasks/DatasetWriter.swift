import Foundation
import Storage

/// Names in the metadata of data files.
enum DatasetKey {
  static let task = "task"
  static let parameters = "parameters"
  static let seed = "seed"
  static let split = "split"
  static let version = "generator_version"
  static let inputs = "inputs"
  static let labels = "labels"
}

/// Writes examples 0..<count of a split as one safetensors file, in memory that does not grow with them.
///
/// `inputs` and `labels` are int32 [examples, sequenceLength]; the metadata names task, parameters (as
/// JSON), seed, split and the generators' version.
public struct DatasetWriter {
  /// The version of all generators: a change of any example's tokens is a new one.
  public static let generatorVersion = "1"

  public let task: any RecallTask
  public let seed: UInt64
  public let split: Split

  /// Throws `SettingsError` if the task is not valid.
  public init(_ configuration: TaskConfiguration, seed: UInt64, split: Split) throws {
    try configuration.validate()
    task = configuration.task
    self.seed = seed
    self.split = split
  }

  /// Throws `FileError`.
  public func write(examples: Int, to url: URL) throws {
    let shape = [examples, task.sequenceLength]
    let writer = try SafetensorsWriter(
      to: url,
      tensors: [.init(DatasetKey.inputs, .int32, shape), .init(DatasetKey.labels, .int32, shape)],
      metadata: try metadata)
    let chunk = max(1, min(examples, (1 << 18) / task.sequenceLength))
    let numbers = chunk * task.sequenceLength
    let inputs = UnsafeMutableBufferPointer<Int32>.allocate(capacity: numbers)
    let labels = UnsafeMutableBufferPointer<Int32>.allocate(capacity: numbers)
    defer {
      inputs.deallocate()
      labels.deallocate()
    }
    inputs.initialize(repeating: 0)
    labels.initialize(repeating: 0)
    for start in stride(from: 0, to: examples, by: chunk) {
      let count = min(chunk, examples - start)
      task.write(
        examples: start..<start + count, seed: seed, split: split, inputs: inputs, labels: labels)
      let written = 0..<count * task.sequenceLength
      try writer.append(UnsafeBufferPointer(rebasing: inputs[written]), to: DatasetKey.inputs)
      try writer.append(UnsafeBufferPointer(rebasing: labels[written]), to: DatasetKey.labels)
    }
    try writer.finish()
  }

  private var metadata: [String: String] {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      let parameters = try encoder.encode(task.settingValues)
      return [
        DatasetKey.task: type(of: task).kind,
        DatasetKey.parameters: String(decoding: parameters, as: UTF8.self),
        DatasetKey.seed: "\(seed)", DatasetKey.split: split.rawValue,
        DatasetKey.version: Self.generatorVersion,
      ]
    }
  }
}

extension RecallTask {
  /// Writes examples one after the other; both buffers hold at least as many times `sequenceLength`.
  public func write(
    examples: Range<Int>, seed: UInt64, split: Split, inputs: UnsafeMutableBufferPointer<Int32>,
    labels: UnsafeMutableBufferPointer<Int32>
  ) {
    let length = sequenceLength
    for (row, index) in examples.enumerated() {
      let places = row * length..<(row + 1) * length
      write(
        example: index, seed: seed, split: split,
        inputs: UnsafeMutableBufferPointer(rebasing: inputs[places]),
        labels: UnsafeMutableBufferPointer(rebasing: labels[places]))
    }
  }
}
