/// A type whose values YAML and JSON can hold: the type of a setting.
public protocol SettingRepresentable: Hashable, Sendable {
  /// Throws `SettingsError` for a value of another type. Its key is the path within `value`; empty for `value` itself.
  init(setting value: SettingValue) throws(SettingsError)
  /// - Parameters:
  ///   - forRecord: whether names are spelled as in records or as in files.
  func setting(forRecord: Bool) -> SettingValue
}

extension Int: SettingRepresentable {
  public init(setting value: SettingValue) throws(SettingsError) {
    switch value {
    case .int(let number): self = number
    case .double(let number):
      guard let whole = Int(exactly: number) else { fallthrough }
      self = whole
    default: throw SettingsError("", value, allowed: SettingKind.integer.description)
    }
  }
  public func setting(forRecord: Bool) -> SettingValue { .int(self) }
}

extension Double: SettingRepresentable {
  public init(setting value: SettingValue) throws(SettingsError) {
    switch value {
    case .int(let number): self = Double(number)
    case .double(let number):
      guard number.isFinite else { throw SettingsError("", value, allowed: "a finite number") }
      self = number
    default: throw SettingsError("", value, allowed: SettingKind.number.description)
    }
  }
  public func setting(forRecord: Bool) -> SettingValue { .double(self) }
}

extension Bool: SettingRepresentable {
  public init(setting value: SettingValue) throws(SettingsError) {
    guard case .bool(let flag) = value else {
      throw SettingsError("", value, allowed: SettingKind.flag.description)
    }
    self = flag
  }
  public func setting(forRecord: Bool) -> SettingValue { .bool(self) }
}

extension String: SettingRepresentable {
  public init(setting value: SettingValue) throws(SettingsError) {
    guard case .string(let text) = value else {
      throw SettingsError("", value, allowed: SettingKind.text.description)
    }
    self = text
  }
  public func setting(forRecord: Bool) -> SettingValue { .string(self) }
}

extension Array: SettingRepresentable where Element: SettingRepresentable {
  public init(setting value: SettingValue) throws(SettingsError) {
    guard case .array(let values) = value else {
      throw SettingsError("", value, allowed: SettingKind.list.description)
    }
    self = []
    for (index, value) in values.enumerated() {
      do {
        append(try Element(setting: value))
      } catch {
        throw error.inside("[\(index)]")
      }
    }
  }
  public func setting(forRecord: Bool) -> SettingValue {
    .array(map { $0.setting(forRecord: forRecord) })
  }
}

/// A group of keys that other code reads, such as the keys of a task.
extension Dictionary: SettingRepresentable where Key == String, Value == SettingValue {
  public init(setting value: SettingValue) throws(SettingsError) {
    guard case .object(let values) = value else {
      throw SettingsError("", value, allowed: SettingKind.group.description)
    }
    // Values must equal those that are read back from a record.
    self = values.mapValues(\.normalized)
  }
  public func setting(forRecord: Bool) -> SettingValue { .object(self) }
}
