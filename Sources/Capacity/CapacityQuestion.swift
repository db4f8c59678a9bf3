import Models
import RecallTasks
import Support

/// A model and the task to count it at, read from a file, from options, or from both.
public struct CapacityQuestion: Sendable {
  /// The model that is counted.
  public let model: ModelConfiguration
  /// The task, which gives the length and the pairs.
  public let task: MQAR

  /// - Parameters:
  ///   - file: YAML or JSON with a model's keys, or with the groups `model` and `task`; the groups may be under
  ///     `configuration`, as in a run's record.
  ///   - model: keys that replace the file's.
  ///   - task: the same for the task's keys.
  ///
  /// Defaults: SSD, 1024 tokens, a quarter as many pairs; other keys have the defaults of the mixer and the task.
  /// Throws `ConfigurationError` for a mistake in the file and `SettingsError` for one in the options.
  public init(
    file: String?, model: [String: SettingValue] = [:], task: [String: SettingValue] = [:]
  ) throws {
    let parts = try file.map { try ModelFile(contentsOf: $0) }
    let oldNames = MixerCatalog.mixers.reduce(ModelShape.oldNames) {
      $0.merging($1.oldNames) { first, _ in first }
    }
    self.model = try Self.located(model, in: parts?.model, oldNames) { values in
      try ModelConfiguration(values.merging(["kind": .string(SSD.kind)]) { own, _ in own })
    }
    self.task = try Self.located(task, in: parts?.task, MQAR.oldNames) { values in
      let defaults: [String: SettingValue] = ["kind": .string(MQAR.kind), "sequence_length": 1024]
      var values = values.merging(defaults) { own, _ in own }
      guard values["kind"] == defaults["kind"] else {
        throw SettingsError(
          "kind", values["kind"]!,
          allowed: "\(MQAR.kind), the only task whose required information is counted here")
      }
      if values["n_pairs"] == nil, case .int(let length)? = values["sequence_length"] {
        values["n_pairs"] = .int(max(1, length / 4))
      }
      values["kind"] = nil
      let task = try MQAR.decode(values)
      try task.validate()
      return task
    }
  }

  /// Makes a value from the node's keys and the options, which win, also over a key's old name. An error in a key of the node names its line.
  private static func located<Value>(
    _ options: [String: SettingValue], in node: ConfigurationNode?, _ oldNames: [String: String],
    _ make: ([String: SettingValue]) throws -> Value
  ) throws -> Value {
    guard let node else { return try make(options) }
    do {
      let others = node.values.filter { options[oldNames[$0.key] ?? $0.key] == nil }
      return try make(others.merging(options) { $1 })
    } catch let error as SettingsError where options[error.key] == nil {
      throw node.located(error)
    }
  }
}
