import Capacity
import Foundation
import Support
import Training

/// A question that runs answer, as one YAML file asks it.
public struct Experiment: Sendable {
  /// Names the folder of records: `runs/NAME/`.
  public let name: String
  public let question: String
  /// How long all runs take on two cores; nil if the file does not say.
  public let expectedMinutes: Double?
  /// In the order of the file; rows first, then axes, the first axis slowest.
  public internal(set) var runs: [Run]
  public let rows: [Row]
  /// Runs that `match` asks for and no model can be.
  public let skipped: [SkippedRun]
  public let table: TableSettings
  /// The kinds of chart to draw after a run.
  public let charts: [String]
  public let file: String
  /// What the file says, for errors that show only later.
  public let root: ConfigurationNode

  /// One entry of `rows`; its axes other than learning rate and seed make several lines in the table.
  public struct Row: Sendable {
    public let label: String
    /// Which line of the published table it replicates: values of some of its columns, or nil.
    public let published: [String: String]?
    /// At how many seeds, the first, learning rates are compared; nil for all of them.
    public let searchSeeds: Int?
    /// Where the row was written.
    public let mark: SourceMark

    /// The label without words that stand for a value, such as "N={d_state}"; whole if nothing else is left.
    public var labelWithoutKeys: String {
      let words = label.split(separator: " ").filter { !$0.contains("{") }
      let text = words.joined(separator: " ").trimmingCharacters(
        in: CharacterSet(charactersIn: " ,"))
      return text.isEmpty ? label : text
    }
  }

  /// One model to be trained.
  public struct Run: Sendable {
    /// The row's label with the values of all axes.
    public let label: String
    public let row: Int
    public let axes: [AxisValue]
    public let configuration: RunConfiguration
    /// How its model was made equal to another; not part of its configuration or its hash.
    public var match: MatchOutcome?
    /// 16 hexadecimal digits of the configuration; names the record.
    public let hash: String
  }
}

extension Experiment {
  /// `expectedMinutes` in words, such as "9 minutes" or "24 hours".
  public var expectedTime: String? {
    expectedMinutes.map { minutes in
      minutes < 120
        ? "\(Int(minutes.rounded())) minutes" : "\(Int((minutes / 60).rounded())) hours"
    }
  }
}

extension Experiment {
  /// The part of it whose cells have one of these texts in their label. Throws `SettingsError` for a text that
  /// none has.
  public func only(_ texts: [String]) throws -> Experiment {
    func matches(_ text: String) -> (Cell) -> Bool {
      { $0.label.localizedCaseInsensitiveContains(text) }
    }
    for text in texts where !cells.contains(where: matches(text)) {
      throw SettingsError(
        "--only", text,
        allowed: "a part of a label: \(cells.map { "\"\($0.label)\"" }.joined(separator: ", "))")
    }
    var part = self
    part.runs = cells.filter { cell in texts.contains { matches($0)(cell) } }.flatMap(\.runs)
    return part
  }
}

/// What a run has of one sweep axis, for example training.lr = 0.003.
public struct AxisValue: Hashable, Sendable {
  /// The path of the key, for example "training.lr".
  public let path: String
  public let value: SettingValue

  public init(path: String, value: SettingValue) {
    self.path = path
    self.value = value
  }

  public var key: String { path.split(separator: ".").last.map(String.init) ?? path }

  /// Learning rates are chosen on validation and seeds averaged; all other axes are told apart.
  public var isChosenOrAveraged: Bool { path == "training.lr" || path == "seed" }

  /// The value as text without quotes.
  public var text: String { value.plainText }
}

extension [AxisValue] {
  /// What tells a cell from its row's others.
  var ofCell: [AxisValue] { filter { !$0.isChosenOrAveraged } }
}

/// What the table after a run shows beside the scores: `table:` in an experiment's file.
public struct TableSettings: Settings {
  /// The name of a file in plots/published/ without `.csv`; empty: no published values.
  public var published = ""
  /// Which channels count in a state-space model's capacity.
  public var channels = StateChannels.inner
  /// The chart's title; empty: the experiment's name.
  public var title = ""
  /// A line above the table and under the chart's title, for example what was scaled down.
  public var note = ""

  public init() {}

  public func validate() throws(SettingsError) {}
}

extension RunConfiguration {
  /// Every value by its path, such as "training.lr", in the order of the paths.
  public var flattened: [(path: String, value: SettingValue)] {
    get throws { try SettingValue(encoding: self).flattened }
  }

  /// Keys that came after the first records, with the value that runs had before: with that value a run
  /// keeps its name, so that its record is still found.
  private static let laterKeys: [(section: String, key: String, value: SettingValue)] = [
    ("task", "num_passes", 1), ("model", "position_embedding", "learned"),
    ("model", "position_std", 0.02), ("model", "embedding_init_std", 0.02),
    ("model", "projection_init_std", 0.02), ("model", "output_init_std", 0.02),
    ("training", "min_batch_size", 1),
  ]

  /// The name of this run's record.
  public var hash: String {
    get throws {
      guard case .object(var values) = try SettingValue(encoding: self) else { return "" }
      for (section, key, value) in Self.laterKeys {
        guard case .object(var keys)? = values[section], keys[key] == value else { continue }
        keys[key] = nil
        values[section] = .object(keys)
      }
      return SettingValue.object(values).fingerprint
    }
  }
}
