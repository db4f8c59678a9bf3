/// FNV-1a with 64 bits (Fowler, Noll and Vo): the same on every machine, for names and against damage, not
/// against an attacker.
public struct Checksum: Hashable, Sendable {
  public private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  public init() {}

  /// Of the bytes of a text.
  public init(of text: String) { add(text) }

  /// Takes in one unit: a byte, or a wider word at once.
  public mutating func add(_ unit: UInt64) { value = (value ^ unit) &* 0x100_0000_01B3 }

  /// Takes in the bytes of a text.
  public mutating func add(_ text: String) { for byte in text.utf8 { add(UInt64(byte)) } }

  /// 16 hexadecimal digits.
  public var hexadecimal: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
