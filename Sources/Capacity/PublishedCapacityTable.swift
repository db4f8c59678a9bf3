import Foundation
import Models
import Support

/// A published table's capacities beside what each convention counts.
public struct PublishedCapacityTable: Sendable {
  public struct Row: Sendable {
    public let name: String
    public let printed: String
    public let relative: [CapacityConvention: Double]
    /// The conventions that count exactly the printed ratio.
    public let explainedBy: [CapacityConvention]
  }

  public let rows: [Row]
  /// The number of tokens after which states are counted.
  public let length: Int

  /// The conventions that explain every row.
  public var explainAllRows: [CapacityConvention] {
    CapacityConvention.allCases.filter { choice in
      rows.allSatisfy { $0.explainedBy.contains(choice) }
    }
  }

  /// - Parameter lines: rows with the columns model, d_model, d_state, n_layers and capacity_vs_attention.
  public init(lines: [[String: String]], length: Int = 1024) throws {
    self.length = length
    rows = try lines.map { line in
      func number(_ key: String) throws -> Int {
        guard let number = Int(line[key] ?? "") else {
          throw SettingsError(key, line[key] ?? "nothing", allowed: "an integer in every line")
        }
        return number
      }
      var values: [String: SettingValue] = [
        "kind": .string(line["model"] ?? ""), "d_model": .int(try number("d_model")),
        "n_layers": .int(try number("n_layers")),
      ]
      if line["d_state"]?.isEmpty == false { values["d_state"] = .int(try number("d_state")) }
      let model = try ModelConfiguration(values)
      let reference = try ModelConfiguration.referenceAttention(
        modelDimension: model.backbone.modelDimension, length: length)
      let relative = try Dictionary(
        uniqueKeysWithValues: CapacityConvention.allCases.map {
          ($0, try $0.ratio(of: model, to: reference, length: length))
        })
      let text = line["capacity_vs_attention"] ?? ""
      guard let printed = Double(fraction: text), printed > 0 else {
        throw SettingsError("capacity_vs_attention", text, allowed: "a number or a fraction")
      }
      let d = line["d_state"].flatMap { $0.isEmpty ? nil : " N=\($0)" } ?? ""
      return Row(
        name: "\(model.kind)\(d), \(model.backbone.layers) layers", printed: text,
        relative: relative,
        explainedBy: CapacityConvention.allCases.filter {
          abs(relative[$0]! - printed) < 1e-9 * printed
        })
    }
  }

  /// The whole table for JSON; conventions have their names in records.
  public var values: SettingValue {
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
