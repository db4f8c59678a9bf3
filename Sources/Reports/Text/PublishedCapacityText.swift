import Capacity
import Support

extension PublishedCapacityTable {
  /// The table as a JSON object.
  public var values: SettingValue {
    func names(_ conventions: [CapacityConvention]) -> SettingValue {
      .array(conventions.map { .string($0.rawValue) })
    }
    return .object([
      "sequence_length": .int(length), "explain_all": names(explainsAll),
      "rows": .array(
        rows.map { row in
          .object([
            "model": .string(row.name), "printed": .string(row.printed),
            "relative": .object(
              Dictionary(
                uniqueKeysWithValues: row.relative.map { ($0.key.rawValue, .double($0.value)) })),
            "explained_by": names(row.explainedBy),
          ])
        }),
    ])
  }

  /// The table for a person, with a summary of which conventions explain it.
  public var text: String {
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
    let all = explainsAll.map(\.rawValue).joined(separator: ", ")
    let explained = conventions.map { convention in
      let count = rows.count { $0.explainedBy.contains(convention) }
      return "\(convention.rawValue) \(count)"
    }
    return
      ([
        "State over 2-layer attention's at length \(length), by convention; * gives the printed one",
        "",
      ]
      + alignedColumns([header] + cells, left: [0, header.count - 1])
      + [
        "",
        all.isEmpty
          ? "No single convention explains the column; rows of \(rows.count) explained: "
            + explained.joined(separator: ", ") + "."
          : "All rows: \(all).",
      ]).joined(separator: "\n")
  }
}
