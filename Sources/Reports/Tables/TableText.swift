import Foundation
import Records
import Results
import Support

extension ResultTable {
  /// The table with its notes and smaller tables for a person, or its lines as CSV or JSON. On a terminal the main table comes
  /// last, where it is seen.
  ///
  /// - Parameters:
  ///   - detailed: whether text has the smaller tables, too.
  ///   - width: columns of the terminal, to which text is fitted; nil if there is none.
  package func text(_ format: TableFormat, detailed: Bool = true, width: Int? = nil) -> String {
    switch format {
    case .text:
      document(
        (detailed ? details : []).map { [$0.title] + $0.aligned }
          + [fitted([note], width) + fittedLines(width) + fitted(notes, width)], between: "\n",
        spaced: 1)
    case .markdown:
      document(
        [[TextTable.markdown(note)], mainTable.markdown, notes.map { $0 + "  " }]
          + details.flatMap { [[$0.title], $0.markdown] }, between: "\n\n")
    case .csv: csv.csv.joined(separator: "\n") + "\n"
    case .json: json + "\n"
    }
  }

  /// Notes in lines that fit the terminal.
  private func fitted(_ notes: [String], _ width: Int?) -> [String] {
    guard let width else { return notes }
    return notes.flatMap { $0.lines(to: width, indent: "  ") }
  }

  /// The main table, and what was left out of it on a narrow terminal.
  private func fittedLines(_ width: Int?) -> [String] {
    guard let width else { return mainTable.aligned }
    let (lines, leftOut) = mainTable.fitted(
      to: width,
      leavingOut: [
        ["published state", "runs", "lr"], lines.flatMap(\.partNames).distinct,
        ["exact match", "causal best", "effective rank", stateErrorTitle],
        // Where each row has a baseline of its own, an accuracy means little without it.
        Set(lines.compactMap(\.baseline?.accuracy)).count > 1 ? [ratioTitle] : [],
        ["baseline", "published"],
      ].flatMap(\.self))
    return lines
      + (leftOut.isEmpty
        ? []
        : fitted(
          [
            "not shown, as the terminal is narrow: \(leftOut.joined(separator: ", ")); --csv has all"
          ], width))
  }

  /// The main table alone, in the middle of training.
  package var progressText: String {
    (["the table so far:"] + mainTable.aligned.map { "  " + $0 }).joined(separator: "\n")
  }

  package var mainTable: TextTable {
    let hasState = lines.contains { $0.publishedCapacity?.isEmpty == false }
    let parts = lines.flatMap(\.partNames).distinct
    let hasCausalBest = lines.contains { $0.baseline?.causalBest != nil }
    let hasRank = lines.contains { $0.effectiveRank != nil }
    let hasStateError = lines.contains { !$0.stateErrors.isEmpty }
    let header =
      ["model", ratioTitle] + (hasRank ? ["effective rank"] : [])
      + (hasStateError ? [stateErrorTitle] : [])
      + (hasState ? ["published state"] : []) + (hasPublished ? ["published"] : [])
      + ["accuracy"] + parts + ["baseline"] + (hasCausalBest ? ["causal best"] : [])
      + ["exact match", "lr", "runs"]
    let rows = lines.map { line in
      let published =
        (hasState ? [line.publishedCapacity ?? ""] : [])
        + (hasPublished ? [line.published.map { fixed($0, 2) } ?? ""] : [])
      let causalBest =
        hasCausalBest ? [line.baseline?.causalBest.map { fixed($0, 3) } ?? ""] : []
      let byPart = parts.map {
        (line.score ?? line.partialScore)?.accuracyByPart[$0]?.text ?? ""
      }
      let rank = hasRank ? [line.effectiveRank.map { fixed($0, 1) } ?? ""] : []
      let stateError =
        hasStateError
        ? [line.stateErrors.last.map { "\(significant(100 * $0.error, 2)) %" } ?? ""] : []
      return [line.label, line.match?.text ?? line.capacityText] + rank + stateError + published
        + [line.accuracyText] + byPart + [line.baseline.map { fixed($0.accuracy, 3) } ?? ""]
        + causalBest + [
          (line.score ?? line.partialScore)?.exactMatch.text ?? "",
          (line.score ?? line.partialScore).map {
            "\($0.learningRate)\($0.isAtEdge ? " *" : "")"
          } ?? "",
          "\(line.result.count(.finished))/\(line.result.count)",
        ]
    }
    return TextTable([header] + rows)
  }

  private var stateErrorTitle: String { "bf16 state error" }

  /// Whether a line has a published accuracy.
  private var hasPublished: Bool { lines.contains { $0.published != nil } }

  /// What the models' state is relative to.
  package var ratioTitle: String {
    let titles = lines.compactMap { $0.match.map { "\($0.by.title) / \($0.to.kind)" } }.distinct
    return titles.isEmpty ? "state / attention" : titles.joined(separator: "; ")
  }

  /// Explains the marks in the table, and what the scores do not show.
  package var notes: [String] {
    var notes = baselineNotes
    if lines.contains(where: { $0.match == nil && $0.capacity != nil }) {
      notes.append(
        "state / attention by \(convention.rawValue) (docs/capacity.md): \(convention.meaning)")
    }
    if lines.contains(where: { $0.effectiveRank != nil }) {
      notes.append(
        "effective rank: of the mixing matrices' blocks, both directions (1e-2); mean over examples and heads, at the cut "
          + "where that is largest, then over layers"
      )
    }
    if lines.contains(where: { !$0.stateErrors.isEmpty }) {
      notes.append(
        "\(stateErrorTitle): of a state that is rounded to bfloat16 after each token, relative to it, after the longest "
          + "tested length up to 1024; mean over layers and seeds")
    }
    let parts = lines.flatMap(\.partNames).distinct
    if !parts.isEmpty {
      notes.append("\(listed(parts, most: 8)): accuracy of these parts of the answers alone")
    }
    if lines.contains(where: { $0.baseline?.causalBest != nil }) {
      notes.append(
        "causal best: the most that a model which sees no later token can reach; more would be a leak"
      )
    }
    if isWithoutRecall {
      notes.append(
        "no model is above the baseline without recall: docs/it-does-not-learn.md says what to try")
    }
    if hasPublished, let publishedSource { notes.append("published: \(publishedSource)") }
    if lines.contains(where: { $0.score?.isAtEdge == true }) {
      notes.append("* the best learning rate is at the edge of the grid; a wider one may do better")
    }
    notes += intervalNotes
    notes += searchNotes
    if let savings {
      notes.append(
        "successive halving dropped \(savings.dropped) of \(savings.runs) runs early and saved "
          + "\(fixed(100 * savings.share, 0)) % of the arithmetic")
    }
    if lines.contains(where: { $0.match.map { $0.requested != $0.obtained } ?? false }) {
      notes.append("requested → obtained ratio, where the nearest model has another")
    }
    let ofLines = lines.flatMap { line in line.notes.map { (label: line.label, text: $0) } }
    return notes
      + ofLines.grouped { $0.text }.map { text, ones in
        "\(listed(ones.map { $0.label }, most: 4)): \(text)"
      } + skipped.map(\.description)
  }

  /// What stands beside a mean over seeds.
  private var intervalNotes: [String] {
    let intervals = lines.compactMap { $0.score ?? $0.partialScore }.flatMap {
      [$0.accuracy, $0.exactMatch]
    }
    var notes: [String] = []
    if intervals.contains(where: { $0.count == 2 }) {
      notes.append("two numbers in brackets: the two seeds")
    }
    if intervals.contains(where: \.fitsShares) {
      notes.append("±: half of the 95 % interval of the mean over seeds (Student's t)")
    }
    if intervals.contains(where: { $0.count > 2 && !$0.fitsShares }) {
      notes.append(
        "a–b in brackets: the 95 % interval of the mean over seeds (Student's t), cut to 0…1")
    }
    return notes
  }

  /// For configurations that do not have every learning rate at every seed.
  private var searchNotes: [String] {
    let grids = lines.map(\.result.configuration).filter {
      $0.rates.count > 1 && $0.seeds.count > 1
    }
    let texts = grids.filter { $0.count < $0.runs.count }.map { one in
      "learning rates were compared at \(one.searchSeeds!) of \(one.seeds.count) seeds; the others have "
        + "the chosen rate only"
    }
    return texts.grouped { $0 }.sorted { $0.key < $1.key }.map { text, ones in
      (ones.count < grids.count ? "in \(ones.count) of \(grids.count) rows " : "") + text
    }
  }
}

extension MeanInterval {
  /// The mean of shares; with two values both of them, with more the interval.
  package var text: String {
    if count == 1 { return fixed(mean, 3) }
    if count == 2 { return "\(fixed(mean, 3)) (\(fixed(values[0], 3)), \(fixed(values[1], 3)))" }
    if fitsShares { return "\(fixed(mean, 3)) ± \(fixed(halfWidth!, 3))" }
    return "\(fixed(mean, 3)) (\(fixed(range.lowerBound, 3))–\(fixed(range.upperBound, 3)))"
  }

  /// Whether there are three or more values, and their interval stays within 0…1, as far as three digits show.
  var fitsShares: Bool {
    guard count > 2, let halfWidth else { return false }
    return mean - halfWidth > -0.0005 && mean + halfWidth < 1.0005
  }
}

extension ResultTable.Line {
  /// 1/32 if that is exact, else three digits; "-" for a model without a state.
  package var capacityText: String { ratioText(capacity) }

  /// The mean with its interval, or why there is none.
  package var accuracyText: String {
    if let score { return score.accuracy.text }
    if let partialScore {
      let all = result.configuration.seeds.count
      return "\(partialScore.accuracy.text), \(partialScore.seeds.count) of \(all) seeds"
    }
    if result.chosen != nil { return "not scored yet" }
    if result.isComplete { return result.failures.isEmpty ? "no run finished" : "diverged" }
    if result.count(.failed) > 0 { return "failed" }
    guard let validation = result.bestSoFar?.validation?.mean else { return "not finished" }
    return "not finished; validation \(fixed(validation, 3))"
  }

  /// Notes on runs that diverged or failed, and on runs that changed processors.
  fileprivate var notes: [String] {
    var notes: [String] = []
    for (status, isGivenUp, outcome) in [
      (RunRecord.Status.diverged, false, "diverged"), (.failed, false, "failed, to be tried again"),
      (.failed, true, "failed"),
    ] {
      let records = result.runs.compactMap(\.record).filter {
        $0.status == status && $0.isGivenUp == isGivenUp
      }
      if records.isEmpty { continue }
      let reasons = Set(records.compactMap(\.failure?.reason)).sorted().joined(separator: "; ")
      notes.append("\(records.count) of \(result.count) runs \(outcome): \(reasons)")
    }
    let scored = result.scoredAtOtherRates
    if scored > 0 {
      notes.append(
        "test scores of \(count(scored, "run")) of the row at rates that were not chosen are in the records, too"
      )
    }
    let rising = (result.settled?.runs ?? []).filter { $0.record?.endedBeforePlateau == true }
    if !rising.isEmpty {
      let seeds = rising.map { "\($0.seed)" }.joined(separator: ", ")
      notes.append(
        "still rising when training ended, at \(rising.count == 1 ? "seed" : "seeds") \(seeds)")
    }
    let mixed = result.runs.count { $0.record?.earlierProcessors != nil }
    if mixed > 0 {
      notes.append(
        "\(mixed) of \(result.count) runs trained on more than one kind of processor; they do "
          + "not repeat to the bit")
    }
    return notes
  }
}
