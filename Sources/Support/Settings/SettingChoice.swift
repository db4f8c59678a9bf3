/// A setting with a few named values. The error for any other value lists them.
public protocol SettingChoice: RawRepresentable<String>, CaseIterable, Codable,
  SettingRepresentable
{
  /// The value's name in records, which never changes; experiments' files may use it, too. The default is its current
  /// name.
  var recordName: String { get }
}

extension SettingChoice {
  public var recordName: String { rawValue }

  /// The value with this current or old name.
  public init?(name: String) {
    guard let choice = Self.allCases.first(where: { [$0.rawValue, $0.recordName].contains(name) })
    else { return nil }
    self = choice
  }

  public init(setting value: SettingValue) throws(SettingsError) {
    let name = try String(setting: value)
    guard let choice = Self(name: name) else {
      let names = Self.allCases.map(\.rawValue)
      throw SettingsError(
        "", value, allowed: names.joined(separator: ", ") + nearestText(to: name, in: names))
    }
    self = choice
  }

  public func setting(forRecord: Bool) -> SettingValue {
    .string(forRecord ? recordName : rawValue)
  }

  public init(from decoder: any Decoder) throws {
    try self.init(setting: SettingValue(from: decoder))
  }

  public func encode(to encoder: any Encoder) throws { try recordName.encode(to: encoder) }
}
