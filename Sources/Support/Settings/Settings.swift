/// A group of named values that users write in YAML or on a command line, such as a task's or a mixer's.
///
/// `keys` declares each of them once. Reading, writing, checks, help, options and records follow from it. `Self()`
/// holds the defaults.
///
///     public struct SSD: Settings {
///       public var stateDimension = 64
///       public init() {}
///       public static let keys: [SettingKey<SSD>] = [
///         .integer("d_state", \.stateDimension, 1...65536, "N, state scalars per inner channel")
///       ]
///     }
public protocol Settings: Codable, Hashable, Sendable {
  init()

  /// One declaration per key, in the order in which keys are checked: a key comes after the keys that its bounds
  /// depend on.
  static var keys: [SettingKey<Self>] { get }

  /// Checks rules that bounds of single keys cannot state. It is called after every key has been checked by itself.
  func validateTogether() throws(SettingsError)
}

extension Settings {
  public func validateTogether() throws(SettingsError) {}

  /// Throws `SettingsError` naming the first value that is not allowed.
  public func validate() throws(SettingsError) {
    for key in Self.keys { try key.check(self) }
    try validateTogether()
  }

  /// The defaults, replaced by `values`, whose keys may have any of their names. Does not validate.
  ///
  /// Throws `SettingsError` for a key that is not known, naming the nearest known one, and for a value
  /// of the wrong type.
  public static func decode(_ values: [String: SettingValue]) throws(SettingsError) -> Self {
    try Self().replacing(values)
  }

  /// The same settings with other values of some keys. Reads and throws as `decode` does.
  public func replacing(_ values: [String: SettingValue]) throws(SettingsError) -> Self {
    var result = self
    var rest = values
    for key in Self.keys {
      let given = key.names.filter { values[$0] != nil }
      guard let name = given.first, let value = rest.removeValue(forKey: name) else { continue }
      guard given.count == 1 else {
        throw SettingsError(
          given[1], values[given[1]]!, allowed: "only one of \(given.joined(separator: ", "))")
      }
      do {
        try key.write(value, to: &result)
      } catch {
        throw error.inside(name)
      }
    }
    if let unknown = rest.min(by: { $0.key < $1.key }) {
      throw SettingsError.unknown(
        unknown.key, value: unknown.value, known: Self.names, oldNames: Self.oldNames)
    }
    return result
  }

  /// The names of the keys whose values are lists.
  package static var listNames: [String] { keys.filter { $0.kind == .list }.map(\.name) }

  /// The current name of every key, sorted.
  public static var names: [String] { keys.map(\.name).sorted() }

  /// For every other name that files may use, the current name of its key.
  public static var oldNames: [String: String] {
    Dictionary(
      uniqueKeysWithValues: keys.flatMap { key in key.names.dropFirst().map { ($0, key.name) } })
  }

  /// The value of every key, by its current name.
  public var settingValues: [String: SettingValue] {
    Dictionary(uniqueKeysWithValues: Self.keys.map { ($0.name, $0.read(self, false)) })
  }
}
