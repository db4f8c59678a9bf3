import Foundation
import Support

extension ResultTable {
  public enum Format: Sendable { case text, csv, markdown }

  /// The table for a person, or as CSV or Markdown.
  public func text(_ format: Format) -> String {
    switch format {
    case .text:
      Self.document(
        [[note], TableLayout.aligned(cells), notes]
          + details.map { [$0.title] + TableLayout.aligned($0.cells) }, between: "\n",
        beforeDetails: 3)
    case .markdown:
      Self.document(
        [[note], TableLayout.markdown(cells), notes.map { $0 + "  " }]
          + details.flatMap { [[$0.title], TableLayout.markdown($0.cells)] }, between: "\n\n")
    case .csv: CSV.lines(csv).joined(separator: "\n") + "\n"
    }
  }

  /// - Parameter beforeDetails: the blocks after so many have an empty line before them.
  static func document(
    _ blocks: [[String]], between: String, beforeDetails: Int = .max
  ) -> String {
    blocks.enumerated().map { index, block in
      let lines = block.filter { !$0.isEmpty }
      return index >= beforeDetails && !lines.isEmpty ? [""] + lines : lines
    }.filter { !$0.isEmpty }
      .map { $0.joined(separator: "\n") }.joined(separator: between) + "\n"
  }

  private var hasPublished: Bool { publishedSource != nil }

  /// Header and cells, as a person reads them.
  package var cells: [[String]] {
    let header =
      ["model", ratioTitle] + (hasPublished ? ["published state", "published"] : [])
      + ["accuracy", "guess", "exact match", "lr", "runs"]
    return [header]
      + lines.map { line in
        let published =
          hasPublished
          ? [line.publishedCapacity ?? "", line.published.map { fixed($0, 2) } ?? ""] : []
        return [line.label, line.match?.text ?? line.capacityText] + published + [
          line.accuracyText, line.guess.map { fixed($0.accuracy, 3) } ?? "",
          line.score.map { Self.text($0.exactMatch) } ?? "",
          line.score.map { "\($0.learningRate)\($0.isAtEdge ? " *" : "")" } ?? "",
          "\(line.count(.finished))/\(line.runs)",
        ]
      }
  }

  public var ratioTitle: String {
    let titles = lines.compactMap(\.matchTitle).reduce(into: [String]()) { all, title in
      if !all.contains(title) { all.append(title) }
    }
    return titles.isEmpty ? "state / attention" : titles.joined(separator: "; ")
  }

  /// The mean, and half its interval where there is one.
  static func text(_ estimate: Estimate) -> String {
    fixed(estimate.mean, 3) + (estimate.halfWidth.map { " ± \(fixed($0, 3))" } ?? "")
  }

  /// Where not every seed has every rate.
  private var searchNotes: [String] {
    let grids = lines.map(\.result.cell).filter { $0.rates.count > 1 && $0.seeds.count > 1 }
    let texts = grids.filter { $0.count < $0.runs.count }.map { cell in
      "learning rates were compared at \(cell.searchSeeds!) of \(cell.seeds.count) seeds; the others have "
        + "the chosen rate only"
    }
    return Dictionary(grouping: texts, by: \.self).sorted { $0.key < $1.key }.map { text, ones in
      (ones.count < grids.count ? "in \(ones.count) of \(grids.count) rows " : "") + text
    }
  }

  /// What the cells' marks mean, and what the scores cannot say.
  package var notes: [String] {
    var notes = guessNotes
    if let publishedSource { notes.append("published: \(publishedSource)") }
    if lines.contains(where: { $0.score?.isAtEdge == true }) {
      notes.append("* the best learning rate is at the edge of the grid; a wider one may do better")
    }
    if lines.contains(where: { ($0.score?.accuracy.count ?? 0) > 1 }) {
      notes.append("±: half of the 95 % interval of the mean over seeds (Student's t)")
    }
    notes += searchNotes
    if let savings {
      notes.append(
        "successive halving dropped \(savings.dropped) of \(savings.runs) runs early and saved "
          + "\(fixed(100 * savings.share, 0)) % of the arithmetic")
    }
    if lines.contains(where: { $0.match.map { $0.requested != $0.obtained } ?? false }) {
      notes.append("requested → obtained ratio, where the nearest model has another")
    }
    return notes + lines.flatMap(\.notes)
      + skipped.map(\.text)
  }
}

extension ResultTable.Line {
  /// 1/32 where that is exact, else three digits.
  public var capacityText: String {
    let isWhole = capacity == capacity.rounded()
    if capacity >= 1 { return fixed(capacity, isWhole ? 0 : 2) }
    let inverse = 1 / capacity
    return inverse == inverse.rounded() ? "1/\(Int(inverse))" : fixed(capacity, 3)
  }

  /// The mean with its interval, or why there is none.
  public var accuracyText: String {
    if let score { return ResultTable.text(score.accuracy) }
    if result.chosen != nil { return "not scored yet" }
    if result.isComplete { return failures.isEmpty ? "no run finished" : "diverged" }
    return count(.failed) > 0 ? "failed" : "not finished"
  }

  /// What happened to runs that did not end well.
  fileprivate var notes: [String] {
    var notes: [String] = []
    for (status, isGivenUp, words) in [
      (RunRecord.Status.diverged, false, "diverged"), (.failed, false, "failed, to be tried again"),
      (.failed, true, "failed"),
    ] {
      let ones = result.points.filter {
        $0.record?.status == status && $0.record?.isGivenUp == isGivenUp
      }
      if ones.isEmpty { continue }
      let reasons = Set(ones.compactMap { $0.record?.failure?.reason }).sorted()
      notes.append(
        "\(label): \(ones.count) of \(runs) runs \(words): \(reasons.joined(separator: "; "))")
    }
    let mixed = result.points.count { $0.record?.earlierProcessors != nil }
    if mixed > 0 {
      notes.append(
        "\(label): \(mixed) of \(runs) runs trained on more than one kind of processor; they do "
          + "not repeat to the bit")
    }
    return notes
  }
}
