import Foundation

/// The table as comma-separated values, one line a cell; lists in a field are `KEY:VALUE` with spaces between.
extension ResultTable {
  var csv: [[String]] {
    [Self.columns] + lines.map { $0.fields(beside: $0.guess) }
  }

  private static let columns = [
    "model", "kind", "capacity", "published_capacity", "published_accuracy", "accuracy",
    "accuracy_ci95", "exact_match", "exact_match_ci95", "validation_accuracy", "lr", "lr_at_edge",
    "seeds", "accuracy_by_seed", "validation_accuracy_by_lr", "runs", "finished", "diverged",
    "failed", "dropped", "failures", "chance",
    "trivial_guess",
  ]
}

extension ResultTable.Line {
  fileprivate func fields(beside guess: GuessedScore?) -> [String] {
    func number(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
    let bySeed = (score?.seeds ?? []).map { "\($0.seed):\($0.accuracy)" }
    let byRate = result.search.compactMap { rate in
      rate.validation.map { "\(rate.learningRate):\($0.mean)" }
    }
    let scores = [
      number(score?.accuracy.mean), number(score?.accuracy.halfWidth),
      number(score?.exactMatch.mean), number(score?.exactMatch.halfWidth),
      number(score?.validationAccuracy), number(score?.learningRate),
      score.map { "\($0.isAtEdge)" } ?? "", "\(score?.accuracy.count ?? 0)",
      bySeed.joined(separator: " "), byRate.joined(separator: " "),
    ]
    let counts = [RunRecord.Status.finished, .diverged, .failed, .dropped].map { "\(count($0))" }
    return [label, modelKind, "\(capacity)", publishedCapacity ?? "", number(published)] + scores
      + ["\(runs)"] + counts + [failures.joined(separator: "; ")]
      + [number(guess?.chance), number(guess?.accuracy)]
  }
}
