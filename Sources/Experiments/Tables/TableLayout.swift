import Support

/// Cells under a header as lines of text: the first column to the left, the others to the right.
enum TableLayout {
  static func aligned(_ cells: [[String]]) -> [String] {
    let widths = cells[0].indices.map { column in cells.map { $0[column].count }.max()! }
    let lines = alignedColumns(cells)
    return [lines[0], widths.map { String(repeating: "-", count: $0) }.joined(separator: "  ")]
      + lines.dropFirst()
  }

  static func markdown(_ cells: [[String]]) -> [String] {
    let rule = cells[0].indices.map { $0 == 0 ? "---" : "---:" }
    return ([cells[0], rule] + cells.dropFirst()).map { row in
      "| " + row.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
    }
  }
}
