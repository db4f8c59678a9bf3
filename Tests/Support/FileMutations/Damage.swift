import Foundation
import Support

/// Random changes of bytes that every kind of file shares; the same seed makes the same changes.
package struct Damage {
  private var random: RandomStream

  package init(seed: UInt64, trial: Int = 0) {
    random = trial == 0 ? RandomStream(seed) : RandomStream(seed, UInt64(trial))
  }

  package mutating func below(_ bound: Int) -> Int { random.below(bound) }

  package mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[random.below(elements.count)]
  }

  /// Flips a bit, replaces a byte, cuts the file, repeats a piece, or continues with a piece of another file.
  ///
  /// - Parameter special: one more change, which only this kind of file has.
  package mutating func bytes(
    of data: [UInt8], besides files: [Data], special: (inout [UInt8], inout Damage) -> Void
  ) -> [UInt8] {
    guard !data.isEmpty else { return [1] }
    var bytes = data
    let position = below(bytes.count)
    switch below(7) {
    case 0: bytes[position] ^= 1 << UInt8(below(8))
    case 1: bytes[position] = UInt8(below(256))
    case 2: bytes.removeSubrange(position...)
    case 3: bytes.removeSubrange(position..<min(bytes.count, position + 1 + below(16)))
    case 4:
      let end = min(bytes.count, position + below(64))
      bytes.insert(contentsOf: bytes[position..<end], at: below(bytes.count))
    case 5:
      let other = [UInt8](pick(files))
      bytes = Array(bytes[..<position] + other[below(other.count)...])
    default: special(&bytes, &self)
    }
    return bytes
  }

  /// Replaces one run of bytes of a kind by a text.
  package mutating func replaceRun(
    in bytes: inout [UInt8], by texts: [String], _ belongs: (UInt8) -> Bool
  ) {
    let positions = bytes.indices.filter { belongs(bytes[$0]) }
    guard !positions.isEmpty else { return }
    var start = pick(positions)
    var end = start
    while start > 0, belongs(bytes[start - 1]) { start -= 1 }
    while end < bytes.count, belongs(bytes[end]) { end += 1 }
    bytes.replaceSubrange(start..<end, with: pick(texts).utf8)
  }
}
