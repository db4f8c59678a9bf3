/// Reads the part of JSON that safetensors headers use: objects, strings, and lists of non-negative integers.
///
/// Unlike a general JSON reader it never recurses, so nesting cannot exhaust the stack, and it reports every key,
/// so repeated keys are found.
struct HeaderScanner {
  typealias Fault = SafetensorsHeader.Fault
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
  }

  private func expected(_ what: String) -> Fault {
    .invalid(nil, "the header is not valid: expected \(what) at its byte \(position)")
  }

  /// Skips white space, then `character` if it comes next; returns whether it did.
  private mutating func skip(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard next == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func require(_ character: Unicode.Scalar) throws(Fault) {
    guard skip(character) else { throw expected("\"\(character)\"") }
  }

  /// Calls `body` at every value of an object; it must read the value.
  mutating func object(
    _ body: (_ key: String, _ scanner: inout HeaderScanner) throws(Fault) -> Void
  ) throws(Fault) {
    try require("{")
    if skip("}") { return }
    repeat {
      let key = try string()
      try require(":")
      try body(key, &self)
    } while skip(",")
    try require("}")
  }

  /// A list of integers that are not negative.
  mutating func naturals() throws(Fault) -> [Int] {
    try require("[")
    if skip("]") { return [] }
    var numbers: [Int] = []
    repeat { numbers.append(try natural()) } while skip(",")
    try require("]")
    return numbers
  }

  private mutating func natural() throws(Fault) -> Int {
    skipSpace()
    let start = position
    var number = 0
    while let byte = next, (0x30...0x39).contains(byte) {
      let (tens, overflow) = number.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tens.addingReportingOverflow(Int(byte - 0x30))
      guard !overflow, !carry else { throw expected("a number that fits in 64 bits") }
      number = sum
      position += 1
    }
    let hasLeadingZero = position > start + 1 && bytes[start] == 0x30
    guard position > start, !hasLeadingZero else { throw expected("an integer, not negative,") }
    return number
  }

  mutating func string() throws(Fault) -> String {
    try require("\"")
    var text: [UInt8] = []
    while true {
      guard let byte = next, byte >= 0x20 else { throw expected("the rest of a string") }
      position += 1
      if byte == UInt8(ascii: "\"") { break }
      if byte == UInt8(ascii: "\\") {
        text.append(contentsOf: Array(String(try escape()).utf8))
      } else {
        text.append(byte)
      }
    }
    guard let string = String(validating: text, as: UTF8.self) else {
      throw .invalid(nil, "the header is not valid UTF-8 before its byte \(position)")
    }
    return string
  }

  /// Reads an escape sequence after its backslash, and returns the character that it means.
  private mutating func escape() throws(Fault) -> Unicode.Scalar {
    guard let byte = next else { throw expected("the rest of a string") }
    position += 1
    switch Unicode.Scalar(byte) {
    case "\"", "\\", "/": return Unicode.Scalar(byte)
    case "b": return "\u{8}"
    case "f": return "\u{C}"
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "u": return try escapedScalar()
    default: throw expected("an escaped character")
    }
  }

  private mutating func escapedScalar() throws(Fault) -> Unicode.Scalar {
    var code = try hexadecimal()
    if (0xD800..<0xDC00).contains(code) {
      // The first half of a surrogate pair.
      guard next == UInt8(ascii: "\\") else { throw expected("a low surrogate") }
      position += 1
      guard next == UInt8(ascii: "u") else { throw expected("a low surrogate") }
      position += 1
      let low = try hexadecimal()
      guard (0xDC00..<0xE000).contains(low) else { throw expected("a low surrogate") }
      code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(code) else { throw expected("a character") }
    return scalar
  }

  private mutating func hexadecimal() throws(Fault) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw expected("four hexadecimal digits")
      }
      code = code << 4 | UInt32(digit)
      position += 1
    }
    return code
  }

  /// Throws if anything but white space follows.
  mutating func end() throws(Fault) {
    skipSpace()
    guard next == nil else { throw expected("the end") }
  }
}
