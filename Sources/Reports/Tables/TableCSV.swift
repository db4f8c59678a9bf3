import Records
import Results
import Support

extension ResultTable {
  /// A line for each configuration; a list in a field is `KEY:VALUE` with spaces between.
  var csv: TextTable {
    TextTable(
      [Self.columns]
        + lines.map { line in
          let fields = line.values.mapValues(\.field).merging(line.lists) { $1 }
          return Self.columns.map { fields[$0]! }
        })
  }

  private static let columns = [
    "model", "kind", "capacity", "published_capacity", "published_accuracy", "accuracy",
    "accuracy_ci95", "exact_match", "exact_match_ci95", "validation_accuracy", "lr", "lr_at_edge",
    "seeds", "accuracy_by_seed", "validation_accuracy_by_lr", "runs", "finished", "diverged",
    "failed", "dropped", "failures", "chance", "trivial_guess", "causal_best", "accuracy_by_part",
    "effective_rank", "bf16_state_error", "baseline",
  ]
}

extension ResultTable.Line {
  /// The single values of a line by their names in CSV and JSON; null for none.
  var values: [String: SettingValue] {
    func number(_ value: Double?) -> SettingValue { value.map { .double($0) } ?? .null }
    func count(_ status: RunRecord.Status) -> SettingValue { .int(result.count(status)) }
    return [
      "model": .string(label), "kind": .string(modelKind), "capacity": number(capacity),
      "published_capacity": publishedCapacity.map { .string($0) } ?? .null,
      "published_accuracy": number(published), "accuracy": number(score?.accuracy.mean),
      "accuracy_ci95": number(score?.accuracy.statedHalfWidth),
      "exact_match": number(score?.exactMatch.mean),
      "exact_match_ci95": number(score?.exactMatch.statedHalfWidth),
      "validation_accuracy": number(score?.validationAccuracy), "lr": number(score?.learningRate),
      "lr_at_edge": score.map { .bool($0.isAtEdge) } ?? .null, "runs": .int(result.count),
      "finished": count(.finished), "diverged": count(.diverged), "failed": count(.failed),
      "dropped": count(.dropped), "chance": number(baseline?.chance),
      "causal_best": number(baseline?.causalBest), "effective_rank": number(effectiveRank),
      "bf16_state_error": number(stateErrors.last?.error),
      "baseline": number(baseline?.accuracy),
    ]
  }

  /// The fields with several values, and the earlier name of `baseline`.
  fileprivate var lists: [String: String] {
    let bySeed = (score?.seeds ?? []).map { "\($0.seed):\($0.accuracy)" }
    let byRate = result.searchCurve.compactMap { rate in
      rate.validation.map { "\(rate.learningRate):\($0.mean)" }
    }
    return [
      "seeds": "\(score?.accuracy.count ?? 0)", "accuracy_by_seed": bySeed.joined(separator: " "),
      "validation_accuracy_by_lr": byRate.joined(separator: " "),
      "failures": result.failures.joined(separator: "; "),
      "accuracy_by_part": partText(partNames, score?.accuracyByPart.mapValues(\.mean)),
      "trivial_guess": baseline.map { "\($0.accuracy)" } ?? "",
    ]
  }
}

/// The accuracies of parts as a field's list; empty without parts.
func partText(_ names: [String], _ accuracies: [String: Double]?) -> String {
  names.compactMap { name in accuracies?[name].map { "\(name):\($0)" } }.joined(separator: " ")
}

extension SettingValue {
  /// In a field of CSV: nothing for null, text without quotes.
  fileprivate var field: String {
    switch self {
    case .null: ""
    case .string(let text): text
    default: description
    }
  }
}
