/// A header and rows of text, under a title or none.
package struct TextTable: Sendable {
  package let title: String
  /// The header, then the rows.
  package let cells: [[String]]

  package init(_ cells: [[String]], title: String = "") {
    (self.title, self.cells) = (title, cells)
  }

  /// Lines with the first column at the left and the others at the right, and a rule under the header.
  package var aligned: [String] {
    let widths = cells[0].indices.map { column in cells.map { $0[column].columns }.max()! }
    let lines = alignedColumns(cells)
    return [lines[0], widths.map { String(repeating: "-", count: $0) }.joined(separator: "  ")]
      + lines.dropFirst()
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
