import Foundation
import Storage
import Support

/// A data file of this or another program: `inputs` and `labels`, integers [examples, sequenceLength].
///
/// Opening it checks the structure. Reading checks every number that it returns.
public struct DatasetFile: Sendable {
  /// Examples in the file.
  public let exampleCount: Int
  /// Tokens of an example.
  public let sequenceLength: Int
  /// The task that wrote it; nil if the metadata names none.
  public let configuration: TaskConfiguration?
  /// The seed of its examples, where the file says it.
  public let seed: UInt64?
  /// The split of its examples, where the file says it.
  public let split: Split?
  /// Tokens and labels are below it; nil if it is not known.
  public let vocabularySize: Int?
  private let file: SafetensorsFile

  /// The file.
  public var url: URL { file.url }

  /// The longest example that is read: a header can claim any length, and one example must fit into memory.
  static let lengthLimit = 1 << 24

  /// Throws `FileError` or `SafetensorsError`.
  public init(contentsOf url: URL) throws {
    file = try SafetensorsFile(contentsOf: url)
    let inputs = try file.tensor(DatasetKey.inputs)
    let labels = try file.tensor(DatasetKey.labels)
    for (name, tensor) in [(DatasetKey.inputs, inputs), (DatasetKey.labels, labels)] {
      guard tensor.type.isInteger else {
        throw file.problem(name, "has type \(tensor.type.rawValue), not one of integers")
      }
    }
    guard inputs.shape.count == 2, inputs.shape[1] > 0 else {
      throw file.problem(DatasetKey.inputs, "has shape \(inputs.shape), not [examples, length]")
    }
    guard labels.shape == inputs.shape else {
      throw file.problem(
        DatasetKey.labels, "has shape \(labels.shape), not \(inputs.shape) as inputs")
    }
    (exampleCount, sequenceLength) = (inputs.shape[0], inputs.shape[1])
    guard sequenceLength <= Self.lengthLimit else {
      throw file.problem(
        DatasetKey.inputs, "has examples of \(sequenceLength) tokens, more than \(Self.lengthLimit)"
      )
    }
    configuration = try Self.configuration(file)
    seed = try Self.value(DatasetKey.seed, "a number", file) { UInt64($0) }
    split = try Self.value(
      DatasetKey.split, Split.allCases.map(\.rawValue).joined(separator: ", "), file
    ) { Split(rawValue: $0) }
    vocabularySize = configuration?.task.vocabularySize
    if let task = configuration?.task, task.sequenceLength != sequenceLength {
      throw file.problem(
        DatasetKey.inputs,
        "has examples of \(sequenceLength) tokens, the metadata's task \(task.sequenceLength)")
    }
  }

  private static func value<Value>(
    _ key: String, _ allowed: String, _ file: SafetensorsFile, _ parse: (String) -> Value?
  ) throws -> Value? {
    guard let text = file.metadata[key] else { return nil }
    guard let value = parse(text) else {
      throw file.problem(nil, "metadata \(key): \(text) is not allowed; allowed: \(allowed)")
    }
    return value
  }

  private static func configuration(_ file: SafetensorsFile) throws -> TaskConfiguration? {
    guard let kind = file.metadata[DatasetKey.task] else { return nil }
    let version = file.metadata[DatasetKey.version]
    guard version == DatasetWriter.generatorVersion else {
      throw file.problem(
        nil,
        "metadata \(DatasetKey.version): \(version ?? "none") is not known, only "
          + "\(DatasetWriter.generatorVersion); write the file again with this version of the program"
      )
    }
    do {
      var values: [String: SettingValue] = [:]
      if let text = file.metadata[DatasetKey.parameters] {
        let parsed = try SettingValue(json: Data(text.utf8))
        guard case .object(let object) = parsed else {
          throw SettingsError("JSON", parsed, allowed: "an object of parameters")
        }
        values = object
      }
      values["kind"] = .string(kind)
      let configuration = try TaskConfiguration(record: values)
      try configuration.validate()
      return configuration
    } catch {
      throw file.problem(nil, "metadata \(DatasetKey.parameters): \(error)")
    }
  }

  /// Inputs and labels of some examples, one after the other. Throws for a token outside the vocabulary, and for a label
  /// that is neither a token nor −100.
  public func examples(_ examples: Range<Int>) throws -> (inputs: [Int32], labels: [Int32]) {
    let elements = examples.lowerBound * sequenceLength..<examples.upperBound * sequenceLength
    let inputs = try file.integers(DatasetKey.inputs, in: elements)
    let labels = try file.integers(DatasetKey.labels, in: elements)
    let end = vocabularySize.map(Int32.init(clamping:)) ?? .max
    for (index, token) in inputs.enumerated() where token < 0 || token >= end {
      throw fault(DatasetKey.inputs, elements.lowerBound + index, token, "a token 0 to \(end - 1)")
    }
    for (index, label) in labels.enumerated() where label < 0 || label >= end {
      guard label == ignoreIndex else {
        throw fault(
          DatasetKey.labels, elements.lowerBound + index, label,
          "\(ignoreIndex) or a token 0 to \(end - 1)")
      }
    }
    return (inputs, labels)
  }

  private func fault(
    _ name: String, _ element: Int, _ number: Int32, _ allowed: String
  ) -> SafetensorsError {
    let (example, position) = element.quotientAndRemainder(dividingBy: sequenceLength)
    return file.problem(
      name, "\(number) in example \(example) at position \(position) is not \(allowed)")
  }

  /// All examples, in ranges that are small enough for memory.
  public var chunks: [Range<Int>] {
    let size = Self.chunkLength(sequenceLength)
    return stride(from: 0, to: exampleCount, by: size).map { $0..<min($0 + size, exampleCount) }
  }

  /// How many examples of a length are in memory at a time.
  static func chunkLength(_ sequenceLength: Int) -> Int { max(1, (1 << 18) / sequenceLength) }

  /// The hash of all inputs, then all labels. It is the same for I32 and I64.
  public func contentHash() throws -> ContentHash {
    var hash = ContentHash()
    for chunk in chunks { hash.combine(try examples(chunk).inputs) }
    for chunk in chunks { hash.combine(try examples(chunk).labels) }
    return hash
  }
}
