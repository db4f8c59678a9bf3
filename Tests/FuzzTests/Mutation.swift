import Foundation
import Support

/// Damages safetensors files, reproducibly: bits, cuts, splices, lying lengths, and headers whose numbers and
/// words are others while their length is right, so that the damage reaches what reads them.
struct Mutation {
  private var random: RandomStream
  /// Valid files, whose parts are mixed.
  private let files: [Data]

  init(seed: UInt64, files: [Data]) {
    random = RandomStream(seed)
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
  mutating func next() -> Data {
    var data = pick(files)
    for _ in 0...random.below(3) {
      data = random.below(2) == 0 ? damagedBytes(of: data) : damagedHeader(of: data)
    }
    return data
  }

  private mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[random.below(elements.count)]
  }

  private mutating func damagedBytes(of data: Data) -> Data {
    guard !data.isEmpty else { return Data([1]) }
    var bytes = [UInt8](data)
    let place = random.below(bytes.count)
    switch random.below(7) {
    case 0: bytes[place] ^= 1 << UInt8(random.below(8))
    case 1: bytes[place] = UInt8(random.below(256))
    case 2: bytes.removeSubrange(place...)
    case 3: bytes.removeSubrange(place..<min(bytes.count, place + 1 + random.below(16)))
    case 4:
      let end = min(bytes.count, place + random.below(64))
      bytes.insert(contentsOf: bytes[place..<end], at: random.below(bytes.count))
    case 5:
      let other = [UInt8](pick(files))
      bytes = Array(bytes[..<place] + other[random.below(other.count)...])
    default:
      let near = UInt64(random.below(2 * bytes.count))
      let length = pick([
        near, 0, .max, 1 << 63, 1 << 31, 100_000_001, 1 << UInt64(random.below(64)),
      ])
      bytes = withUnsafeBytes(of: length.littleEndian, Array.init) + bytes.dropFirst(8)
    }
    return Data(bytes)
  }

  /// Another number, word or piece in the header, whose length is then told right.
  private mutating func damagedHeader(of data: Data) -> Data {
    guard let parts = Self.parts(of: data), !parts.header.isEmpty else { return data }
    var header = parts.header
    switch random.below(4) {
    case 0: replaceRun(in: &header, by: Self.numbers) { (0x30...0x39).contains($0) }
    case 1:
      replaceRun(in: &header, by: Self.words) { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || byte == 0x5F
          || (0x61...0x7A).contains(byte)
      }
    case 2:
      let place = random.below(header.count)
      let end = min(header.count, place + random.below(80))
      header.insert(contentsOf: header[place..<end], at: random.below(header.count))
    default:
      let place = random.below(header.count)
      header[place] = pick(Array(#"{}[]",:\0-. "#.utf8))
    }
    return withUnsafeBytes(of: UInt64(header.count).littleEndian) { Data($0) } + header + parts.rest
  }

  /// Replaces one run of bytes of a kind by a text.
  private mutating func replaceRun(
    in header: inout [UInt8], by texts: [String], _ belongs: (UInt8) -> Bool
  ) {
    let places = header.indices.filter { belongs(header[$0]) }
    guard !places.isEmpty else { return }
    let place = pick(places)
    var (start, end) = (place, place)
    while start > 0, belongs(header[start - 1]) { start -= 1 }
    while end < header.count, belongs(header[end]) { end += 1 }
    header.replaceSubrange(start..<end, with: pick(texts).utf8)
  }

  private static func parts(of data: Data) -> (header: [UInt8], rest: Data)? {
    let bytes = [UInt8](data)
    guard bytes.count >= 8 else { return nil }
    let length = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[$1]) << UInt64(8 * $1) }
    guard length <= UInt64(bytes.count - 8) else { return nil }
    return (Array(bytes[8..<8 + Int(length)]), Data(bytes[(8 + Int(length))...]))
  }
}
