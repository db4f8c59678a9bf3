/// A setting with a few named values; the error of any other names them.
public protocol SettingChoice: RawRepresentable<String>, CaseIterable, Codable, Hashable, Sendable {
}

extension SettingChoice {
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
