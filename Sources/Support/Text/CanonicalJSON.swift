import Foundation

extension SettingValue {
  /// Any encodable value as a `SettingValue`. Numbers may also be infinite or NaN.
  public init(encoding value: some Encodable) throws {
    let (infinity, nan) = ("\u{1}inf", "\u{1}nan")
    let encoder = JSONEncoder()
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: infinity, negativeInfinity: "-" + infinity, nan: nan)
    let data = try encoder.encode(value)
    self = try JSONDecoder().decode(SettingValue.self, from: data)
    let numbers = [infinity: Double.infinity, "-" + infinity: -.infinity, nan: .nan]
    if data.range(of: Data("\\u0001".utf8)) != nil { self = replacing(numbers) }
  }

  /// The value with numbers instead of some texts.
  private func replacing(_ numbers: [String: Double]) -> SettingValue {
    switch self {
    case .string(let text): numbers[text].map { .double($0) } ?? self
    case .array(let values): .array(values.map { $0.replacing(numbers) })
    case .object(let values): .object(values.mapValues { $0.replacing(numbers) })
    case .null, .bool, .int, .double: self
    }
  }

  /// JSON with one spelling for each value: keys sorted by their bytes, no spaces, numbers in their
  /// shortest form that reads back to the same bits, whole ones without a fraction (1.0 is 1).
  public var canonicalJSON: String {
    switch self {
    case .null: "null"
    case .bool(let value): value ? "true" : "false"
    case .int(let value): "\(value)"
    case .double(let value):
      Int(exactly: value).map { $0.magnitude < 1 << 53 ? "\($0)" : "\(value)" } ?? "\(value)"
    case .string(let value): Self.quoted(value)
    case .array(let values): "[\(values.map(\.canonicalJSON).joined(separator: ","))]"
    case .object(let values):
      "{\(Self.sorted(values).map { "\(Self.quoted($0.key)):\($0.value.canonicalJSON)" }.joined(separator: ","))}"
    }
  }

  /// JSON for other programs: `canonicalJSON` of `finite`. Hashes never take it.
  package var json: String { finite.canonicalJSON }

  /// The value with null for numbers that are not finite, for which JSON has no spelling. Beside such a KEY of an object,
  /// KEY_is says what it is: inf, -inf or nan.
  package var finite: SettingValue {
    switch self {
    case .double(let number): return number.isFinite ? self : .null
    case .array(let values): return .array(values.map(\.finite))
    case .object(let values):
      var result = values.mapValues(\.finite)
      for case (let key, .double(let number)) in values {
        if let name = number.nameIfNotFinite { result["\(key)_is"] = .string(name) }
      }
      return .object(result)
    case .null, .bool, .int, .string: return self
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

  /// The format of the records that this version reads and writes.
  package static let recordFormat = 1

  /// The key of a record's checksum.
  package static let checksumKey = "checksum"

  /// Whether an object's checksum is the hash of its other values; nil for an object without one, and for other values.
  package var matchesItsChecksum: Bool? {
    guard case .object(var values) = self,
      let checksum = values.removeValue(forKey: Self.checksumKey)
    else { return nil }
    return checksum == .string(SettingValue.object(values).fingerprint)
  }
}
