/// A table as lines of text with columns two spaces apart. Rows may have fewer cells; no line ends with spaces.
/// - Parameters:
///   - left: columns that are aligned at the left; the others are aligned at the right.
///   - widths: the least width of each column; a column is as wide as its widest cell.
package func alignedColumns(
  _ rows: [[String]], left: Set<Int> = [0], widths least: [Int] = []
) -> [String] {
  let columns = rows.map(\.count).max() ?? 0
  var widths = least + Array(repeating: 0, count: max(0, columns - least.count))
  for row in rows {
    for (column, cell) in row.enumerated() { widths[column] = max(widths[column], cell.columns) }
  }
  return rows.map { row in
    let line = row.indices.map { column in
      left.contains(column)
        ? row[column].atLeft(of: widths[column]) : row[column].atRight(of: widths[column])
    }.joined(separator: "  ")
    return line.withoutSpacesAtEnd
  }
}

extension String {
  package var withoutSpacesAtEnd: String {
    utf8.lastIndex { $0 != UInt8(ascii: " ") }.map { String(self[...$0]) } ?? ""
  }

  /// The text, filled with spaces at its end to `width` characters.
  package func atLeft(of width: Int) -> String {
    self + String(repeating: " ", count: Swift.max(0, width - columns))
  }

  /// The text, filled with spaces at its start to `width` characters.
  package func atRight(of width: Int) -> String {
    String(repeating: " ", count: Swift.max(0, width - columns)) + self
  }

  /// The text with lines that are too long broken between words. Lines with a command that people copy stay whole.
  package func fitted(to width: Int) -> String {
    split(separator: "\n", omittingEmptySubsequences: false)
      .map { String($0).fittedLine(to: width) }.joined(separator: "\n")
  }

  /// What follows a break stands under the last column of an aligned line, or two spaces further in than the line.
  private func fittedLine(to width: Int) -> String {
    guard columns > width, !contains(/(^|[ :(`])(\.\/)?recall [a-z]/) else { return self }
    let spaces = prefix { $0 == " " }.count
    let column = matches(of: /\S {2,}/)
      .map { distance(from: startIndex, to: $0.range.upperBound) }.last { $0 <= width / 2 }
    let head = prefix(column ?? spaces)
    let indent = String(repeating: " ", count: column ?? spaces + 2)
    let rest = String(dropFirst(head.count)).lines(to: width - indent.count)
    return head + rest.joined(separator: "\n" + indent)
  }

  /// Lines of whole words, of at most `width` columns where the words allow it.
  ///
  /// - Parameter indent: stands before every line but the first.
  package func lines(to width: Int, indent: String = "") -> [String] {
    split(separator: " ").map(String.init).reduce(into: []) { lines, word in
      if let last = lines.last, last.columns + 1 + word.columns <= width {
        lines[lines.count - 1] += " " + word
      } else {
        lines.append(lines.isEmpty ? word : indent + word)
      }
    }
  }
}
