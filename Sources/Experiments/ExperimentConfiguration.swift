import Support
import Training

extension Experiment {
  /// One model on one task of one size, trained at every learning rate and seed: a line of the table.
  public struct Configuration: Sendable {
    /// The row's label with the values of `axes`.
    public let label: String
    /// The index of its row in the experiment.
    public let row: Int
    /// What distinguishes it from its row's other configurations.
    public let axes: [AxisValue]
    /// In the order of the file; never empty.
    public fileprivate(set) var runs: [Run]
    /// Every learning rate is trained at the first so many seeds; the chosen rate alone at the others. Nil: all.
    public let searchSeeds: Int?

    package init(label: String, row: Int, axes: [AxisValue], runs: [Run], searchSeeds: Int? = nil) {
      (self.label, self.row, self.axes) = (label, row, axes)
      (self.runs, self.searchSeeds) = (runs, searchSeeds)
    }

    /// The first run's settings; apart from learning rate and seed those of every run.
    public var shared: RunConfiguration { runs[0].configuration }

    /// The grid of learning rates, lowest first.
    public var rates: [Double] { Set(runs.map(\.configuration.training.learningRate)).sorted() }

    /// In the order of the file.
    public var seeds: [UInt64] { runs.map(\.configuration.seed).distinct }

    /// How many of its runs compare learning rates.
    package var searchCount: Int { rates.count * min(searchSeeds ?? .max, seeds.count) }

    /// How many of its runs are trained.
    public var count: Int { searchCount + max(0, seeds.count - (searchSeeds ?? .max)) }
  }

  /// The configurations of these runs, in their order.
  static func configurations(of runs: [Run], in rows: [Row]) -> [Configuration] {
    var all: [Configuration] = []
    var indices = [[[AxisValue]: Int]](repeating: [:], count: rows.count)
    for run in runs {
      let axes = run.axes.ofConfiguration
      if let index = indices[run.row][axes] {
        all[index].runs.append(run)
      } else {
        indices[run.row][axes] = all.count
        let row = rows[run.row]
        all.append(
          Configuration(
            label: label(row.label, axes: axes), row: run.row, axes: axes, runs: [run],
            searchSeeds: row.searchSeeds))
      }
    }
    return all
  }

  /// How many of `runs` are trained.
  public var count: Int { configurations.reduce(0) { $0 + $1.count } }

  /// The part whose configurations have one of these texts as their label or, where no label is the text, in their
  /// label. Throws `SettingsError` for a text that no label contains.
  public func only(_ texts: [String]) throws -> Experiment {
    let all = configurations
    var taken: Set<Int> = []
    for text in texts {
      let equal = all.indices.filter { all[$0].label == text }
      let matches =
        equal.isEmpty
        ? all.indices.filter { all[$0].label.localizedCaseInsensitiveContains(text) } : equal
      guard !matches.isEmpty else {
        throw SettingsError(
          "--only", text,
          allowed: "a part of a label: \(all.map { "\"\($0.label)\"" }.joined(separator: ", "))")
      }
      taken.formUnion(matches)
    }
    var part = self
    part.configurations = taken.sorted().map { all[$0] }
    part.runs = part.configurations.flatMap(\.runs)
    return part
  }
}

extension [AxisValue] {
  /// What distinguishes a configuration from its row's others.
  package var ofConfiguration: [AxisValue] {
    filter { !AxisValue.isWithinConfiguration($0.path) }
  }
}

extension RunConfiguration {
  /// Every value by its path, but for the learning rate and the seed.
  package var settingsOfConfiguration: [(path: String, value: SettingValue)] {
    get throws { try flattened.filter { !AxisValue.isWithinConfiguration($0.path) } }
  }
}
