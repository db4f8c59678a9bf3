import Records
import Results
import Support

extension ResultTable {
  /// The table as one JSON object for other programs: `experiment`, `note`, `rows`. A row has the fields of the CSV, with
  /// lists where the CSV writes several values into one field, and null where there is no value.
  package var json: String {
    SettingValue.object([
      "experiment": .string(experiment), "note": .string(note),
      "published_source": publishedSource.map { .string($0) } ?? .null,
      "rows": .array(lines.map { .object($0.jsonFields) }),
    ]).json
  }
}

extension ResultTable.Line {
  fileprivate var jsonFields: [String: SettingValue] {
    func number(_ value: Double?) -> SettingValue { value.map { .double($0) } ?? .null }
    let seeds = (score?.seeds ?? []).map { one in
      SettingValue.object([
        "seed": .string("\(one.seed)"), "accuracy": .double(one.accuracy),
        "exact_match": .double(one.exactMatch),
      ])
    }
    let rates = result.searchCurve.compactMap { rate in
      rate.validation.map { interval in
        SettingValue.object([
          "lr": .double(rate.learningRate), "validation_accuracy": .double(interval.mean),
        ])
      }
    }
    return [
      "model": .string(label), "kind": .string(modelKind), "capacity": number(capacity),
      "published_capacity": publishedCapacity.map { .string($0) } ?? .null,
      "published_accuracy": number(published), "accuracy": number(score?.accuracy.mean),
      "accuracy_ci95": number(score?.accuracy.halfWidth),
      "exact_match": number(score?.exactMatch.mean),
      "exact_match_ci95": number(score?.exactMatch.halfWidth),
      "validation_accuracy": number(score?.validationAccuracy),
      "lr": number(score?.learningRate),
      "lr_at_edge": score.map { .bool($0.isAtEdge) } ?? .null, "seeds": .array(seeds),
      "validation_accuracy_by_lr": .array(rates), "runs": .int(result.count),
      "finished": .int(result.count(.finished)), "diverged": .int(result.count(.diverged)),
      "failed": .int(result.count(.failed)), "dropped": .int(result.count(.dropped)),
      "failures": .array(result.failures.map { .string($0) }), "chance": number(baseline?.chance),
      "baseline": number(baseline?.accuracy),
    ]
  }
}
