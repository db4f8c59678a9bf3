/// FNV-1a with 64 bits (Fowler, Noll and Vo), the same on every machine. It serves for names and detects damage, but
/// does not protect against an attacker.
public struct Checksum: Hashable, Sendable {
  public private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  public init() {}

  /// The checksum of the bytes of a text.
  public init(of text: String) { add(text) }

  /// Adds a byte, or several bytes as one number.
  public mutating func add(_ unit: UInt64) { value = (value ^ unit) &* 0x100_0000_01B3 }

  /// Adds the bytes of a text.
  public mutating func add(_ text: String) { for byte in text.utf8 { add(UInt64(byte)) } }

  /// The checksum as 16 hexadecimal digits.
  public var hexadecimal: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
