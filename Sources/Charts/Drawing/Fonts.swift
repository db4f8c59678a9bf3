import Foundation
import Support

/// Which characters the fonts of this machine have.
///
/// Where none has a character, cairo draws a box with its number. In gnuplot's pictures that box is many times as large as
/// the text, so that it covers everything; a plain small box stands for such a character instead. An SVG keeps it, because
/// the reader's machine may have a font.
enum Fonts {
  /// What stands for a character without a font.
  static let substitute: Character = "□"

  /// The characters of a text that no font here has.
  static func missing(in texts: some Sequence<String>) -> Set<Character> {
    let all = Set(texts.joined()).filter { character in
      !character.unicodeScalars.allSatisfy { isUsual($0.value) }
    }
    guard !all.isEmpty else { return [] }
    let known = installed
    return all.filter { character in
      !character.unicodeScalars.allSatisfy { scalar in
        isUsual(scalar.value) || known.contains { $0.contains(scalar.value) }
      }
    }
  }

  /// The text with a box for each character that is missing.
  static func substituted(_ text: String, _ missing: Set<Character>) -> String {
    missing.isEmpty ? text : String(text.map { missing.contains($0) ? substitute : $0 })
  }

  /// Latin, Greek and Cyrillic letters, punctuation, arrows and mathematical signs: every usual font has them.
  private static func isUsual(_ scalar: UInt32) -> Bool {
    scalar < 0x530 || (0x1E00...0x23FF).contains(scalar) || (0x2500...0x27BF).contains(scalar)
  }

  /// The ranges of the installed fonts, which `fc-list` of fontconfig prints as "20-7e a0 …"; none without that program.
  private static let installed: [ClosedRange<UInt32>] = {
    guard let list = Subprocess(["fc-list", "--format", "%{charset} "], within: 20),
      list.status == 0
    else { return [] }
    return Set(list.output.split(separator: " ")).compactMap { range in
      let ends = range.split(separator: "-").compactMap { UInt32($0, radix: 16) }
      guard let low = ends.first, let high = ends.last, low <= high else { return nil }
      return low...high
    }
  }()
}

extension Chart {
  /// Characters of its texts that no font here has: a small box stands for each in PNG and PDF.
  public var missingCharacters: Set<Character> { Fonts.missing(in: texts) }

  private var texts: [String] {
    let own = variables.values.compactMap { value -> String? in
      guard case .text(let text) = value else { return nil }
      return text
    }
    return own + blocks.flatMap { $0.rows.joined() }
  }

  /// Its variables and tables with boxes for those characters.
  func substituting(_ missing: Set<Character>) -> ([String: GnuplotValue], [DataBlock]) {
    guard !missing.isEmpty else { return (variables, blocks) }
    let texts = variables.mapValues { value -> GnuplotValue in
      guard case .text(let text) = value else { return value }
      return .text(Fonts.substituted(text, missing))
    }
    return (
      texts,
      blocks.map { block in
        DataBlock(
          block.name, rows: block.rows.map { $0.map { Fonts.substituted($0, missing) } })
      }
    )
  }
}
