import Foundation
import Support

/// Damages safetensors files, reproducibly: changed bits, cuts, splices, wrong lengths, and headers with other numbers
/// and words but a correct length, so that the damage gets past the check of the length.
package struct TensorFileMutation {
  private var damage: Damage
  /// Valid files, whose parts are mixed.
  private let files: [Data]

  package init(seed: UInt64, files: [Data]) {
    damage = Damage(seed: seed)
    self.files = files
  }

  private static let numbers = [
    "0", "1", "2", "3", "4", "7", "8", "255", "65536", "2147483647", "2147483648", "4294967296",
    "4611686018427387904", "9223372036854775807", "9223372036854775808", "18446744073709551615",
    "99999999999999999999999", "-1", "-9223372036854775808", "1.5", "1e3", "01", "null", "[]", "{}",
  ]
  private static let words = [
    "F64", "F32", "F16", "BF16", "I64", "I32", "I16", "I8", "U8", "BOOL", "f32", "inputs", "labels",
    "predictions", "logits", "dtype", "shape", "data_offsets", "__metadata__", "task", "seed",
    "split", "parameters", "mqar", "", "\\u0000", "\\ud83d\\ude42", "\\ud800",
  ]

  /// One file with one to three faults, or by chance none.
  package mutating func next() -> Data {
    var data = damage.pick(files)
    for _ in 0...damage.below(3) {
      data = damage.below(2) == 0 ? damagedBytes(of: data) : damagedHeader(of: data)
    }
    return data
  }

  private mutating func damagedBytes(of data: Data) -> Data {
    Data(
      damage.bytes(of: [UInt8](data), besides: files) { bytes, damage in
        let near = UInt64(damage.below(2 * bytes.count))
        let length = damage.pick([
          near, 0, .max, 1 << 63, 1 << 31, 100_000_001, 1 << UInt64(damage.below(64)),
        ])
        bytes = withUnsafeBytes(of: length.littleEndian, Array.init) + bytes.dropFirst(8)
      })
  }

  /// Changes a number, a word or a piece of the header, and sets the header's length accordingly.
  private mutating func damagedHeader(of data: Data) -> Data {
    guard let parts = Self.parts(of: data), !parts.header.isEmpty else { return data }
    var header = parts.header
    switch damage.below(4) {
    case 0: damage.replaceRun(in: &header, by: Self.numbers) { (0x30...0x39).contains($0) }
    case 1:
      damage.replaceRun(in: &header, by: Self.words) { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || byte == 0x5F
          || (0x61...0x7A).contains(byte)
      }
    case 2:
      let start = damage.below(header.count)
      let end = min(header.count, start + damage.below(80))
      header.insert(contentsOf: header[start..<end], at: damage.below(header.count))
    default:
      let start = damage.below(header.count)
      header[start] = damage.pick(Array(#"{}[]",:\0-. "#.utf8))
    }
    return withUnsafeBytes(of: UInt64(header.count).littleEndian) { Data($0) } + header + parts.rest
  }

  private static func parts(of data: Data) -> (header: [UInt8], rest: Data)? {
    let bytes = [UInt8](data)
    guard bytes.count >= 8 else { return nil }
    let length = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[$1]) << UInt64(8 * $1) }
    guard length <= UInt64(bytes.count - 8) else { return nil }
    return (Array(bytes[8..<8 + Int(length)]), Data(bytes[(8 + Int(length))...]))
  }
}
