import Support

/// A task of any kind with its parameters; in YAML and JSON one flat group: `kind` and the task's keys.
public struct TaskConfiguration: Sendable {
  public var task: any RecallTask

  public init(_ task: any RecallTask) { self.task = task }

  /// From `kind` and any of the task's keys; the others take their defaults. Does not validate.
  public init(_ values: [String: SettingValue]) throws {
    var values = values
    let kind = values.removeValue(forKey: CodingKeys.kind.rawValue) ?? .null
    guard case .string(let kind) = kind else {
      throw SettingsError(
        CodingKeys.kind.rawValue, kind,
        allowed: "the name of a task (\(TaskCatalog.kinds.joined(separator: ", ")))")
    }
    task = try TaskCatalog.task(kind).decode(values)
  }

  /// The same task with some keys changed. Throws `SettingsError` as `Settings.decode` does.
  public func replacing(_ values: [String: SettingValue]) throws -> TaskConfiguration {
    TaskConfiguration(try type(of: task).decode(try task.settingValues.merging(values) { $1 }))
  }

  public func validate() throws(SettingsError) { try task.validate() }
}

extension TaskConfiguration: Hashable {
  public static func == (first: TaskConfiguration, second: TaskConfiguration) -> Bool {
    AnyHashable(first.task) == AnyHashable(second.task)
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(AnyHashable(task)) }
}

extension TaskConfiguration: Codable {
  private enum CodingKeys: String, CodingKey { case kind }

  public init(from decoder: any Decoder) throws {
    try self.init(try decoder.singleValueContainer().decode([String: SettingValue].self))
  }

  public func encode(to encoder: any Encoder) throws {
    try task.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(type(of: task).kind, forKey: .kind)
  }
}
