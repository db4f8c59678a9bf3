/// Comma-separated values (RFC 4180): a field with a comma, a quote or a line break is quoted. A text that a spreadsheet
/// would take for a formula gets an apostrophe before it.
package enum CSV {
  /// Rows of fields as lines without line breaks.
  package static func lines(_ rows: [[String]]) -> [String] {
    rows.map { $0.map(quoted).joined(separator: ",") }
  }

  private static func quoted(_ text: String) -> String {
    let isFormula = text.first.map { "=+-@\t\r".contains($0) } ?? false && Double(text) == nil
    let field = isFormula ? "'" + text : text
    guard field.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return field }
    return "\"" + field.replacing("\"", with: "\"\"") + "\""
  }

  /// The rows of a text, without empty lines; nil if a quoted field does not end.
  package static func rows(_ text: String) -> [[String]]? {
    var rows: [[String]] = []
    var row: [String] = []
    var field = ""
    var isQuoted = false
    var rest = text[...]
    func isEmptyLine() -> Bool { row.isEmpty && field.isEmpty }
    while let character = rest.popFirst() {
      switch character {
      case "\"" where isQuoted && rest.first == "\"": field.append(rest.removeFirst())
      case "\"" where isQuoted || field.isEmpty: isQuoted.toggle()
      case "," where !isQuoted:
        row.append(field)
        field = ""
      case _ where character.isNewline && !isQuoted:
        if !isEmptyLine() { rows.append(row + [field]) }
        (row, field) = ([], "")
      default: field.append(character)
      }
    }
    guard !isQuoted else { return nil }
    return isEmptyLine() ? rows : rows + [row + [field]]
  }
}
