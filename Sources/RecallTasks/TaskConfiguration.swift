import Support

/// A task of any kind with its parameters; in YAML and JSON one flat group: `kind` and the task's keys.
public struct TaskConfiguration: Sendable {
  public var task: any RecallTask

  public init(_ task: any RecallTask) { self.task = task }

  /// From `kind` and any of the task's keys; the others take their defaults. Does not validate.
  public init(_ values: [String: SettingValue]) throws(SettingsError) {
    try self.init(values) { (type, own) throws(SettingsError) in try type.decode(own) }
  }

  /// What a record held, as `Settings.init(record:)` reads it. Does not validate.
  public init(record values: [String: SettingValue]) throws(SettingsError) {
    try self.init(values) { (type, own) throws(SettingsError) in try type.init(record: own) }
  }

  private init(
    _ values: [String: SettingValue],
    _ read: (any RecallTask.Type, [String: SettingValue]) throws(SettingsError) -> any RecallTask
  ) throws(SettingsError) {
    var values = values
    func allowed() -> String {
      "the name of a task (\(TaskCatalog.kinds.joined(separator: ", ")))"
    }
    guard let kind = values.removeValue(forKey: kindKey) else {
      throw SettingsError.missing(kindKey, in: values, allowed: allowed())
    }
    guard case .string(let kind) = kind else {
      throw SettingsError(kindKey, kind, allowed: allowed())
    }
    task = try read(TaskCatalog.task(kind), values)
  }

  /// The same task with some keys changed. Throws `SettingsError` as `Settings.decode` does.
  public func replacing(_ values: [String: SettingValue]) throws(SettingsError) -> TaskConfiguration
  {
    TaskConfiguration(try task.replacing(values))
  }

  public func validate() throws(SettingsError) { try task.validate() }

  /// Every key with its value.
  public var values: [String: SettingValue] { withKind(task.settingValues) }

  /// What the hash of a run is made of.
  public var hashedValues: [String: SettingValue] { withKind(task.hashedValues) }

  private func withKind(_ values: [String: SettingValue]) -> [String: SettingValue] {
    values.merging([kindKey: .string(type(of: task).kind)]) { $1 }
  }
}

private let kindKey = "kind"

extension TaskConfiguration: Hashable {
  public static func == (first: TaskConfiguration, second: TaskConfiguration) -> Bool {
    AnyHashable(first.task) == AnyHashable(second.task)
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(AnyHashable(task)) }
}

/// The form that records have.
extension TaskConfiguration: Codable {
  public init(from decoder: any Decoder) throws {
    try self.init(record: [String: SettingValue](from: decoder))
  }

  public func encode(to encoder: any Encoder) throws {
    try withKind(task.recordValues).encode(to: encoder)
  }
}
