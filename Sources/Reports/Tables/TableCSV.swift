import Records
import Results
import Support

extension ResultTable {
  /// A line for each configuration; a list in a field is `KEY:VALUE` with spaces between.
  var csv: TextTable { TextTable([Self.columns] + lines.map(\.fields)) }

  private static let columns = [
    "model", "kind", "capacity", "published_capacity", "published_accuracy", "accuracy",
    "accuracy_ci95", "exact_match", "exact_match_ci95", "validation_accuracy", "lr", "lr_at_edge",
    "seeds", "accuracy_by_seed", "validation_accuracy_by_lr", "runs", "finished", "diverged",
    "failed", "dropped", "failures", "chance", "trivial_guess",
  ]
}

extension ResultTable.Line {
  fileprivate var fields: [String] {
    func number(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
    let bySeed = (score?.seeds ?? []).map { "\($0.seed):\($0.accuracy)" }
    let byRate = result.searchCurve.compactMap { rate in
      rate.validation.map { "\(rate.learningRate):\($0.mean)" }
    }
    let scores = [
      number(score?.accuracy.mean), number(score?.accuracy.halfWidth),
      number(score?.exactMatch.mean), number(score?.exactMatch.halfWidth),
      number(score?.validationAccuracy), number(score?.learningRate),
      score.map { "\($0.isAtEdge)" } ?? "", "\(score?.accuracy.count ?? 0)",
      bySeed.joined(separator: " "), byRate.joined(separator: " "),
    ]
    let counts = [RunRecord.Status.finished, .diverged, .failed, .dropped].map {
      "\(result.count($0))"
    }
    return [label, modelKind, number(capacity), publishedCapacity ?? "", number(published)] + scores
      + ["\(result.count)"] + counts + [result.failures.joined(separator: "; ")]
      + [number(baseline?.chance), number(baseline?.accuracy)]
  }
}
