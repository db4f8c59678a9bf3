/// FNV-1a, 64 bits, over numbers as little-endian bytes: the same on every machine.
public struct ContentHash: Hashable, Sendable, CustomStringConvertible {
  public private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  public init() {}

  public mutating func combine(_ numbers: some Sequence<Int32>) {
    for number in numbers {
      var bits = UInt32(bitPattern: number)
      for _ in 0..<4 {
        value = (value ^ UInt64(bits & 0xFF)) &* 0x100_0000_01B3
        bits >>= 8
      }
    }
  }

  /// 16 hexadecimal digits.
  public var description: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
