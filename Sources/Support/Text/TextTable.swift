/// A header and rows of text, under a title or none.
package struct TextTable: Sendable {
  package let title: String
  /// The header, then the rows.
  package let cells: [[String]]

  package init(_ cells: [[String]], title: String = "") {
    (self.title, self.cells) = (title, cells)
  }

  /// Lines with the first column at the left and the others at the right, and a rule under the header.
  package var aligned: [String] { Self.lines(header: [cells[0]], cells.dropFirst()) }

  private static func lines(header: [[String]], _ rows: ArraySlice<[String]>) -> [String] {
    let all = header + rows
    let widths = all[0].indices.map { column in all.map { $0[column].columns }.max()! }
    let lines = alignedColumns(all)
    return lines.prefix(header.count) + [
      widths.map { String(repeating: "-", count: $0) }.joined(separator: "  ")
    ] + lines.dropFirst(header.count)
  }

  /// The aligned lines for a terminal. Where they are wider than it, titles are broken between words, and then columns are
  /// left out one by one.
  ///
  /// - Parameters:
  ///   - width: columns of the terminal.
  ///   - optional: titles of columns that may be left out, the first one first.
  /// - Returns: the lines, and the titles of what was left out, in the order of the table.
  package func fitted(
    to width: Int, leavingOut optional: [String]
  ) -> (lines: [String], leftOut: [String]) {
    let whole = aligned
    if whole[0].columns <= width, whole[1].columns <= width { return (whole, []) }
    let dropped = optional.filter(cells[0].contains)
    var count = 0
    while true {
      let isOut = Set(dropped.prefix(count))
      let (lines, rule) = linesWithBrokenTitles(without: isOut)
      if lines[rule].columns <= width || count == dropped.count {
        return (lines, cells[0].filter(isOut.contains))
      }
      count += 1
    }
  }

  /// The lines without some columns, and the index of the rule under the header.
  private func linesWithBrokenTitles(without isOut: Set<String>) -> (lines: [String], rule: Int) {
    let kept = cells[0].indices.filter { !isOut.contains(cells[0][$0]) }
    let rows = cells.dropFirst().map { row in kept.map { row[$0] } }
    let titles = kept.enumerated().map { index, column -> [String] in
      let width = rows.map { $0[index].columns }.max() ?? 0
      let longest = cells[0][column].split(separator: " ").map { String($0).columns }.max() ?? 0
      return cells[0][column].lines(to: max(width, longest))
    }
    let height = titles.map(\.count).max() ?? 1
    // A short title stands directly above the rule.
    let header = (0..<height).map { line in
      titles.map { line < height - $0.count ? "" : $0[line - height + $0.count] }
    }
    return (Self.lines(header: header, rows[...]), height)
  }

  package var markdown: [String] {
    let rule = cells[0].indices.map { $0 == 0 ? "---" : "---:" }
    return ([cells[0], rule] + cells.dropFirst()).map { row in
      "| "
        + row.map { Self.markdown($0).replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
    }
  }

  /// Text that Markdown shows as it is: without emphasis, links, code and HTML.
  package static func markdown(_ text: String) -> String {
    text.map { "\\`[".contains($0) ? "\\\($0)" : $0 == "<" ? "&lt;" : "\($0)" }.joined()
      .replacing("**", with: "\\*\\*")
  }

  /// Comma-separated values (RFC 4180).
  package var csv: [String] { CSV.lines(cells) }
}

/// How a table is printed.
package enum TableFormat: Sendable { case text, csv, json, markdown }

/// Blocks of lines as one text; empty lines of a block and empty blocks are left out.
///
/// - Parameter spaced: blocks from this index on have an empty line before them.
package func document(_ blocks: [[String]], between: String, spaced: Int = .max) -> String {
  blocks.enumerated().map { index, block in
    let lines = block.filter { !$0.isEmpty }
    return index >= spaced && !lines.isEmpty ? [""] + lines : lines
  }.filter { !$0.isEmpty }
    .map { $0.joined(separator: "\n") }.joined(separator: between) + "\n"
}
