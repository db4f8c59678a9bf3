import Foundation
import Support

extension Comparison.Line {
  /// Of the side's tasks; two where they differ.
  fileprivate var guessText: String {
    let guesses = [first?.guess, second?.guess].compactMap { $0.map { fixed($0.accuracy, 4) } }
    return guesses.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
      .joined(separator: ", ")
  }
}

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
    let hasGuess = measure == .accuracy
    return [
      ["model", "A", "B"] + (hasGuess ? ["guess"] : []) + ["B − A (95 % interval)", "verdict"]
    ]
      + lines.map { line in
        [line.label, Self.text(line.first), Self.text(line.second)]
          + (hasGuess ? [line.guessText] : [])
          + [line.difference.map(Self.text) ?? "", line.verdict.rawValue]
      }
  }

  /// What the verdicts rest on, and what to be careful of.
  package var notes: [String] {
    let decided = lines.count { $0.difference?.interval != nil }
    var notes = [summary]
    let guesses = lines.flatMap { [$0.first?.guess, $0.second?.guess] }.compactMap(\.self)
    if !guesses.isEmpty {
      notes.append(
        "guess: what a model reaches that recalls nothing: "
          + Set(guesses.map(\.name)).sorted().joined(separator: "; "))
    }
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
    let matched = lines.filter { !$0.changes.isEmpty }.map { ($0.label, $0.changes) }
    notes += Self.byText(matched.map { ($0, $1.joined(separator: ", ")) }).map { labels, changes in
      "\(labels): matched by label; A → B: \(changes)"
    }
    let unscored = lines.filter { $0.verdict == .unscored }.map { line in
      let sides = [("A", line.first), ("B", line.second)].compactMap { name, side in
        side?.missing.map { "\(name): \($0)" }
      }
      return (line.label, sides.joined(separator: "; "))
    }
    notes += Self.byText(unscored).map { "\($0): not scored; \($1)" }
    return notes
  }

  /// Labels with one text together, in the order of the first of them.
  private static func byText(_ notes: [(label: String, text: String)]) -> [(String, String)] {
    var texts: [String] = []
    for note in notes where !texts.contains(note.text) { texts.append(note.text) }
    return texts.map { text in
      (notes.filter { $0.text == text }.map(\.label).joined(separator: "; "), text)
    }
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
      "trivial_guess": side.guess.map { .double($0.accuracy) } ?? .null,
      "lr": side.learningRate.map { .double($0) } ?? .null,
      "finished": .int(side.finished), "runs": .int(side.runs),
      "missing": side.missing.map { .string($0) } ?? .null,
    ])
  }
}
