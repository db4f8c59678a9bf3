import Foundation
import Results
import Support

extension Comparison {
  /// The table and its notes for a person, or as Markdown.
  package func text(isMarkdown: Bool) -> String {
    document(
      isMarkdown ? [table.markdown, notes.map { "- " + $0 }] : [table.aligned, notes],
      between: isMarkdown ? "\n\n" : "\n")
  }

  package var table: TextTable {
    let hasBaseline = measure == .accuracy
    let header =
      ["model", "A", "B"] + (hasBaseline ? ["baseline"] : [])
      + ["B − A (95 % interval)", "verdict"]
    return TextTable(
      [header]
        + lines.map { line in
          [line.label, Self.text(line.first), Self.text(line.second)]
            + (hasBaseline ? [line.baselineText] : [])
            + [
              line.difference.map(Self.text) ?? "",
              line.verdict.rawValue + (line.survivesHolm ? " *" : ""),
            ]
        })
  }

  /// What the verdicts rest on, and their limits.
  package var notes: [String] {
    var notes = [summary]
    let baselines = lines.flatMap { [$0.first?.baseline, $0.second?.baseline] }.compactMap(\.self)
    if !baselines.isEmpty {
      notes.append(
        "baseline: the accuracy without recall: "
          + Set(baselines.map(\.name)).sorted().joined(separator: "; "))
    }
    notes.append(
      "\(measure.rawValue) on the test split at the chosen learning rate: mean over seeds (number of seeds); "
        + "better and worse: the 95 % interval of B − A does not contain 0 (Student's t over the differences of equal "
        + "seeds; Welch's where the seeds differ)")
    let decided = lines.count { $0.difference?.interval != nil }
    if decided > 1 {
      notes.append(
        "each interval is for one configuration: among \(decided) equal ones, about "
          + "\(fixed(0.05 * Double(decided), 1)) would seem better or worse by chance; * marks what survives Holm's correction "
          + "for all \(decided) (5 %)")
    }
    if count(.undecided) > 0 {
      notes.append(
        "undecided: one seed on a side does not show the spread of seeds, so the difference "
          + "has no interval")
    }
    let paired = lines.filter { !$0.changes.isEmpty }
    notes += paired.grouped { $0.changes.joined(separator: ", ") }.map { changes, lines in
      "\(Self.labels(lines)): paired by label; A → B: \(changes)"
    }
    let unscored = lines.filter { $0.verdict == .unscored }.grouped { line in
      [("A", line.first), ("B", line.second)].compactMap { name, side in
        side.flatMap { $0.score == nil ? $0.result.missingText : nil }.map { "\(name): \($0)" }
      }.joined(separator: "; ")
    }
    notes += unscored.map { "\(Self.labels($1)): not scored; \($0)" }
    return notes
  }

  private static func labels(_ lines: [Line]) -> String {
    lines.map(\.label).joined(separator: "; ")
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
    let interval = difference.interval.map {
      " (\(signed($0.lowerBound, 4)) … \(signed($0.upperBound, 4)))"
    }
    return signed(difference.value, 4) + (interval ?? "")
  }
}

extension Comparison.Line {
  /// One number, or two where the sides' tasks differ.
  fileprivate var baselineText: String {
    [first?.baseline, second?.baseline].compactMap { $0.map { fixed($0.accuracy, 4) } }.distinct
      .joined(separator: ", ")
  }
}

extension Comparison {
  /// The comparison as one JSON object.
  package var values: SettingValue {
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
            "p_value": line.difference?.pValue.map { .double($0) } ?? .null,
            "survives_holm": .bool(line.survivesHolm),
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
      "baseline": side.baseline.map { .double($0.accuracy) } ?? .null,
      "trivial_guess": side.baseline.map { .double($0.accuracy) } ?? .null,
      "lr": side.result.chosen.map { .double($0.learningRate) } ?? .null,
      "finished": .int(side.result.count(.finished)), "runs": .int(side.result.count),
      "missing": side.score == nil
        ? side.result.missingText.map { .string($0) } ?? .null : .null,
    ])
  }
}
