import Capacity
import Support

extension PublishedCapacityTable {
  /// The table as a JSON object, with the conventions' names in records.
  package var values: SettingValue {
    func names(_ conventions: [CapacityConvention]) -> SettingValue {
      .array(conventions.map { .string($0.recordName) })
    }
    return .object([
      "sequence_length": .int(length), "explain_all": names(explainAllRows),
      "rows": .array(
        rows.map { row in
          .object([
            "model": .string(row.name), "printed": .string(row.printed),
            "relative": .object(
              Dictionary(
                uniqueKeysWithValues: row.relative.map { ($0.key.recordName, .double($0.value)) })),
            "explained_by": names(row.explainedBy),
          ])
        }),
    ])
  }

  /// The table for a person, with a summary of which conventions explain it.
  package var text: String {
    let conventions = CapacityConvention.allCases
    let header = ["model", "printed"] + conventions.map(\.rawValue) + ["explained by"]
    let cells = rows.map { row in
      [row.name, row.printed]
        + conventions.map { convention in
          let mark = row.explainedBy.contains(convention) ? "* " : ""
          return mark + row.relative[convention]!.fractionText
        }
        + [
          row.explainedBy.isEmpty ? "none" : row.explainedBy.map(\.rawValue).joined(separator: ", ")
        ]
    }
    let all = explainAllRows.map(\.rawValue).joined(separator: ", ")
    let explained = conventions.map { convention in
      let count = rows.count { $0.explainedBy.contains(convention) }
      return "\(convention.rawValue) \(count)"
    }
    return
      ([
        "State relative to 2-layer attention at length \(length), by convention; * marks the printed ratio.",
        "",
      ]
      + alignedColumns([header] + cells, left: [0, header.count - 1])
      + [
        "",
        all.isEmpty
          ? "No single convention explains all \(rows.count) rows. Rows that each explains: "
            + explained.joined(separator: ", ") + "."
          : "All rows: \(all).",
      ]).joined(separator: "\n")
  }
}
