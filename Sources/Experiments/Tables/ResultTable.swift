import Capacity
import Configuration
import Foundation

/// What an experiment found: a line for each model, scored at the learning rate that validation chose.
public struct ResultTable: Sendable {
  public let experiment: String
  public let note: String
  /// Where the published values come from; nil if none are named.
  public let publishedSource: String?
  public let lines: [Line]

  /// One model: a row of the experiment with one value of each axis, over learning rates and seeds.
  public struct Line: Sendable {
    public let label: String
    public let modelKind: String
    /// State size relative to attention.
    public let capacity: Double
    public let publishedCapacity: String?
    public let published: Double?
    /// The chosen learning rate's score; nil if no run is finished.
    public let score: Score?
    public let runs: Int
    public let finished: Int
    /// Reasons of failed runs, each once.
    public let failures: [String]
  }

  /// Test scores at the chosen learning rate, over seeds.
  public struct Score: Hashable, Sendable {
    public let learningRate: Double
    /// Another, untried rate may be better: it is the lowest or highest of the grid.
    public let isAtEdge: Bool
    public let validationAccuracy: Double
    public let accuracy: Double
    public let low: Double
    public let high: Double
    public let exactMatch: Double
    public let seeds: Int
  }

  /// - Parameter record: the record of a run, or nil if it has none.
  public init(
    _ experiment: Experiment, published: PublishedTable?,
    record: (Experiment.Run) throws -> RunRecord?
  ) throws {
    self.experiment = experiment.name
    note = experiment.table.note
    publishedSource = published?.source
    var groups: [(key: [AxisValue], row: Int, runs: [Experiment.Run])] = []
    for run in experiment.runs {
      let key = run.axes.filter { !$0.isChosenOrAveraged }
      if let index = groups.firstIndex(where: { $0.row == run.row && $0.key == key }) {
        groups[index].runs.append(run)
      } else {
        groups.append((key, run.row, [run]))
      }
    }
    lines = try groups.map { group in
      let row = experiment.rows[group.row]
      let line = try published.flatMap { table in
        do {
          return try row.published.map(table.line)
        } catch let error as SettingsError {
          throw ConfigurationError(row.mark, error.description)
        }
      }
      return Line(
        label: Experiment.label(row.label, axes: group.key), runs: group.runs,
        records: try group.runs.map(record), published: line, channels: experiment.table.channels)
    }
  }
}

extension ResultTable.Line {
  init(
    label: String, runs: [Experiment.Run], records: [RunRecord?], published: [String: String]?,
    channels: StateChannels
  ) {
    self.label = label
    modelKind = runs[0].configuration.model.kind
    capacity = runs[0].configuration.relativeCapacity(channels: channels)
    publishedCapacity = published?["capacity_vs_attention"]
    self.published = PublishedTable.number(published?["accuracy"])
    self.runs = runs.count
    let records = records.compactMap(\.self)
    finished = records.count { $0.status == .finished }
    failures = Set(records.compactMap { $0.failure?.reason }).sorted()
    let grid = Set(runs.map(\.configuration.training.learningRate))
    score = ResultTable.Score(records.filter { $0.status == .finished }, grid: grid)
  }
}

extension ResultTable.Score {
  /// The learning rate with the highest mean validation accuracy over its seeds at the end of training; of
  /// equals, the one with the lowest validation loss. Test scores have no part in the choice.
  init?(_ records: [RunRecord], grid: Set<Double>) {
    let byRate = Dictionary(grouping: records, by: \.configuration.training.learningRate)
    // A rate at which some seeds failed does not compete with one at which none did.
    let most = byRate.values.map(\.count).max() ?? 0
    let candidates = byRate.filter { $0.value.count == most }
    func validation(_ rate: Double) -> (accuracy: Double, loss: Double) {
      let last = candidates[rate]!.compactMap(\.evaluations.last)
      return (mean(last.map(\.accuracy)), mean(last.map(\.loss)))
    }
    let best = candidates.keys.sorted().max { first, second in
      let (a, b) = (validation(first), validation(second))
      return a.accuracy != b.accuracy ? a.accuracy < b.accuracy : a.loss > b.loss
    }
    guard let best, let chosen = candidates[best] else { return nil }
    let tests = chosen.compactMap(\.test)
    guard !tests.isEmpty else { return nil }
    learningRate = best
    isAtEdge = grid.count > 1 && (best == grid.min() || best == grid.max())
    validationAccuracy = validation(best).accuracy
    accuracy = mean(tests.map(\.accuracy))
    low = tests.map(\.accuracy).min()!
    high = tests.map(\.accuracy).max()!
    exactMatch = mean(tests.map(\.exactMatch))
    seeds = tests.count
  }
}

private func mean(_ values: [Double]) -> Double {
  values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
}

extension RunConfiguration {
  /// State size relative to attention, at the length of the tested sequences.
  func relativeCapacity(channels: StateChannels) -> Double {
    let values = (try? model.values) ?? [:]
    func integer(_ key: String) -> Int? {
      if case .int(let value)? = values[key] { value } else { nil }
    }
    return Capacity.relativeCapacity(
      stateDimension: integer("d_state"), expand: integer("expand") ?? 1,
      layers: model.backbone.layers, length: task.task.sequenceLength, channels: channels)
  }
}
