import Configuration
import Foundation
import Mixers

/// The published table's capacities beside what each convention gives.
public struct NoteTable: Sendable {
  public struct Row: Sendable {
    public let name: String
    public let printed: String
    public let relative: [CapacityConvention: Double]
    /// The conventions that give the printed number.
    public let explainedBy: [CapacityConvention]
  }

  public let rows: [Row]

  /// The conventions that explain every row; empty if no single one does.
  public var explainsAll: [CapacityConvention] {
    CapacityConvention.allCases.filter { choice in
      rows.allSatisfy { $0.explainedBy.contains(choice) }
    }
  }

  /// Lines with the columns model, d_model, d_state, n_layers and capacity_vs_attention.
  public init(lines: [[String: String]], length: Int = 1024) throws {
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
      let reference = try ReferenceAttention(
        modelDimension: model.backbone.modelDimension, length: length)
      let state = try StateMeasurement(model).after(tokens: length)
      let attention = try reference.state()
      let relative = try Dictionary(
        uniqueKeysWithValues: CapacityConvention.allCases.map {
          ($0, try $0.ratio(of: state, model, to: attention))
        })
      let text = line["capacity_vs_attention"] ?? ""
      let printed = try Self.fraction(text)
      let d = line["d_state"].flatMap { $0.isEmpty ? nil : " N=\($0)" } ?? ""
      return Row(
        name: "\(model.kind)\(d), \(model.backbone.layers) layers", printed: text,
        relative: relative,
        explainedBy: CapacityConvention.allCases.filter {
          abs(relative[$0]! - printed) < 1e-9 * printed
        })
    }
  }

  private static func fraction(_ text: String) throws(SettingsError) -> Double {
    let parts = text.split(separator: "/").compactMap { Double($0) }
    guard (1...2).contains(parts.count), parts.allSatisfy({ $0 > 0 }) else {
      throw SettingsError("capacity_vs_attention", text, allowed: "a number or a fraction")
    }
    return parts.count == 1 ? parts[0] : parts[0] / parts[1]
  }

  public var text: String {
    func cell(_ text: String, _ width: Int) -> String {
      text.padding(toLength: width, withPad: " ", startingAt: 0)
    }
    let names = CapacityConvention.allCases.map { cell($0.rawValue, 12) }.joined()
    var lines = [cell("model", 26) + cell("printed", 9) + names + "explained by"]
    for row in rows {
      let cells = CapacityConvention.allCases.map { convention in
        let mark = row.explainedBy.contains(convention) ? " *" : ""
        return cell(Self.short(row.relative[convention]!) + mark, 12)
      }
      let reasons = row.explainedBy.map(\.rawValue).joined(separator: ", ")
      lines.append(
        cell(row.name, 26) + cell(row.printed, 9) + cells.joined()
          + (reasons.isEmpty ? "none" : reasons))
    }
    let all = explainsAll.map(\.rawValue).joined(separator: ", ")
    lines.append(all.isEmpty ? "No single convention explains the column." : "All rows: \(all).")
    return lines.joined(separator: "\n")
  }

  private static func short(_ value: Double) -> String {
    value < 1 && (1 / value) == (1 / value).rounded()
      ? "1/\(Int(1 / value))" : String(format: "%.4g", value)
  }
}
