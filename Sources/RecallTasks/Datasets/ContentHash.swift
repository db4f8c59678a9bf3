import Support

/// FNV-1a, 64 bits, over numbers as little-endian bytes: the same on every machine.
public struct ContentHash: Hashable, Sendable, CustomStringConvertible {
  private var checksum = Checksum()

  public init() {}

  public mutating func combine(_ numbers: some Sequence<Int32>) {
    for number in numbers {
      var bits = UInt32(bitPattern: number)
      for _ in 0..<4 {
        checksum.add(UInt64(bits & 0xFF))
        bits >>= 8
      }
    }
  }

  /// 16 hexadecimal digits.
  public var description: String { checksum.hexadecimal }
}
