import Capacity
import Foundation
import Support
import Training

/// A question and the runs that answer it, as one YAML file states them.
public struct Experiment: Sendable {
  /// Names the folder of records: `runs/NAME/`.
  public let name: String
  public let question: String
  /// How long all runs take on two cores; nil if the file does not say.
  public let expectedMinutes: Double?
  /// In the order of the file: rows first, then sweep axes, the first axis slowest.
  public internal(set) var runs: [Run]
  /// The same runs, in the same order.
  public internal(set) var configurations: [Configuration]
  public let rows: [Row]
  /// Runs that `match` asks for, although no model can meet the request.
  public let skipped: [SkippedRun]
  public let table: TableSettings
  /// The kinds of chart to draw after a run.
  public let charts: [String]
  /// What is measured of the chosen models after training. No run's configuration or hash depends on it.
  public let measures: [Measure]
  public let file: String
  /// The parsed file, so that an error found later can name its line.
  public let root: ConfigurationNode

  /// A measurement of trained models.
  public enum Measure: String, CaseIterable, Sendable {
    /// The ranks of the mixing matrices.
    case rank
    /// How far a state kept in bfloat16 goes astray.
    case bfloat16State = "bf16_state"
    /// Test accuracy at fewer pairs than the task has.
    case pairs
  }

  /// One entry of `rows`. Each combination of its axes, learning rate and seed aside, is a line of the table.
  public struct Row: Sendable {
    public let label: String
    /// The line of the published table that the row replicates: values of some of its columns; or nil.
    public let published: [String: String]?
    /// Learning rates are compared at the first so many seeds; nil for all seeds.
    public let searchSeeds: Int?
    /// The row's position in the file.
    public let mark: SourceMark

    /// The label without words that hold a `{key}`, such as "N={d_state}"; the whole label if nothing is left.
    public var labelWithoutKeys: String {
      let parts = label.split(separator: " ").filter { !$0.contains("{") }
      let text = parts.joined(separator: " ").trimmingCharacters(
        in: CharacterSet(charactersIn: " ,"))
      return text.isEmpty ? label : text
    }
  }

  /// One model to be trained once.
  public struct Run: Sendable {
    /// The row's label with the values of all axes.
    public let label: String
    public let row: Int
    public let axes: [AxisValue]
    public let configuration: RunConfiguration
    /// How its model was made equal to another one. Neither its configuration nor its hash depends on this.
    public var match: MatchOutcome?
    /// Where the values come from that neither the file nor a default gave; nil if there are none.
    public var recipe: Recipe.Use?
    /// 16 hexadecimal digits of its configuration; they name the record.
    public let hash: String

    package init(
      label: String, row: Int, axes: [AxisValue], configuration: RunConfiguration,
      match: MatchOutcome? = nil, recipe: Recipe.Use? = nil, hash: String
    ) {
      (self.label, self.row, self.axes) = (label, row, axes)
      (self.configuration, self.match, self.hash) = (configuration, match, hash)
      self.recipe = recipe
    }
  }
}

/// A run's value on one sweep axis, for example training.lr = 0.003.
public struct AxisValue: Hashable, Sendable {
  /// Validation chooses among the values of this axis.
  package static let learningRatePath = "training.lr"
  /// Scores are averaged over the values of this axis.
  package static let seedPath = "seed"

  /// The path of the key, for example "training.lr".
  public let path: String
  public let value: SettingValue

  public init(path: String, value: SettingValue) {
    self.path = path
    self.value = value
  }

  /// The path without its section: "lr", "seed", or "mixers.0.d_state" for a setting of a hybrid's first mixer.
  public var key: String {
    path.utf8.firstIndex(of: UInt8(ascii: ".")).map { String(path[path.index(after: $0)...]) }
      ?? path
  }

  /// The last part of the path.
  var shortKey: String {
    path.utf8.lastIndex(of: UInt8(ascii: ".")).map { String(path[path.index(after: $0)...]) }
      ?? path
  }

  /// The value as text without quotes; a list of mixers as "ssd d_state=8 + attention".
  public var text: String {
    guard case .array(let list) = value, !list.isEmpty else { return value.plainText }
    let mixers = list.compactMap { entry -> String? in
      guard case .object(let keys) = entry, case .string(let kind)? = keys["kind"] else {
        return nil
      }
      let others = keys.filter { $0.key != "kind" }.sorted { $0.key < $1.key }
      return ([kind] + others.map { "\($0.key)=\($0.value.plainText)" }).joined(separator: " ")
    }
    return mixers.count == list.count ? mixers.joined(separator: " + ") : value.plainText
  }

  package var isLearningRate: Bool { path == Self.learningRatePath }

  /// Whether runs that differ in it belong to one configuration.
  package static func isWithinConfiguration(_ path: String) -> Bool {
    path == learningRatePath || path == seedPath
  }
}

/// `table:` in an experiment's file: what the table shows beside the scores.
public struct TableSettings: Settings {
  /// The name of a file in plots/tables/ without `.csv`; empty: no published values.
  public var published = ""
  /// The name of a file in plots/tables/ without `.csv`, whose points are drawn in a panel of their own; empty: none.
  public var publishedPoints = ""
  /// How the state of models is counted.
  public var convention = CapacityConvention.innerChannels
  /// The chart's title; empty: the experiment's name.
  public var title = ""
  /// A line above the table and under the chart's title, for example what was scaled down.
  public var note = ""

  public init() {}

  public static let keys: [SettingKey<TableSettings>] = [
    .text("published", \.published, "a file in plots/tables/ without .csv, to compare with"),
    .text(
      "published_points", \.publishedPoints,
      "a file in plots/tables/ without .csv, with kind, state_bytes and accuracy; accuracy-against-bits draws it in a panel of its own"
    ),
    .choice("convention", \.convention, "how the state of models is counted").alias("channels"),
    .text("title", \.title, "the chart's title; none is the experiment's name"),
    .text("note", \.note, "a line above the table and under the chart's title"),
  ]
}

extension RunConfiguration {
  /// Every value by its path, such as "training.lr", in the order of the paths.
  public var flattened: [(path: String, value: SettingValue)] {
    get throws { try SettingValue(encoding: self).flattened }
  }

  /// Every value by its path, in the order of the paths, with the names and spellings that files have. Records keep the
  /// older ones of `flattened`.
  public var settings: [(path: String, value: SettingValue)] {
    SettingValue.object([
      "model": .object(model.values), "task": .object(task.values),
      "training": .object(training.settingValues), "seed": Self.hashedSeed(seed),
    ]).flattened
  }

  /// The name of this run's record.
  public var hash: String { hashedValue.fingerprint }

  var hashedValue: SettingValue {
    .object([
      "model": .object(model.hashedValues), "task": .object(task.hashedValues),
      "training": .object(training.hashedValues), "seed": Self.hashedSeed(seed),
    ])
  }

  static func hashedSeed(_ seed: UInt64) -> SettingValue {
    Int(exactly: seed).map { .int($0) } ?? .double(Double(seed))
  }
}
