import Foundation

extension SettingValue {
  /// Reads JSON. Throws `JSONError` for text that is not JSON, and for a key that an object has twice.
  ///
  /// `JSONDecoder` would try one type of value after the other, which takes seconds for the record of a long run.
  package init(json data: Data) throws(JSONError) {
    var bytes = [UInt8](data)
    // Ends every number, word and text.
    bytes.append(0)
    var reader = JSONReader(bytes: bytes)
    self = try reader.document()
  }
}

/// Where a text is not JSON.
package struct JSONError: Error, CustomStringConvertible {
  let problem: String
  let byte: Int

  package var description: String { "not JSON: \(problem) at byte \(byte)" }
}

private struct JSONReader {
  private static let mostLevels = 512

  let bytes: [UInt8]
  private var position = 0
  private var level = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func document() throws(JSONError) -> SettingValue {
    let value = try value()
    skipSpace()
    guard position == bytes.count - 1 else { throw fault("something after the end") }
    return value
  }

  private func fault(_ problem: String) -> JSONError { JSONError(problem: problem, byte: position) }

  private mutating func skipSpace() {
    while true {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }

  /// Whether the next byte is this one, which is then taken.
  private mutating func take(_ byte: Unicode.Scalar) -> Bool {
    skipSpace()
    guard bytes[position] == UInt8(ascii: byte) else { return false }
    position += 1
    return true
  }

  private mutating func value() throws(JSONError) -> SettingValue {
    skipSpace()
    switch bytes[position] {
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try list()
    case UInt8(ascii: "\""): return .string(try text())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func word(_ word: String, _ value: SettingValue) throws(JSONError)
    -> SettingValue
  {
    guard bytes[position...].starts(with: word.utf8) else { throw fault("an unknown word") }
    position += word.utf8.count
    return value
  }

  private mutating func enter() throws(JSONError) {
    (position, level) = (position + 1, level + 1)
    guard level <= Self.mostLevels else { throw fault("more than \(Self.mostLevels) levels") }
  }

  private mutating func list() throws(JSONError) -> SettingValue {
    try enter()
    defer { level -= 1 }
    var values: [SettingValue] = []
    if take("]") { return .array([]) }
    repeat { values.append(try value()) } while take(",")
    guard take("]") else { throw fault("a list that does not end") }
    return .array(values)
  }

  private mutating func object() throws(JSONError) -> SettingValue {
    try enter()
    defer { level -= 1 }
    var values: [String: SettingValue] = [:]
    if take("}") { return .object([:]) }
    repeat {
      skipSpace()
      guard bytes[position] == UInt8(ascii: "\"") else { throw fault("an object without a key") }
      let key = try text()
      guard take(":") else { throw fault("a key without a value") }
      guard values.updateValue(try value(), forKey: key) == nil else {
        throw fault("the key \(key.debugDescription) twice")
      }
    } while take(",")
    guard take("}") else { throw fault("an object that does not end") }
    return .object(values)
  }

  /// A number as JSON writes it: no sign "+", no leading zeros, digits on both sides of a point.
  private mutating func number() throws(JSONError) -> SettingValue {
    let start = position
    func digits(_ reader: inout JSONReader) -> Int {
      let first = reader.position
      while (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(reader.bytes[reader.position]) {
        reader.position += 1
      }
      return reader.position - first
    }
    if bytes[position] == UInt8(ascii: "-") { position += 1 }
    let first = bytes[position]
    let whole = digits(&self)
    guard whole == 1 || whole > 1 && first != UInt8(ascii: "0") else {
      throw fault("neither a value nor a number")
    }
    var isWhole = true
    if bytes[position] == UInt8(ascii: ".") {
      (position, isWhole) = (position + 1, false)
      guard digits(&self) > 0 else { throw fault("a number without digits after its point") }
    }
    if [UInt8(ascii: "e"), UInt8(ascii: "E")].contains(bytes[position]) {
      (position, isWhole) = (position + 1, false)
      if [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(bytes[position]) { position += 1 }
      guard digits(&self) > 0 else { throw fault("a number without an exponent") }
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isWhole, let number = Int(text) { return .int(number) }
    guard let number = Double(text), number.isFinite else {
      throw fault("a number that is too large")
    }
    return Int(exactly: number).map { .int($0) } ?? .double(number)
  }

  private mutating func text() throws(JSONError) -> String {
    position += 1
    var result = try plainText()
    while bytes[position] == UInt8(ascii: "\\") {
      result.unicodeScalars.append(try escape())
      result += try plainText()
    }
    position += 1
    return result
  }

  /// The characters up to the next quotation mark or escape.
  private mutating func plainText() throws(JSONError) -> String {
    let start = position
    while bytes[position] != UInt8(ascii: "\""), bytes[position] != UInt8(ascii: "\\") {
      guard bytes[position] >= 0x20 else { throw fault("a text that does not end") }
      position += 1
    }
    guard let text = String(validating: bytes[start..<position], as: UTF8.self) else {
      throw fault("a text that is not UTF-8")
    }
    return text
  }

  private mutating func escape() throws(JSONError) -> Unicode.Scalar {
    let letter = bytes[position + 1]
    position += 2
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(letter)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      let high = try unit()
      guard (0xD800..<0xDC00).contains(high) else {
        guard let scalar = Unicode.Scalar(high) else { throw fault("half of a character") }
        return scalar
      }
      guard bytes[position...].starts(with: "\\u".utf8) else { throw fault("half of a character") }
      position += 2
      let low = try unit()
      guard (0xDC00..<0xE000).contains(low),
        let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
      else { throw fault("half of a character") }
      return scalar
    default: throw fault("an unknown escape")
    }
  }

  /// Four hexadecimal digits.
  private mutating func unit() throws(JSONError) -> UInt32 {
    var unit: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue else {
        throw fault("an unknown escape")
      }
      (unit, position) = (unit << 4 | UInt32(digit), position + 1)
    }
    return unit
  }
}
