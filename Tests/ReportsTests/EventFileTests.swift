import ExperimentSamples
import Experiments
import Records
import Reports
import Results
import Scheduling
import Testing
import Training

@Suite struct EventFileTests {
  /// RFC 3720, B.4, and the check value of CRC-32/ISCSI.
  @Test func checksumsOfTheStandard() {
    #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(CRC32C.checksum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
    #expect(CRC32C.checksum((0..<32).map { UInt8($0) }) == 0x46DD_794E)
    #expect(CRC32C.checksum((0..<32).map { UInt8(31 - $0) }) == 0x113F_DB5C)
    #expect(CRC32C.checksum("123456789".utf8) == 0xE306_9283)
    #expect(CRC32C.checksum([]) == 0)
    // LevelDB's mask: TFRecord takes it over.
    #expect(CRC32C.masked([]) == 0xA282_EAD8)
  }

  /// The examples of protobuf's own description of its encoding.
  @Test func messagesHaveTheWireFormat() {
    var message = ProtobufMessage()
    message.add(1, 150)
    message.add(2, "testing")
    message.add(3) { $0.add(1, 150) }
    #expect(
      message.bytes == [
        0x08, 0x96, 0x01, 0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6E, 0x67, 0x1A, 0x03, 0x08,
        0x96, 0x01,
      ])
    var numbers = ProtobufMessage()
    numbers.add(1, 1.0)
    numbers.add(2, Float(1))
    numbers.add(16, -1)
    #expect(
      numbers.bytes == [0x09, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 0x15, 0, 0, 0x80, 0x3F, 0x80, 0x01]
        + [UInt8](repeating: 0xFF, count: 9) + [0x01])
  }

  /// The first record of every event file, as TensorFlow writes it for time 0.
  @Test func recordsAreFramed() throws {
    let bytes = EventFile(time: 0).bytes
    let event: [UInt8] =
      [0x09] + [UInt8](repeating: 0, count: 8) + [0x1A, 0x0D] + Array("brain.Event:2".utf8)
    #expect(Array(bytes.prefix(8)) == [24, 0, 0, 0, 0, 0, 0, 0])
    #expect(Array(bytes[8..<12]) == CRC32C.masked(bytes.prefix(8)).littleEndianBytes)
    #expect(Array(bytes[12..<36]) == event)
    #expect(Array(bytes[36...]) == CRC32C.masked(event).littleEndianBytes)
  }
}
