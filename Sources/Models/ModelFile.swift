import Foundation
import Storage
import Support
import YAML

/// A file that describes a model, in YAML or JSON: the model's keys, or the groups `model` and perhaps `task`, or a run's
/// record, which has them under `configuration`.
public struct ModelFile: Sendable {
  /// The model's keys.
  public let model: ConfigurationNode
  /// The task's keys, where the file has them.
  public let task: ConfigurationNode?
  /// Whether it is a record: keys are then spelled, and missing ones meant, as in records.
  public let isRecord: Bool

  /// Throws `ConfigurationError`.
  public init(contentsOf path: String) throws {
    let root = try Self.root(path).withoutAnchors
    guard case .group = root.content else {
      throw root.wrong("model", allowed: "a group of keys, such as {kind: ssd, d_state: 64}")
    }
    if let rows = root.entry("rows") {
      throw ConfigurationError(
        rows.mark,
        "rows: this file is an experiment with several models; give one model's keys, a group model, or a "
          + "run's record")
    }
    try Self.checkFormat(root)
    try Self.checkSum(of: path, root)
    // A run's record has more groups than these two.
    if let record = root["configuration"], let model = record["model"] {
      (self.model, task, isRecord) = (model, record["task"], true)
    } else if let model = root["model"] {
      try root.checkKeys("model", known: ["model", "task"])
      (self.model, task, isRecord) = (model, root["task"], false)
    } else {
      (self.model, task, isRecord) = (root, nil, false)
    }
  }

  /// The model; its longest sequence has `length` tokens where the file does not say. The vocabulary is that of the file's
  /// task where the model has none. Throws `ConfigurationError`, also if neither has one.
  public func configuration(length: Int) throws -> ModelConfiguration {
    try model.locating {
      var configuration =
        isRecord
        ? try ModelConfiguration(record: model.values) : try ModelConfiguration(model.values)
      if configuration.shape.vocabularySize == 0, case .int(let size)? = task?.values["vocab_size"]
      {
        configuration.shape.vocabularySize = size
      }
      guard configuration.shape.vocabularySize > 0 else {
        throw SettingsError(
          missing: "vocab_size", allowed: "at least 1: the rows of the token embedding")
      }
      if configuration.shape.maximumLength == 0 { configuration.shape.maximumLength = length }
      return configuration
    }
  }

  /// The model's keys and values as people write them; a record has all of them, with what a missing one meant.
  public func modelValues() throws -> [String: SettingValue] {
    guard isRecord else { return model.values }
    return try model.locating { try ModelConfiguration(record: model.values).values }
  }

  /// Another format may spell keys, and mean missing ones, in another way.
  private static func checkFormat(_ root: ConfigurationNode) throws {
    guard root["configuration"] != nil, let format = root.entry("format"),
      format.node.value != .int(SettingValue.recordFormat)
    else { return }
    throw ConfigurationError(
      format.mark,
      "format: \(format.node.value) is not allowed; allowed: \(SettingValue.recordFormat), the format of records that this "
        + "recall reads; use the recall that wrote it")
  }

  /// Throws for a record whose checksum does not match what it says: `RunRecord` writes it.
  private static func checkSum(of path: String, _ root: ConfigurationNode) throws {
    guard root["configuration"] != nil, let checksum = root.entry(SettingValue.checksumKey),
      // A pipe cannot be read twice.
      isRegularFile(path),
      let record = try? SettingValue(json: Data(contentsOf: URL(filePath: path))),
      record.matchesItsChecksum == false
    else { return }
    throw ConfigurationError(
      checksum.mark,
      "checksum: the record is damaged or was changed: it does not match what it says; without the key the "
        + "file is read as it stands")
  }

  /// The record of a long run has more text than people write. It is JSON.
  private static let mostBytes = 1 << 28

  private static func root(_ path: String) throws -> ConfigurationNode {
    let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
    guard let size, (InputFile.mostBytes + 1...mostBytes).contains(size),
      let data = try? Data(contentsOf: URL(filePath: path)),
      case .object(let values)? = try? SettingValue(json: data)
    else { return try ConfigurationNode(contentsOf: path) }
    return ConfigurationNode(
      SettingValue.object(
        values.filter { ["configuration", SettingValue.checksumKey].contains($0.key) }),
      at: SourceMark(whole: path))
  }
}
