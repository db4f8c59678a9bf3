import Configuration
import Foundation

extension Comparison {
  /// The table for a person, or as Markdown.
  public func text(isMarkdown: Bool) -> String {
    ResultTable.document(
      isMarkdown
        ? [TableLayout.markdown(cells), notes.map { "- " + $0 }]
        : [TableLayout.aligned(cells), notes], between: isMarkdown ? "\n\n" : "\n")
  }

  /// Header and cells, as a person reads them.
  package var cells: [[String]] {
    [["model", "A", "B", "B − A (95 % interval)", "verdict"]]
      + lines.map { line in
        [
          line.label, Self.text(line.first), Self.text(line.second),
          line.difference.map(Self.text) ?? "", line.verdict.rawValue,
        ]
      }
  }

  /// What the verdicts rest on, and what to be careful of.
  package var notes: [String] {
    let decided = lines.count { $0.difference?.interval != nil }
    var notes = [summary]
    notes.append(
      "\(measure.rawValue) on the test split at the chosen learning rate: mean over seeds (seeds); "
        + "better and worse: Welch's 95 % interval on B − A does not hold 0")
    if decided > 1 {
      notes.append(
        "each interval stands for itself: of \(decided) equal cells about "
          + "\(fixed(0.05 * Double(decided), 1)) would seem better or worse by chance")
    }
    if count(.undecided) > 0 {
      notes.append(
        "undecided: with one seed on a side nothing tells how far seeds spread, so the difference "
          + "stands without an interval")
    }
    for line in lines where !line.changes.isEmpty {
      notes.append(
        "\(line.label): matched by label; A → B: \(line.changes.joined(separator: ", "))")
    }
    for line in lines where line.verdict == .unscored {
      let sides = [("A", line.first), ("B", line.second)].compactMap { name, side in
        side.flatMap { $0.score == nil ? "\(name) has \($0.finished) of \($0.runs) runs" : nil }
      }
      notes.append("\(line.label): not scored: \(sides.joined(separator: ", "))")
    }
    return notes
  }

  private var summary: String {
    let counts = [
      Verdict.better, .worse, .withinNoise, .same, .undecided, .unscored, .onlyInFirst,
      .onlyInSecond,
    ].compactMap { count($0) > 0 ? "\(count($0)) \($0.rawValue)" : nil }
    return counts.joined(separator: ", ")
  }

  private static func text(_ side: Side?) -> String {
    guard let side else { return "" }
    return side.score.map { "\(fixed($0.mean, 4)) (\($0.count))" } ?? "–"
  }

  private static func text(_ difference: MeanDifference) -> String {
    func signed(_ value: Double) -> String { String(format: "%+.4f", value) }
    let interval = difference.interval.map {
      " (\(signed($0.lowerBound)) … \(signed($0.upperBound)))"
    }
    return signed(difference.value) + (interval ?? "")
  }

  /// Everything as a tree for JSON.
  public var values: SettingValue {
    .object([
      "measure": .string(measure.rawValue),
      "no_difference": .bool(findsNoDifference),
      "cells": .array(
        lines.map { line in
          .object([
            "model": .string(line.label), "verdict": .string(line.verdict.rawValue),
            "a": Self.values(line.first), "b": Self.values(line.second),
            "difference": line.difference.map { .double($0.value) } ?? .null,
            "interval": line.difference?.interval.map {
              .array([.double($0.lowerBound), .double($0.upperBound)])
            } ?? .null,
            "changes": .array(line.changes.map { .string($0) }),
          ])
        }),
    ])
  }

  private static func values(_ side: Side?) -> SettingValue {
    guard let side else { return .null }
    return .object([
      "mean": side.score.map { .double($0.mean) } ?? .null,
      "seeds": .object(
        Dictionary(uniqueKeysWithValues: side.values.map { ("\($0.key)", .double($0.value)) })),
      "lr": side.learningRate.map { .double($0) } ?? .null,
      "finished": .int(side.finished), "runs": .int(side.runs),
    ])
  }
}
