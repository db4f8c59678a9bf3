import Autodiff
import Foundation
import Models
import RecallTasks
import Storage
import Support

/// A file that training reads: initial weights, or data. An experiment names it by its path, a record by a hash of its
/// content, because where it lies does not decide a run's result.
public struct ContentFile: Sendable {
  /// Where it lies; empty without a file, and if only its content is known.
  public let path: String
  /// A hash of its content, 16 hexadecimal digits; nil before the file was read, and without a file.
  public let hash: String?
  /// Its size, 0 where it was not read.
  public let bytes: Int

  /// No file.
  public static let none = ContentFile(path: "", hash: nil, bytes: 0)

  private static let prefix = "content:"

  private init(path: String, hash: String?, bytes: Int) {
    (self.path, self.hash, self.bytes) = (path, hash, bytes)
  }

  /// Whether there is no file.
  public var isNone: Bool { path.isEmpty && hash == nil }

  /// Initial weights, hashed byte by byte. Throws `FileError`.
  public init(weights path: String) throws {
    let (checksum, bytes) = try checksum(of: URL(filePath: path))
    self.init(path: path, hash: checksum.hexadecimal, bytes: bytes)
  }

  /// Examples, hashed as `recall dataset verify` does: by inputs and labels alone. Throws `FileError` or `SafetensorsError`.
  public init(examples path: String) throws {
    let file = try DatasetFile(contentsOf: URL(filePath: path))
    self.init(
      path: path, hash: try file.contentHash().description,
      bytes: 8 * file.exampleCount * file.sequenceLength)
  }

  /// Throws `FileError` if the file is not known, or is no longer the one that was planned.
  private func checkUnchanged(_ read: (String) throws -> ContentFile) throws {
    guard !path.isEmpty else {
      throw FileError(
        URL(filePath: description),
        "the run's file is known by its content alone; name it in the experiment to train")
    }
    guard try read(path).hash == hash else {
      throw FileError(URL(filePath: path), "its content has changed since the run was planned")
    }
  }

  /// The values of the model's parameters. Throws `FileError` or `SafetensorsError`.
  func weights(of model: LanguageModel) throws -> ParameterBuffer {
    try checkUnchanged(ContentFile.init(weights:))
    return try read(for: model)
  }

  /// Throws `FileError` or `SafetensorsError` for weights of another model.
  package func checkWeights(fit model: LanguageModel) throws { _ = try read(for: model) }

  private func read(for model: LanguageModel) throws -> ParameterBuffer {
    try model.readWeights(from: URL(filePath: path), shorteningPositions: true)
  }

  /// All examples of a data file. Throws `FileError` for a token outside the vocabulary, too.
  func examples(vocabulary: Int) throws -> LabelledExamples {
    try checkUnchanged(ContentFile.init(examples:))
    let file = try DatasetFile(contentsOf: URL(filePath: path))
    let (inputs, labels) = try file.examples(0..<file.exampleCount)
    if let largest = [inputs.max(), labels.max()].compactMap(\.self).max(), largest >= vocabulary {
      throw FileError(
        file.url,
        "has token \(largest); the model's vocab_size \(vocabulary) allows 0 to \(vocabulary - 1)")
    }
    return LabelledExamples(inputs: inputs, labels: labels, length: file.sequenceLength)
  }
}

extension ContentFile: CustomStringConvertible {
  /// `content:` and the hash, or the path of a file that was not read.
  public var description: String { hash.map { Self.prefix + $0 } ?? path }
}

extension ContentFile: SettingRepresentable {
  /// A path, or `content:` and a hash. The file is not read.
  public init(setting value: SettingValue) throws(SettingsError) {
    let text = try String(setting: value)
    guard text.hasPrefix(Self.prefix) else {
      self.init(path: text, hash: nil, bytes: 0)
      return
    }
    let hash = String(text.dropFirst(Self.prefix.count))
    guard hash.wholeMatch(of: /[0-9a-f]{16}/) != nil else {
      throw SettingsError("", text, allowed: "a path, or \(Self.prefix) and 16 hexadecimal digits")
    }
    self.init(path: "", hash: hash, bytes: 0)
  }

  public func setting(forRecord: Bool) -> SettingValue { .string(description) }

  /// Two files are the same if their contents are.
  public static func == (a: ContentFile, b: ContentFile) -> Bool { a.description == b.description }

  public func hash(into hasher: inout Hasher) { hasher.combine(description) }
}
