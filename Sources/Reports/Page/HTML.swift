/// A piece of a page: HTML that is also well-formed XML. Text is always escaped; only `init(trusted:)` takes markup.
struct HTML: Sendable {
  private(set) var markup: String

  /// Text as the reader sees it.
  init(_ text: String) { markup = Self.escaped(text) }

  /// Markup from this program.
  init(trusted markup: String) { self.markup = markup }

  init(_ parts: [HTML]) { markup = parts.map(\.markup).joined() }

  fileprivate static func text(of attributes: KeyValuePairs<String, String?>) -> String {
    // A parser of XML reads a line's end in a value as a space.
    attributes.map { name, value in
      value.map { " \(name)=\"\(escaped($0).replacing("\n", with: "&#10;"))\"" } ?? ""
    }.joined()
  }

  fileprivate static let voidElements: Set = ["br", "hr", "meta"]

  /// Escapes characters that have a meaning in HTML, and replaces characters that XML forbids.
  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\t", "\n": result.unicodeScalars.append(scalar)
      case _
      where scalar.value < 32 || (0x7F...0x9F).contains(scalar.value)
        || (0xFFFE...0xFFFF).contains(scalar.value):
        result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

/// An element. An attribute whose value is nil does not appear.
func element(
  _ name: String, _ attributes: KeyValuePairs<String, String?> = [:],
  @HTMLBuilder _ content: () throws -> HTML
) rethrows -> HTML {
  let content = try content().markup
  let start = "<\(name)\(HTML.text(of: attributes))"
  if HTML.voidElements.contains(name) { return HTML(trusted: "\(start)/>") }
  return HTML(trusted: "\(start)>\(content)</\(name)>")
}

func element(
  _ name: String, _ attributes: KeyValuePairs<String, String?> = [:], _ text: String = ""
) -> HTML {
  element(name, attributes) { text }
}

/// Builds the content of an element from a list of elements and texts.
@resultBuilder
enum HTMLBuilder {
  static func buildExpression(_ html: HTML) -> HTML { html }
  static func buildExpression(_ text: String) -> HTML { HTML(text) }
  static func buildBlock(_ parts: HTML...) -> HTML { HTML(parts) }
  static func buildArray(_ parts: [HTML]) -> HTML { HTML(parts) }
  static func buildOptional(_ part: HTML?) -> HTML { part ?? HTML([]) }
  static func buildEither(first: HTML) -> HTML { first }
  static func buildEither(second: HTML) -> HTML { second }
}
