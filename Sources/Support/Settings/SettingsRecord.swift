// Settings in records and other stored files. Their spelling never changes, so that runs find their records even
// after a key has been renamed elsewhere.
extension Settings {
  /// The settings of a record. A key that the record lacks gets the value that runs had before there was the key.
  /// Does not validate. Throws as `decode` does.
  public init(record values: [String: SettingValue]) throws(SettingsError) {
    var settings = Self()
    for key in Self.keys {
      guard let earlier = key.valueBefore else { continue }
      try key.write(earlier, to: &settings)
    }
    self = try settings.replacing(values)
  }

  /// Every key and value, spelled as in records.
  public var recordValues: [String: SettingValue] {
    Dictionary(uniqueKeysWithValues: Self.keys.map { ($0.recordName, $0.read(self, true)) })
  }

  /// The values of some keys, which may have any of their names, spelled as in records. Throws as `decode` does.
  public func recordValues(
    of values: [String: SettingValue]
  ) throws(SettingsError) -> [String: SettingValue] {
    let settings = try replacing(values)
    let given = Self.keys.filter { $0.names.contains { values[$0] != nil } }
    return Dictionary(
      uniqueKeysWithValues: given.map { ($0.recordName, $0.read(settings, true).normalized) })
  }

  /// The values that a run's hash is made of: `recordValues` without keys that were added later and have the value
  /// that runs had before.
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
