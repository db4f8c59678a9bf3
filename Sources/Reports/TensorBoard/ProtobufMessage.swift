/// A protocol buffer that grows field by field, with the few types that TensorBoard's events need.
///
/// https://protobuf.dev/programming-guides/encoding
package struct ProtobufMessage {
  package private(set) var bytes: [UInt8] = []

  package init() {}

  private enum WireType: UInt64 {
    case varint = 0
    case fixed64 = 1
    case delimited = 2
    case fixed32 = 5
  }

  package mutating func add(_ field: UInt64, _ value: Int) {
    begin(field, .varint)
    varint(UInt64(bitPattern: Int64(value)))
  }

  package mutating func add(_ field: UInt64, _ value: Double) {
    begin(field, .fixed64)
    bytes += value.bitPattern.littleEndianBytes
  }

  package mutating func add(_ field: UInt64, _ value: Float) {
    begin(field, .fixed32)
    bytes += value.bitPattern.littleEndianBytes
  }

  package mutating func add(_ field: UInt64, _ value: String) { add(field, Array(value.utf8)) }

  /// Adds a message as a field.
  package mutating func add(_ field: UInt64, _ fill: (inout ProtobufMessage) -> Void) {
    var message = ProtobufMessage()
    fill(&message)
    add(field, message.bytes)
  }

  private mutating func add(_ field: UInt64, _ content: [UInt8]) {
    begin(field, .delimited)
    varint(UInt64(content.count))
    bytes += content
  }

  private mutating func begin(_ field: UInt64, _ type: WireType) {
    varint(field << 3 | type.rawValue)
  }

  /// Seven bits per byte, the lowest first. The top bit means that another byte follows.
  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}

extension FixedWidthInteger {
  package var littleEndianBytes: [UInt8] { withUnsafeBytes(of: littleEndian, Array.init) }
}
