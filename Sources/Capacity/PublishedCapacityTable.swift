import Models
import Support

/// The capacities of a published table beside those that each counting convention gives.
public struct PublishedCapacityTable: Sendable {
  public struct Row: Sendable {
    public let name: String
    public let printed: String
    public let relative: [CapacityConvention: Double]
    /// The conventions that count exactly the printed ratio.
    public let explainedBy: [CapacityConvention]
  }

  /// The rows of the published table, in its order.
  public let rows: [Row]
  /// The number of tokens after which states are counted.
  public let length: Int

  /// The conventions that explain every row.
  public var explainAllRows: [CapacityConvention] {
    CapacityConvention.allCases.filter { choice in
      rows.allSatisfy { $0.explainedBy.contains(choice) }
    }
  }

  /// From rows with the columns model, d_model, d_state, n_layers and capacity_vs_attention; states are counted after
  /// `length` tokens. Throws `SettingsError` for a row that cannot be read.
  public init(lines: [[String: String]], length: Int = 1024) throws {
    self.length = length
    rows = try lines.map { line in
      func number(_ key: String) throws -> Int {
        guard let number = Int(line[key] ?? "") else {
          guard let value = line[key] else {
            throw SettingsError(missing: key, allowed: "an integer in every line")
          }
          throw SettingsError(key, value, allowed: "an integer in every line")
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
        modelDimension: model.shape.modelDimension, length: length)
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
        name: "\(model.kind)\(d), \(model.shape.layers) layers", printed: text,
        relative: relative,
        explainedBy: CapacityConvention.allCases.filter {
          abs(relative[$0]! - printed) < 1e-9 * printed
        })
    }
  }
}
