/// Help on one key: its name, value, meaning and allowed values.
public struct SettingHelp: Sendable {
  public let name: String
  /// Its value in the settings whose `help` was asked for; for `Self()` the default.
  public let value: SettingValue
  public let kind: SettingKind
  public let meaning: String
  /// Text of the allowed values, given the values of the other keys; nil if every value of the type is allowed.
  public let allowed: String?

  package init(
    name: String, value: SettingValue, kind: SettingKind, meaning: String, allowed: String? = nil
  ) {
    (self.name, self.value, self.kind) = (name, value, kind)
    (self.meaning, self.allowed) = (meaning, allowed)
  }

  /// The key's option on a command line: `--n-pairs`.
  public var option: String { "--" + name.replacing("_", with: "-") }

  /// Meaning and allowed values in one line.
  public var text: String {
    guard let allowed, kind != .flag else { return meaning }
    return "\(meaning) (\(allowed))"
  }
}

extension Settings {
  /// One entry per key, sorted by name. These settings must be valid.
  public var help: [SettingHelp] {
    Self.keys.sorted { $0.name < $1.name }.map { key in
      SettingHelp(
        name: key.name, value: key.read(self, false), kind: key.kind, meaning: key.meaning,
        allowed: key.allowed(self))
    }
  }

  /// The entry of the key with this current or old name.
  public func help(of name: String) -> SettingHelp? {
    help.first { $0.name == Self.oldNames[name] ?? name }
  }
}
