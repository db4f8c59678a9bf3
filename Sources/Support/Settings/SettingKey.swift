/// The declaration of one key of `Root`: its names, the property that holds it, what is allowed, and what it
/// means. The property's initial value is the default.
public struct SettingKey<Root: Sendable>: Sendable {
  /// Its name in YAML, and with hyphens as an option.
  public let name: String
  /// Its name in records, for ever.
  public private(set) var recordName: String
  /// What it means, in a few words.
  public let meaning: String
  public let kind: SettingKind
  /// For a key that came after the first records: the value that runs had before.
  public private(set) var valueBefore: SettingValue?

  /// Other names that are read.
  private var aliases: [String] = []
  /// As a record spells it or as a user does → value.
  let read: @Sendable (_ settings: Root, _ forRecord: Bool) -> SettingValue
  private let assign: @Sendable (SettingValue, inout Root) throws(SettingsError) -> Void
  /// What is allowed beside the other values, in words; nil where every value of the type is.
  let allowed: @Sendable (Root) -> String?
  private let isAllowed: @Sendable (Root) -> Bool

  /// A key of any type; those below name the usual ones.
  public init<Value: SettingRepresentable>(
    _ name: String, _ property: WritableKeyPath<Root, Value> & Sendable, _ kind: SettingKind,
    _ meaning: String, _ bounds: SettingBounds<Root, Value> = .any
  ) {
    self.name = name
    recordName = name
    self.meaning = meaning
    self.kind = kind
    read = { $0[keyPath: property].setting(forRecord: $1) }
    assign = { (value, root) throws(SettingsError) in
      root[keyPath: property] = try Value(setting: value)
    }
    allowed = { bounds.allowed($0) ?? kind.allowed }
    isAllowed = { bounds.contains($0[keyPath: property], $0) }
  }

  /// Every name that is read, the current one first.
  public var names: [String] {
    [name] + ([recordName] + aliases).filter { $0 != name }
  }

  /// Throws `SettingsError`, whose key is a path from this one, for a value of the wrong type.
  func write(_ value: SettingValue, to root: inout Root) throws(SettingsError) {
    try assign(value, &root)
  }

  func check(_ root: Root) throws(SettingsError) {
    guard !isAllowed(root) else { return }
    throw SettingsError(name, read(root, false), allowed: allowed(root) ?? kind.description)
  }

  func isAsBefore(in root: Root) -> Bool {
    valueBefore.map { $0.canonicalJSON == read(root, true).canonicalJSON } ?? false
  }
}

extension SettingKey {
  /// The same key under an older name, which records keep and files may use.
  public func recorded(as name: String) -> Self {
    var key = self
    key.recordName = name
    return key
  }

  /// The same key, which files may also write under these names.
  public func alias(_ names: String...) -> Self {
    var key = self
    key.aliases += names
    return key
  }

  /// A key that came after the first records. A record without it means `value`, whatever the default is;
  /// a run with that value keeps the hash that it had before.
  public func addedLater(before value: SettingValue) -> Self {
    var key = self
    key.valueBefore = value
    return key
  }
}

/// What a key's value is.
public enum SettingKind: Hashable, Sendable {
  case integer, number, flag, text, group
  case choice([String])
  /// The value is a list by itself: to sweep it takes a list of lists.
  case list

  /// The type in words.
  public var description: String {
    switch self {
    case .integer: "an integer"
    case .number: "a number"
    case .flag: "true or false"
    case .text: "text"
    case .choice(let names): names.joined(separator: ", ")
    case .list: "a list"
    case .group: "a group of keys"
    }
  }

  /// The values in words, where the type has few.
  var allowed: String? {
    switch self {
    case .flag, .choice: description
    case .integer, .number, .text, .list, .group: nil
    }
  }
}

extension SettingKey {
  public static func integer(
    _ name: String, _ property: WritableKeyPath<Root, Int> & Sendable,
    _ bounds: SettingBounds<Root, Int>, _ meaning: String
  ) -> Self {
    Self(name, property, .integer, meaning, bounds)
  }

  public static func integer(
    _ name: String, _ property: WritableKeyPath<Root, Int> & Sendable, _ range: ClosedRange<Int>,
    _ meaning: String
  ) -> Self {
    Self(
      name, property, .integer, meaning, .from(.init(range.lowerBound), to: .init(range.upperBound))
    )
  }

  public static func number(
    _ name: String, _ property: WritableKeyPath<Root, Double> & Sendable,
    _ bounds: SettingBounds<Root, Double>, _ meaning: String
  ) -> Self {
    Self(name, property, .number, meaning, bounds)
  }

  public static func flag(
    _ name: String, _ property: WritableKeyPath<Root, Bool> & Sendable, _ meaning: String
  ) -> Self {
    Self(name, property, .flag, meaning, .any)
  }

  public static func choice<Choice: SettingChoice>(
    _ name: String, _ property: WritableKeyPath<Root, Choice> & Sendable, _ meaning: String
  ) -> Self {
    Self(name, property, .choice(Choice.allCases.map(\.rawValue)), meaning, .any)
  }

  public static func text(
    _ name: String, _ property: WritableKeyPath<Root, String> & Sendable, _ meaning: String
  ) -> Self {
    Self(name, property, .text, meaning, .any)
  }

  public static func list<Element: SettingRepresentable>(
    _ name: String, _ property: WritableKeyPath<Root, [Element]> & Sendable, _ meaning: String,
    _ bounds: SettingBounds<Root, [Element]> = .any
  ) -> Self {
    Self(name, property, .list, meaning, bounds)
  }
}
