/// A setting with a few named values; the error of any other names them.
///
/// The raw value is the spelling in stored files, which never changes. A value with a newer name is written
/// by either.
public protocol SettingChoice: RawRepresentable<String>, CaseIterable, Codable, Hashable, Sendable {
  /// What users type and read; by default the raw value.
  var name: String { get }
}

extension SettingChoice {
  public var name: String { rawValue }

  /// The value of a name or of its spelling in stored files.
  public init?(name: String) {
    guard let choice = Self.allCases.first(where: { $0.name == name }) ?? Self(rawValue: name)
    else { return nil }
    self = choice
  }

  /// All names, for messages.
  public static var names: String { allCases.map(\.name).joined(separator: ", ") }

  public init(from decoder: any Decoder) throws {
    let name = try decoder.singleValueContainer().decode(String.self)
    guard let choice = Self(rawValue: name) else {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: decoder.codingPath,
          debugDescription: Self.allCases.map(\.rawValue).joined(separator: ", ")))
    }
    self = choice
  }
}
