import Foundation
import Support
import Synchronization

/// Which characters the installed fonts have. For another one gnuplot's PNG has a box, which is as large as the picture.
enum FontCoverage {
  /// What fontconfig said of a character.
  private static let known = Mutex<[Unicode.Scalar: Bool]>([:])
  /// Asking takes some milliseconds for each character.
  private static let mostQuestions = 300

  /// Whether a font has it.
  static func hasGlyph(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return true }
    if let answer = known.withLock({ $0[scalar] }) { return answer }
    guard known.withLock({ $0.count }) < mostQuestions else { return false }
    let pattern = ":charset=" + String(scalar.value, radix: 16)
    let list = Subprocess(["fc-list", pattern, "family"], within: 5)
    // Without fontconfig's program: what nearly every font has.
    let answer = list.map { !$0.output.isEmpty } ?? (scalar.value < 0x250)
    known.withLock { $0[scalar] = answer }
    return answer
  }
}

extension String {
  /// The text with "?" for characters that no font has.
  fileprivate var drawable: String {
    if utf8.allSatisfy({ $0 < 0x80 }) { return self }
    let scalars = unicodeScalars.compactMap { scalar -> Unicode.Scalar? in
      // Such as joiners within an emoji, which show nothing by themselves.
      if scalar.properties.isDefaultIgnorableCodePoint { return nil }
      return FontCoverage.hasGlyph(scalar) ? scalar : "?"
    }
    return String(String.UnicodeScalarView(scalars))
  }
}

extension Chart {
  /// The chart as it can be drawn as a PNG here.
  var drawable: Chart {
    Chart(
      kind,
      variables: variables.mapValues { value in
        if case .text(let text) = value { .text(text.drawable) } else { value }
      },
      blocks: blocks.map { DataBlock($0.name, rows: $0.rows.map { $0.map(\.drawable) }) })
  }
}
