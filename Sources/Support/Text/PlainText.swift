// Texts that people write go into tables, charts, pages and terminals. They are made plain where they are read.

extension Unicode.Scalar {
  /// Whether it does something to a terminal or a line instead of being shown: control characters, and those that turn
  /// the direction of what follows.
  fileprivate var isHidden: Bool {
    switch value {
    case 0x202A...0x202E, 0x2066...0x2069, 0x2028, 0x2029: true
    default: isControl
    }
  }

  /// Whether it is a control character, or a code point that no character will ever have; XML forbids both.
  package var isControl: Bool {
    // By number, as Unicode promises never to change them: looking up its properties takes many times as long.
    switch value {
    case 0...0x1F, 0x7F...0x9F, 0xFDD0...0xFDEF: true
    default: value & 0xFFFE == 0xFFFE
    }
  }
}

extension StringProtocol {
  /// The text on one line: white space and hidden characters become one space, none at the ends.
  package var oneLine: String {
    var (result, isPending) = (String.UnicodeScalarView(), false)
    for scalar in unicodeScalars {
      if scalar.isHidden || scalar.properties.isWhitespace {
        isPending = !result.isEmpty
        continue
      }
      if isPending { result.append(" ") }
      isPending = false
      result.append(scalar)
    }
    return String(result)
  }

  /// The text with U+FFFD for hidden characters other than line breaks and tabs: it does nothing to a terminal.
  package var harmless: String {
    guard unicodeScalars.contains(where: { $0.isHidden && $0 != "\n" && $0 != "\t" }) else {
      return String(self)
    }
    return String(
      String.UnicodeScalarView(
        unicodeScalars.map { $0.isHidden && $0 != "\n" && $0 != "\t" ? "\u{FFFD}" : $0 }))
  }

  /// The first hidden character other than a line break or a tab, such as U+001B.
  package var hiddenCharacter: String? {
    unicodeScalars.first { $0.isHidden && $0 != "\n" && $0 != "\t" }.map { scalar in
      let digits = String(scalar.value, radix: 16, uppercase: true)
      return "U+" + String(repeating: "0", count: Swift.max(0, 4 - digits.count)) + digits
    }
  }

  /// Columns that it takes in a terminal: two for a Chinese, Japanese or Korean character or an emoji.
  package var columns: Int {
    // Every ASCII character takes one, and most texts have no other.
    utf8.allSatisfy { $0 < 0x80 && $0 != 0x0D }
      ? utf8.count : reduce(0) { $0 + ($1.isWide ? 2 : 1) }
  }
}

extension Character {
  /// Whether it is as wide as two letters: East Asian Width W and F.
  package var isWide: Bool {
    switch unicodeScalars.first!.value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
      0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF,
      0x20000...0x3FFFD:
      true
    default: false
    }
  }
}
