import Foundation

extension ResultTable {
  public enum Format: Sendable { case text, csv, markdown }

  /// The table for a person, or as CSV or Markdown.
  public func text(_ format: Format) -> String {
    switch format {
    case .text: Self.document([[note], aligned, notes], between: "\n")
    case .markdown:
      Self.document([[note], markdown, notes.map { $0 + "  " }], between: "\n\n")
    case .csv: Self.document([csv], between: "\n")
    }
  }

  private static func document(
    _ blocks: [[String]], between: String
  ) -> String {
    blocks.map { $0.filter { !$0.isEmpty } }.filter { !$0.isEmpty }
      .map { $0.joined(separator: "\n") }.joined(separator: between) + "\n"
  }

  private var hasPublished: Bool { publishedSource != nil }

  /// Header and cells, as a person reads them.
  private var cells: [[String]] {
    let header =
      ["model", "state / attention"] + (hasPublished ? ["published state", "published"] : [])
      + ["accuracy", "exact match", "lr", "runs"]
    return [header]
      + lines.map { line in
        let published =
          hasPublished
          ? [line.publishedCapacity ?? "", line.published.map { fixed($0, 2) } ?? ""] : []
        return [line.label, line.capacityText] + published + [
          line.accuracyText, line.score.map { fixed($0.exactMatch, 3) } ?? "",
          line.score.map { "\($0.learningRate)\($0.isAtEdge ? " *" : "")" } ?? "",
          "\(line.finished)/\(line.runs)",
        ]
      }
  }

  private var aligned: [String] {
    let cells = cells
    let widths = cells[0].indices.map { column in cells.map { $0[column].count }.max()! }
    let lines = cells.map { row in
      row.indices.map { column in
        let space = String(repeating: " ", count: widths[column] - row[column].count)
        return column == 0 ? row[column] + space : space + row[column]
      }.joined(separator: "  ")
    }
    return [lines[0], widths.map { String(repeating: "-", count: $0) }.joined(separator: "  ")]
      + lines.dropFirst()
  }

  private var markdown: [String] {
    let cells = cells
    let rule = cells[0].indices.map { $0 == 0 ? "---" : "---:" }
    return ([cells[0], rule] + cells.dropFirst()).map { row in
      "| " + row.map { $0.replacingOccurrences(of: "|", with: "\\|") }.joined(separator: " | ")
        + " |"
    }
  }

  /// What the cells' marks mean.
  private var notes: [String] {
    var notes: [String] = []
    if let publishedSource { notes.append("published: \(publishedSource)") }
    if lines.contains(where: { $0.score?.isAtEdge == true }) {
      notes.append("* the best learning rate is at the edge of the grid; a wider one may do better")
    }
    if lines.contains(where: { ($0.score?.seeds ?? 0) > 1 }) {
      notes.append("accuracy: mean over seeds (lowest–highest)")
    }
    for line in lines where !line.failures.isEmpty && line.score != nil {
      notes.append("\(line.label): failed runs: \(line.failures.joined(separator: "; "))")
    }
    return notes
  }

  private var csv: [String] {
    let header =
      "model,kind,capacity,published_capacity,published_accuracy,accuracy,accuracy_low,"
      + "accuracy_high,exact_match,validation_accuracy,lr,lr_at_edge,seeds,finished,runs,failures"
    return [header]
      + lines.map { line in
        let score = line.score
        let scores: [String] = [
          score.map { "\($0.accuracy)" } ?? "", score.map { "\($0.low)" } ?? "",
          score.map { "\($0.high)" } ?? "", score.map { "\($0.exactMatch)" } ?? "",
          score.map { "\($0.validationAccuracy)" } ?? "", score.map { "\($0.learningRate)" } ?? "",
          score.map { "\($0.isAtEdge)" } ?? "", "\(score?.seeds ?? 0)",
        ]
        let fields =
          [
            line.label, line.modelKind, "\(line.capacity)", line.publishedCapacity ?? "",
            line.published.map { "\($0)" } ?? "",
          ] + scores
          + ["\(line.finished)", "\(line.runs)", line.failures.joined(separator: "; ")]
        return fields.map(Self.quoted).joined(separator: ",")
      }
  }

  /// A CSV field (RFC 4180).
  private static func quoted(_ field: String) -> String {
    guard field.contains(where: { ",\"\n".contains($0) }) else { return field }
    return "\"" + field.replacingOccurrences(of: "\"", with: "\"\"") + "\""
  }
}

extension ResultTable.Line {
  /// 1/32 where that is exact, else three digits.
  var capacityText: String {
    let isWhole = capacity == capacity.rounded()
    if capacity >= 1 { return fixed(capacity, isWhole ? 0 : 2) }
    let inverse = 1 / capacity
    return inverse == inverse.rounded() ? "1/\(Int(inverse))" : fixed(capacity, 3)
  }

  var accuracyText: String {
    guard let score else {
      if let reason = failures.first { return "failed: \(reason)" }
      return "not finished"
    }
    let range = score.seeds > 1 ? " (\(fixed(score.low, 3))–\(fixed(score.high, 3)))" : ""
    return fixed(score.accuracy, 3) + range
  }
}
