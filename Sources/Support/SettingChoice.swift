/// A setting with a few named values; the error of any other names them.
public protocol SettingChoice: RawRepresentable<String>, CaseIterable, Codable, Hashable, Sendable {
  /// The value's name in records, for ever; files may use it too. By default its current name.
  var recordName: String { get }
}

extension SettingChoice {
  public var recordName: String { rawValue }

  /// The value of a current or an old name.
  public init?(name: String) {
    guard let choice = Self.allCases.first(where: { [$0.rawValue, $0.recordName].contains(name) })
    else { return nil }
    self = choice
  }

  public init(from decoder: any Decoder) throws {
    let name = try decoder.singleValueContainer().decode(String.self)
    guard let choice = Self(name: name) else {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: decoder.codingPath,
          debugDescription: Self.allCases.map(\.rawValue).joined(separator: ", ")))
    }
    self = choice
  }

  public func encode(to encoder: any Encoder) throws { try recordName.encode(to: encoder) }
}
