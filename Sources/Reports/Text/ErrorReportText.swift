import Foundation
import Results
import Support
import Training

extension ErrorReport {
  /// The score and the tables for a person.
  package var text: String { ([scoreText] + errorText).joined(separator: "\n\n") }

  private var scoreText: String {
    let baselineText = baseline.map { "   (\($0.text))" } ?? ""
    let parts = accuracyByPart.map {
      "\n  \($0.name.atLeft(of: 11))\(fixed($0.accuracy, 4))"
    }
    return """
      \(score.examples) examples of \(length) tokens, \(total.answers) answers
      accuracy     \(fixed(score.accuracy, 4))\(baselineText)\(parts.joined())
      exact match  \(fixed(score.exactMatch, 4))
      """
  }

  private var errorText: [String] {
    guard let task else { return [Self.withoutTask] }
    var parts = [kindText(everyTokenIsAValue: task.answerTokens == 0..<task.vocabularySize)]
    if byGap.rows.isEmpty {
      parts.append("No example shows an answer, so there are no positions to report.")
    } else {
      parts.append(Self.text(byGap, "by gap between pair and query, in tokens"))
      parts.append(
        Self.text(byPosition, "by position of the pair (its latest occurrence), in tokens"))
      parts.append(Self.text(byPairCount, "by number of pairs asked for in the example"))
      if unexplained.answers > 0 {
        parts.append(
          "Not in the tables: \(unexplained.answers) answers that their example does not show, "
            + "\(fixed(unexplained.accuracy, 4)) of them right.")
      }
    }
    return parts
  }

  private static let withoutTask =
    "Positions and kinds of errors are not known, because the data file does not name its task."

  private func kindText(everyTokenIsAValue: Bool) -> String {
    let wrong = total.answers - total.right
    let lines = Kind.allCases.map { kind in
      let count = kinds[kind] ?? 0
      let share = wrong > 0 ? percent(Double(count) / Double(wrong), 1) : ""
      return "  \(kind.text.atLeft(of: 40))\("\(count)".atRight(of: 10))\(share.atRight(of: 9))"
    }
    return (["\(wrong) wrong answers"] + (everyTokenIsAValue ? lines.dropLast() : lines))
      .joined(separator: "\n")
  }

  private static func text(_ table: TallyTable, _ title: String) -> String {
    let lines = table.rows.map { row in
      let range = row.range
      let name =
        range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)–\(range.upperBound - 1)"
      guard row.tally.answers > 0 else { return name.atRight(of: 13) + "none".atRight(of: 10) }
      let bar = String(repeating: "#", count: Int((20 * row.tally.accuracy).rounded()))
      return name.atRight(of: 13) + "\(row.tally.answers)".atRight(of: 10)
        + fixed(row.tally.accuracy, 4).atRight(of: 10) + (bar.isEmpty ? "" : "  \(bar)")
    }
    let head = "".atRight(of: 13) + "answers".atRight(of: 10) + "accuracy".atRight(of: 10)
    return ([title, head] + lines).joined(separator: "\n")
  }
}

extension ErrorReport.Kind {
  fileprivate var text: String {
    switch self {
    case .shownValue: "another value shown so far"
    case .newValue: "a value not shown so far"
    case .noValue: "not a value at all"
    }
  }
}

extension ErrorReport {
  /// The report as one JSON object.
  package var json: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      return String(decoding: try encoder.encode(values), as: UTF8.self)
    }
  }

  /// An accuracy for each part; nil for a task without parts.
  package var partValues: SettingValue? {
    let parts = accuracyByPart
    guard !parts.isEmpty else { return nil }
    return .object(Dictionary(uniqueKeysWithValues: parts.map { ($0.name, .double($0.accuracy)) }))
  }

  /// A score as a JSON object, beside what is possible without recall. `trivial_guess` is the baseline's earlier name.
  package func summary(of score: Score) -> SettingValue {
    var values: [String: SettingValue] = [
      "loss": .double(score.meanLoss), "accuracy": .double(score.accuracy),
      "exact_match": .double(score.exactMatch), "examples": .int(score.examples),
    ]
    values["chance"] = baseline.map { .double($0.chance) }
    values["baseline"] = baseline.map { .double($0.accuracy) }
    values["trivial_guess"] = values["baseline"]
    values["causal_best"] = baseline?.causalBest.map { .double($0) }
    values["accuracy_by_part"] = partValues
    return .object(values)
  }

  /// The report as a JSON object, with the baseline also under its earlier name, `trivial_guess`. The ranges of `gap` and `position` include their ends.
  package var values: [String: SettingValue] {
    var values: [String: SettingValue] = [
      "examples": .int(score.examples), "answers": .int(total.answers),
      "accuracy": .double(score.accuracy), "exact_match": .double(score.exactMatch),
    ]
    guard let baseline else {
      values["errors_unavailable"] = .string(Self.withoutTask)
      return values
    }
    values["chance"] = .double(baseline.chance)
    values["causal_best"] = baseline.causalBest.map { .double($0) }
    values["accuracy_by_part"] = partValues
    values["baseline"] = .object([
      "name": .string(baseline.name), "accuracy": .double(baseline.accuracy),
    ])
    values["trivial_guess"] = values["baseline"]
    values["errors"] = .object(
      Dictionary(uniqueKeysWithValues: Kind.allCases.map { ($0.rawValue, .int(kinds[$0] ?? 0)) }))
    for (key, table) in [
      ("by_gap", byGap), ("by_position", byPosition), ("by_pairs", byPairCount),
    ] {
      values[key] = .array(
        table.rows.map { row in
          .object([
            "from": .int(row.range.lowerBound), "to": .int(row.range.upperBound - 1),
            "answers": .int(row.tally.answers), "right": .int(row.tally.right),
          ])
        })
    }
    let (gaps, positions) = (byGap.rows.map(\.range), byPosition.rows.map(\.range))
    values["by_gap_and_position"] = .array(
      zip(gaps, byGapAndPosition).flatMap { gap, cells in
        zip(positions, cells).filter { $1.answers > 0 }.map { position, tally in
          .object([
            "gap_from": .int(gap.lowerBound), "gap_to": .int(gap.upperBound - 1),
            "position_from": .int(position.lowerBound),
            "position_to": .int(position.upperBound - 1),
            "answers": .int(tally.answers), "right": .int(tally.right),
          ])
        }
      })
    values["not_shown"] = .object([
      "answers": .int(unexplained.answers), "right": .int(unexplained.right),
    ])
    return values
  }
}
