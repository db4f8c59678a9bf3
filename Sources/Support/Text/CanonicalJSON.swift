import Foundation

extension SettingValue {
  /// Any encodable value as a `SettingValue`.
  public init(encoding value: some Encodable) throws {
    self = try JSONDecoder().decode(SettingValue.self, from: JSONEncoder().encode(value))
  }

  /// JSON with one spelling for each value: keys sorted by their bytes, no spaces, numbers in their
  /// shortest form that reads back to the same bits, whole ones without a fraction (1.0 is 1).
  public var canonicalJSON: String {
    switch self {
    case .null: "null"
    case .bool(let value): value ? "true" : "false"
    case .int(let value): "\(value)"
    case .double(let value):
      Int(exactly: value).map { abs($0) < 1 << 53 ? "\($0)" : "\(value)" } ?? "\(value)"
    case .string(let value): Self.quoted(value)
    case .array(let values): "[\(values.map(\.canonicalJSON).joined(separator: ","))]"
    case .object(let values):
      "{\(Self.sorted(values).map { "\(Self.quoted($0.key)):\($0.value.canonicalJSON)" }.joined(separator: ","))}"
    }
  }

  /// JSON for other programs: as `canonicalJSON`, but with null for numbers that are not finite, for which JSON has no
  /// spelling. Hashes never take it.
  package var json: String { finite.canonicalJSON }

  private var finite: SettingValue {
    switch self {
    case .double(let number): number.isFinite ? self : .null
    case .array(let values): .array(values.map(\.finite))
    case .object(let values): .object(values.mapValues(\.finite))
    case .null, .bool, .int, .string: self
    }
  }

  private static func sorted(
    _ values: [String: SettingValue]
  ) -> [(key: String, value: SettingValue)] {
    values.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case _ where scalar.value < 32:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  /// The hash of this value: FNV-1a (64 bits) of its canonical JSON, as 16 hexadecimal digits.
  public var fingerprint: String { Checksum(of: canonicalJSON).hexadecimal }
}
