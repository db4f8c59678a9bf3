/// A group of named values that users write in YAML or on a command line, with defaults.
///
/// `Self()` is the defaults; the keys of its encoding are the known keys (so no property is optional), and
/// a stored property's CodingKey is its name in YAML, JSON and CSV.
public protocol Settings: Codable, Hashable, Sendable {
  init()
  /// Throws `SettingsError` naming the first value that is not allowed.
  func validate() throws(SettingsError)
}

/// A value that is not allowed, named as the user wrote it.
public struct SettingsError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The key, for example `n_pairs`.
  public let key: String
  public let value: String
  /// What would be allowed, for example "at most sequence_length / 4 = 16".
  public let allowed: String

  public init(_ key: String, _ value: some CustomStringConvertible, allowed: String) {
    self.key = key
    self.value = value.description
    self.allowed = allowed
  }

  public var description: String { "\(key): \(value) is not allowed; allowed: \(allowed)" }

  /// Throws unless the value lies within the bounds.
  public static func require(
    _ key: String, _ value: Int, in bounds: ClosedRange<Int>
  ) throws(SettingsError) {
    guard bounds.contains(value) else {
      throw SettingsError(
        key, value, allowed: "at least \(bounds.lowerBound) and at most \(bounds.upperBound)")
    }
  }
}
