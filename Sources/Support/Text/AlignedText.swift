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
