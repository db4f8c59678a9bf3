import Results
import Support

extension ResultTable {
  /// The table as one JSON object for other programs: `experiment`, `note`, `rows`. A row has the single values of the
  /// CSV, null where there is none, and lists of `seeds`, of `validation_accuracy_by_lr` and of `failures`.
  package var json: String {
    SettingValue.object([
      "experiment": .string(experiment), "note": .string(note),
      "published_source": publishedSource.map { .string($0) } ?? .null,
      "rows": .array(lines.map { .object($0.values.merging($0.jsonLists) { $1 }) }),
    ]).json
  }
}

extension ResultTable.Line {
  fileprivate var jsonLists: [String: SettingValue] {
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
    let byPart = (score?.accuracyByPart ?? [:]).mapValues { SettingValue.double($0.mean) }
    return [
      "accuracy_by_part": .object(byPart), "seeds": .array(seeds),
      "validation_accuracy_by_lr": .array(rates),
      "failures": .array(result.failures.map { .string($0) }),
    ]
  }
}
