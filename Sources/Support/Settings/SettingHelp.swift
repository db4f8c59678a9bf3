/// What can be said about a key without knowing the type that declares it.
public struct SettingHelp: Sendable {
  public let name: String
  /// In the settings that were asked; of `Self()` the default.
  public let value: SettingValue
  public let kind: SettingKind
  public let meaning: String
  /// What is allowed beside the other values, in words; nil where every value of the type is.
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
  /// One entry a key, in the order of their names. These settings are valid.
  public var help: [SettingHelp] {
    Self.keys.sorted { $0.name < $1.name }.map { key in
      SettingHelp(
        name: key.name, value: key.read(self, false), kind: key.kind, meaning: key.meaning,
        allowed: key.allowed(self))
    }
  }

  /// The entry of a key, by any of its names.
  public func help(of name: String) -> SettingHelp? {
    help.first { $0.name == Self.oldNames[name] ?? name }
  }
}
