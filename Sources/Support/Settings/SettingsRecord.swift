// What records and other stored files keep of settings. Its spelling never changes, so that a run finds its
// record for ever, whatever its keys are called elsewhere.
extension Settings {
  /// What a record held. A key that it lacks has the value that runs had before there was such a key.
  /// Does not validate. Throws as `decode` does.
  public init(record values: [String: SettingValue]) throws(SettingsError) {
    var settings = Self()
    for key in Self.keys {
      guard let earlier = key.valueBefore else { continue }
      try key.write(earlier, to: &settings)
    }
    self = try settings.replacing(values)
  }

  /// Every key and value as records spell them.
  public var recordValues: [String: SettingValue] {
    Dictionary(uniqueKeysWithValues: Self.keys.map { ($0.recordName, $0.read(self, true)) })
  }

  /// Values of some keys, by any of their names, as records spell them. Throws as `decode` does.
  public func recordValues(
    of values: [String: SettingValue]
  ) throws(SettingsError) -> [String: SettingValue] {
    let settings = try replacing(values)
    let given = Self.keys.filter { $0.names.contains { values[$0] != nil } }
    return Dictionary(
      uniqueKeysWithValues: given.map { ($0.recordName, $0.read(settings, true).normalized) })
  }

  /// What a run's hash is made of: `recordValues` without keys that came later and say what held before.
  public var hashedValues: [String: SettingValue] {
    let hashed = Self.keys.filter { !$0.isAsBefore(in: self) }
    return Dictionary(uniqueKeysWithValues: hashed.map { ($0.recordName, $0.read(self, true)) })
  }

  /// Reads a record.
  public init(from decoder: any Decoder) throws {
    try self.init(record: [String: SettingValue](from: decoder))
  }

  /// Writes a record.
  public func encode(to encoder: any Encoder) throws { try recordValues.encode(to: encoder) }
}
