/// A value that is not allowed, with its key as the user spelled it.
public struct SettingsError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The key, for example `n_pairs`, or a path: `stages[1].examples`.
  public let key: String
  public let value: String
  /// What would be allowed, for example "at most sequence_length / 4 = 16".
  public let allowed: String
  /// Whether there is no value where one is needed.
  private let isMissing: Bool

  public init(_ key: String, _ value: some CustomStringConvertible, allowed: String) {
    self.init(key, value: value.description, allowed: allowed, isMissing: false)
  }

  /// There is no value where one is needed.
  public init(missing key: String, allowed: String) {
    self.init(key, value: "nothing", allowed: allowed, isMissing: true)
  }

  private init(_ key: String, value: String, allowed: String, isMissing: Bool) {
    (self.key, self.value, self.allowed, self.isMissing) = (key, value, allowed, isMissing)
  }

  public var description: String {
    guard !isMissing else { return "\(key) is missing; allowed: \(allowed)" }
    return "\(key): \(Self.shortened(value)) is not allowed; allowed: \(allowed)"
  }

  /// A long list or text without its middle.
  private static func shortened(_ text: String) -> String {
    let most = 200
    guard text.utf8.count > most, text.count > most else { return text }
    return "\(text.prefix(most / 2)) … \(text.suffix(most / 4))"
  }

  /// Throws unless the value lies within the bounds.
  public static func require(
    _ key: String, _ value: Int, in bounds: ClosedRange<Int>
  ) throws(SettingsError) {
    guard bounds.contains(value) else {
      throw SettingsError(key, value, allowed: "\(bounds.lowerBound) to \(bounds.upperBound)")
    }
  }

  /// The error for a group without a key that it needs. A key that is nearly the one is named instead.
  public static func missing(
    _ key: String, in values: [String: SettingValue], allowed: String
  ) -> SettingsError {
    if let written = values.keys.sorted().first(where: { nearestName(to: $0, in: [key]) != nil }) {
      return unknown(written, value: values[written]!, known: [key])
    }
    return SettingsError(missing: key, allowed: allowed)
  }

  /// The same error with its key as the user spelled it.
  func spelled(_ key: String) -> SettingsError {
    SettingsError(key, value: value, allowed: allowed, isMissing: isMissing)
  }

  /// The same error with its key as a path: `examples` inside `[1]` is `[1].examples`.
  public func inside(_ outer: String) -> SettingsError {
    let inner = key.isEmpty || key.hasPrefix("[") ? key : ".\(key)"
    return SettingsError(outer + inner, value: value, allowed: allowed, isMissing: isMissing)
  }

  /// The error for an unknown key, with the nearest of the `known` current names. `oldNames` gives current names by old
  /// ones; old names are compared too, but the message gives the current name.
  public static func unknown(
    _ key: String, value: some CustomStringConvertible, known: [String],
    oldNames: [String: String] = [:]
  ) -> SettingsError {
    let nearest = nearestName(to: key, in: known + oldNames.keys.sorted()).map {
      ", the nearest is \(oldNames[$0] ?? $0)"
    }
    return SettingsError(
      key, value,
      allowed: "\(unknownKeyPrefix)\(nearest ?? "") (known: \(known.joined(separator: ", ")))")
  }

  static let unknownKeyPrefix = "a known key"
}
