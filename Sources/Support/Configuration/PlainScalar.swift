extension SettingValue {
  /// A YAML scalar without quotes, by the core schema of YAML 1.2: null, a boolean, a number, else text.
  package init(plain text: String) {
    switch text {
    case "", "~", "null", "Null", "NULL": self = .null
    case "true", "True", "TRUE": self = .bool(true)
    case "false", "False", "FALSE": self = .bool(false)
    case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": self = .double(.infinity)
    case "-.inf", "-.Inf", "-.INF": self = .double(-.infinity)
    case ".nan", ".NaN", ".NAN": self = .double(.nan)
    default:
      if let value = Self.integer(text) {
        self = .int(value)
      } else if let value = Self.decimal(text) {
        self = .double(value)
      } else {
        self = .string(text)
      }
    }
  }

  /// A decimal integer, or an octal or hexadecimal one such as 0o17 and 0x1F; nil for other text and larger numbers.
  private static func integer(_ text: String) -> Int? {
    let digits = text.dropFirst(2)
    // `Int` also reads a sign.
    guard digits.first?.isHexDigit ?? false else { return Int(text) }
    if text.hasPrefix("0x") { return Int(digits, radix: 16) }
    if text.hasPrefix("0o") { return Int(digits, radix: 8) }
    return Int(text)
  }

  /// A finite number in decimal notation.
  private static func decimal(_ text: String) -> Double? {
    guard let first = text.first, "+-.0123456789".contains(first),
      // What `Double` reads beside decimal numbers: hexadecimal ones, inf and nan.
      !text.contains(where: { "xXnNiIpP".contains($0) }), let value = Double(text), value.isFinite
    else { return nil }
    return value
  }
}
