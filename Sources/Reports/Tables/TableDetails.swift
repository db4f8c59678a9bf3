import Foundation
import Records
import Results
import Support
import Training

/// The smaller tables under the main one.
extension ResultTable {
  package var hasDetails: Bool {
    // The last takes a bootstrap.
    seedTable != nil || sizeTable != nil || rateTable != nil || stateErrorTable != nil
      || orderingTable != nil
  }

  var details: [TextTable] {
    [seedTable, sizeTable, rateTable, stateErrorTable, orderingTable].compactMap(\.self)
  }

  /// Test accuracy by seed; nil if no line has several seeds.
  package var seedTable: TextTable? {
    let scored = lines.filter { ($0.score?.seeds.count ?? 0) > 1 }
    guard !scored.isEmpty else { return nil }
    let seeds = Set(scored.flatMap { $0.score!.seeds.map(\.seed) }).sorted()
    let rows = scored.map { line in
      [line.label]
        + seeds.map { seed in
          line.score!.seeds.first { $0.seed == seed }.map { fixed($0.accuracy, 3) } ?? ""
        }
    }
    return TextTable(
      [["model"] + seeds.map { "seed \($0)" }] + rows, title: "test accuracy by seed")
  }

  /// Test accuracy by the size of the tested tasks, such as the number of pairs; nil if each model was tested at one size.
  package var sizeTable: TextTable? {
    let scores = lines.map { $0.score == nil ? [:] : $0.result.chosen?.accuracyBySize ?? [:] }
    let sizes = Set(scores.flatMap(\.keys)).sorted(by: isNumericallyLess)
    guard scores.contains(where: { $0.count > 1 }) else { return nil }
    let scored = zip(lines, scores).filter { !$1.isEmpty }
    let rows = scored.map { line, score in
      [line.label] + sizes.map { score[$0].map { fixed($0.mean, 3) } ?? "" }
    }
    let names = scored.map { $0.0.shared.task.task.difficulty.name }.distinct
    return TextTable(
      [["model"] + sizes] + rows,
      title: "test accuracy by \(names.count == 1 ? names[0] : "size of the task"), mean over seeds"
    )
  }

  /// The error of a state kept in bfloat16 by the tokens so far; nil if it was not measured.
  package var stateErrorTable: TextTable? {
    let measured = lines.map { ($0.label, $0.stateErrors) }.filter { !$1.isEmpty }
    let tokens = Set(measured.flatMap { $1.map(\.tokens) }).sorted()
    guard !tokens.isEmpty else { return nil }
    let rows = measured.map { label, errors in
      [label]
        + tokens.map { count in
          errors.first { $0.tokens == count }.map { significant(100 * $0.error, 2) } ?? ""
        }
    }
    return TextTable(
      [["model"] + tokens.map { "\($0)" }] + rows,
      title: "error of a state kept in bfloat16 after so many tokens, % of the state")
  }

  /// How well single numbers order the models; nil for fewer than five models.
  package var orderingTable: TextTable? {
    let orderings = orderings
    guard !orderings.isEmpty else { return nil }
    let rows = orderings.map { one in
      let number = one.measure == .state ? ratioTitle : one.measure.rawValue
      return [
        one.task.isEmpty ? number : "\(one.task): \(number)", "\(one.correlation.pairs)",
        fixed(one.correlation.value, 2),
        "\(fixed(one.correlation.low, 2)) to \(fixed(one.correlation.high, 2))",
      ]
    }
    return TextTable(
      [["number", "models", "rank correlation", "95 % interval"]] + rows,
      title: "rank correlation (Spearman) of one number of each model with its test accuracy")
  }

  /// Validation accuracy by learning rate, at the same seeds for all rates of a line; nil if each line has one rate.
  package var rateTable: TextTable? {
    let searched = lines.filter { $0.result.searchCurve.count > 1 }
    guard !searched.isEmpty else { return nil }
    let rates = Set(searched.flatMap { $0.result.configuration.rates }).sorted()
    let rows = searched.map { line in
      [line.label]
        + rates.map { rate in
          let one = line.result.searchCurve.first { $0.learningRate == rate }
          return one?.text(isChosen: line.result.chosen?.learningRate == rate) ?? ""
        }
    }
    return TextTable(
      [["model"] + rates.map { "lr \($0)" }] + rows,
      title:
        "validation accuracy by learning rate, mean over the seeds at which rates are compared "
        + "(in brackets: the chosen one)")
  }
}

extension LearningRateResult {
  /// The mean over finished seeds, and what became of the others.
  fileprivate func text(isChosen: Bool) -> String {
    // A dropped rate shows its last score.
    let last = validation ?? MeanInterval(runs.compactMap(\.validation?.accuracy))
    let isDropped = count(.dropped) > 0
    let mean = (isDropped ? last : validation).map { fixed($0.mean, 3) } ?? ""
    let others = [RunRecord.Status.diverged, .failed, .dropped].compactMap { status -> String? in
      let count = count(status)
      guard count > 0 else { return nil }
      return runs.count > 1 ? "\(count) \(status.rawValue)" : status.rawValue
    }
    let begun = runs.count { $0.record?.isDone != true && $0.record?.status != .failed }
    let open = begun > 0 ? ["\(begun) to do"] : []
    let parts = [isChosen ? "[\(mean)]" : mean] + others + open
    return parts.filter { !$0.isEmpty }.joined(separator: ", ")
  }

  /// Test accuracy by size, over the seeds that were scored.
  fileprivate var accuracyBySize: [String: MeanInterval] {
    let tests = finished.compactMap(\.test)
    return Set(tests.flatMap(\.accuracyByDifficulty.keys)).reduce(into: [:]) { scores, size in
      scores[size] = MeanInterval(tests.compactMap { $0.accuracyByDifficulty[size] })
    }
  }
}

/// Orders sizes, which records keep as text, by their number.
package func isNumericallyLess(_ first: String, _ second: String) -> Bool {
  first.compare(second, options: .numeric) == .orderedAscending
}
