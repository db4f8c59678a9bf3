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
  /// Defaults: SSD and the sizes of `MQAR(usual:)`; other keys have the defaults of the mixer and the task.
  /// Throws `ConfigurationError` for a mistake in the file and `SettingsError` for one in the options.
  public init(
    file: String?, model: [String: SettingValue] = [:], task: [String: SettingValue] = [:]
  ) throws {
    let parts = try file.map { try ModelFile(contentsOf: $0) }
    let oldNames = MixerCatalog.mixers.reduce(ModelShape.oldNames) {
      $0.merging($1.oldNames) { first, _ in first }
    }
    self.model = try Self.located(model, in: parts?.model, parts?.modelValues(), oldNames) {
      values in
      try ModelConfiguration(values.merging(["kind": .string(SSD.kind)]) { own, _ in own })
    }
    // The task takes vocabulary and length from the model unless it has its own, as in `recall evaluate`.
    let shape = self.model.shape
    let taskValues = try parts?.task.map { node in
      guard parts?.isRecord == true else { return node.values }
      return try node.locating { try TaskConfiguration(record: node.values).values }
    }
    self.task = try Self.located(task, in: parts?.task, taskValues, MQAR.oldNames) { values in
      if let kind = values["kind"], kind != .string(MQAR.kind) {
        throw SettingsError(
          "kind", kind,
          allowed: "\(MQAR.kind), the only task whose required information is counted here")
      }
      return try MQAR(
        usual: values.filter { $0.key != "kind" }, vocabulary: shape.vocabularySize,
        longest: shape.maximumLength)
    }
  }

  /// Makes a value from the keys of the node, `own`, and the options, which win, also over a key's old name. An error in a
  /// key of the node names its line.
  private static func located<Value>(
    _ options: [String: SettingValue], in node: ConfigurationNode?,
    _ own: [String: SettingValue]?, _ oldNames: [String: String],
    _ make: ([String: SettingValue]) throws -> Value
  ) throws -> Value {
    guard let node, let own else { return try make(options) }
    do {
      let others = own.filter { options[oldNames[$0.key] ?? $0.key] == nil }
      return try make(others.merging(options) { $1 })
    } catch let error as SettingsError where options[error.key] == nil {
      throw node.located(error)
    }
  }
}

extension MQAR {
  /// The length of a sequence, and tokens for each pair, where a command is given none.
  package static let usualLength = 1024
  package static let usualTokensPerPair = 4

  /// A task of the usual sizes, but for those given. Throws `SettingsError` for a value that is not allowed.
  ///
  /// - Parameters:
  ///   - vocabulary: the size of the vocabulary unless it is given; 0 for the usual one. Sequences are short enough for it
  ///     unless their length is given.
  ///   - longest: the most tokens unless their number is given; 0 for any.
  package init(
    usual values: [String: SettingValue], vocabulary: Int = 0, longest: Int = 0
  ) throws(SettingsError) {
    var (values, length) = (values, Self.usualLength)
    if vocabulary > 0, values["vocab_size"] == nil {
      values["vocab_size"] = .int(vocabulary)
      length = max(4, min(length, (vocabulary - 1) / 4 * 4))
    }
    if longest > 0 { length = max(4, min(length, longest / 4 * 4)) }
    if values["sequence_length"] == nil { values["sequence_length"] = .int(length) }
    if values["n_pairs"] == nil, case .int(let length)? = values["sequence_length"] {
      values["n_pairs"] = .int(max(1, length / Self.usualTokensPerPair))
    }
    self = try MQAR.decode(values)
    try validate()
  }
}
