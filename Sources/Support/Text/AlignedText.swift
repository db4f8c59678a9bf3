/// Cells in columns two spaces apart, each as wide as its widest cell; columns in `left` start at the
/// left, the others end at the right. Rows may be short; nothing follows a line's last character.
public func alignedColumns(_ rows: [[String]], left: Set<Int> = [0]) -> [String] {
  let columns = rows.map(\.count).max() ?? 0
  let widths = (0..<columns).map { column in
    rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
  }
  return rows.map { row in
    let line = row.indices.map { column in
      let space = String(repeating: " ", count: widths[column] - row[column].count)
      return left.contains(column) ? row[column] + space : space + row[column]
    }.joined(separator: "  ")
    return String(line.reversed().drop { $0 == " " }.reversed())
  }
}
