/// The declaration of one key of `Root`: its names, the property that holds it, what is allowed, and what it
/// means. The property's initial value is the default.
public struct SettingKey<Root: Sendable>: Sendable {
  /// The property that holds a key's value.
  public typealias Property<Value> = WritableKeyPath<Root, Value> & Sendable

  /// Its name in YAML, and with hyphens as an option.
  public let name: String
  /// Its name in records, which never changes.
  public private(set) var recordName: String
  /// A short text of what it means.
  public let meaning: String
  public let kind: SettingKind
  /// For a key that was added after the first records: the value that older runs had.
  public private(set) var valueBefore: SettingValue?

  /// Other names that files may use.
  private var aliases: [String] = []
  /// The key's value, spelled as in records or as in files.
  let read: @Sendable (_ settings: Root, _ forRecord: Bool) -> SettingValue
  private let assign: @Sendable (SettingValue, inout Root) throws(SettingsError) -> Void
  /// Text of the allowed values, given the values of the other keys; nil if every value of the type is allowed.
  let allowed: @Sendable (Root) -> String?
  private let isAllowed: @Sendable (Root) -> Bool

  /// A key of any type. The functions below are for the usual types.
  public init<Value: SettingRepresentable>(
    _ name: String, _ property: Property<Value>, _ kind: SettingKind,
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

  /// Every name that files may use, the current one first.
  public var names: [String] {
    [name] + ([recordName] + aliases).filter { $0 != name }
  }

  /// Sets the value. Throws `SettingsError` for a value of the wrong type; its key is a path relative to this key.
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
  /// The same key with another name in records, which files may use, too. Records keep the first name for ever.
  public func recorded(as name: String) -> Self {
    var key = self
    key.recordName = name
    return key
  }

  /// The same key with further names that files may use.
  public func alias(_ names: String...) -> Self {
    var key = self
    key.aliases += names
    return key
  }

  /// The same key, added after the first records. In a record without it the value is `value`, whatever the default
  /// is. A run with this value has the hash that it had before there was the key.
  public func addedLater(before value: SettingValue) -> Self {
    var key = self
    key.valueBefore = value
    return key
  }
}

/// The type of a key's value.
public enum SettingKind: Hashable, Sendable {
  case integer, number, flag, text, group
  case choice([String])
  /// A list. To sweep such a key, a file gives a list of lists.
  case list

  /// The type as text, such as "an integer".
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

  /// Text of all values of a flag or a choice; nil for other types.
  var allowed: String? {
    switch self {
    case .flag, .choice: description
    case .integer, .number, .text, .list, .group: nil
    }
  }
}

extension SettingKey {
  public static func integer(
    _ name: String, _ property: Property<Int>,
    _ bounds: SettingBounds<Root, Int>, _ meaning: String
  ) -> Self {
    Self(name, property, .integer, meaning, bounds)
  }

  public static func integer(
    _ name: String, _ property: Property<Int>, _ range: ClosedRange<Int>,
    _ meaning: String
  ) -> Self {
    Self(
      name, property, .integer, meaning, .from(.init(range.lowerBound), to: .init(range.upperBound))
    )
  }

  public static func number(
    _ name: String, _ property: Property<Double>,
    _ bounds: SettingBounds<Root, Double>, _ meaning: String
  ) -> Self {
    Self(name, property, .number, meaning, bounds)
  }

  public static func flag(
    _ name: String, _ property: Property<Bool>, _ meaning: String
  ) -> Self {
    Self(name, property, .flag, meaning, .any)
  }

  public static func choice<Choice: SettingChoice>(
    _ name: String, _ property: Property<Choice>, _ meaning: String
  ) -> Self {
    Self(name, property, .choice(Choice.allCases.map(\.rawValue)), meaning, .any)
  }

  public static func text(
    _ name: String, _ property: Property<String>, _ meaning: String
  ) -> Self {
    Self(name, property, .text, meaning, .any)
  }

  public static func list<Element: SettingRepresentable>(
    _ name: String, _ property: Property<[Element]>, _ meaning: String,
    _ bounds: SettingBounds<Root, [Element]> = .any
  ) -> Self {
    Self(name, property, .list, meaning, bounds)
  }
}
