import Capacity
import Foundation
import Models
import Support
import Training

/// What an experiment found: a line for each model, scored at the learning rate that validation chose.
public struct ResultTable: Sendable {
  public let experiment: String
  public let note: String
  /// Where the published values come from; nil if none are named.
  public let publishedSource: String?
  public let lines: [Line]
  /// What successive halving left out; nil if nothing, and it was not asked for.
  public let savings: HalvingSavings?
  /// What was asked for and cannot be.
  public let skipped: [SkippedRun]

  /// One cell: a row of the experiment with one value of each axis, over learning rates and seeds.
  public struct Line: Sendable {
    /// Every run with its record, the learning-rate curve and the choice.
    public let result: CellResult
    /// State size relative to attention; of a matched model the ratio that it was matched in.
    public let capacity: Double
    public let publishedCapacity: String?
    public let published: Double?
    /// The chosen learning rate's score; nil until every run is done and the chosen ones are scored.
    public let score: Score?

    public var label: String { result.cell.label }
    /// How its model was made equal to another.
    public var match: MatchOutcome? { result.cell.runs[0].match }
    /// What a matched model's ratio is of, such as "state (exact) / attention"; nil for others.
    public var matchTitle: String? { match.map { "\($0.by.words) / \($0.to.kind)" } }
    public var modelKind: String { result.cell.runs[0].configuration.model.kind }
    /// In text.
    public var modelName: String { result.cell.runs[0].configuration.model.name }
    public var runs: Int { result.count }
    public func count(_ status: RunRecord.Status) -> Int {
      result.rates.reduce(0) { $0 + $1.count(status) }
    }
    /// Why runs diverged or failed, each reason once.
    public var failures: [String] {
      Set(result.points.compactMap { $0.record?.failure?.reason }).sorted()
    }
  }

  /// Test scores at the chosen learning rate, over seeds.
  public struct Score: Hashable, Sendable {
    public let learningRate: Double
    /// Another, untried rate may be better: it is the lowest or highest of the grid.
    public let isAtEdge: Bool
    public let validationAccuracy: Double
    public let accuracy: Estimate
    public let exactMatch: Estimate
    /// Every seed's test accuracy, by seed.
    public let seeds: [SeedScore]
  }

  public struct SeedScore: Hashable, Sendable {
    public let seed: UInt64
    public let accuracy: Double
    public let exactMatch: Double
  }

  /// - Parameters:
  ///   - halving: whether successive halving was asked for.
  ///   - record: the record of a run, or nil if it has none.
  public init(
    _ experiment: Experiment, published: PublishedTable?, halving: Bool = false,
    record: (Experiment.Run) throws -> RunRecord?
  ) throws {
    self.experiment = experiment.name
    note = experiment.table.note
    skipped = experiment.skipped
    publishedSource = published?.source
    lines = try experiment.cells.map { cell in
      let row = experiment.rows[cell.row]
      let line = try published.flatMap { table in
        do {
          return try row.published.map(table.line)
        } catch let error as SettingsError {
          throw ConfigurationError(row.mark, error.description)
        }
      }
      return try Line(
        CellResult(cell, record: record), published: line, channels: experiment.table.channels)
    }
    savings = try HalvingSavings(lines.map(\.result), halving: halving)
  }

  /// Whether any cell has a score.
  public var hasScores: Bool { lines.contains { $0.score != nil } }
}

extension ResultTable.Line {
  init(_ result: CellResult, published: [String: String]?, channels: StateChannels) throws {
    self.result = result
    let run = result.cell.runs[0]
    capacity = try run.match?.obtained ?? run.configuration.relativeCapacity(channels.convention)
    publishedCapacity = published?["capacity_vs_attention"]
    self.published = (published?["accuracy"]).flatMap { Double(fraction: $0) }
    score = ResultTable.Score(result)
  }
}

extension ResultTable.Score {
  init?(_ result: CellResult) {
    guard let chosen = result.chosen, result.unscored.isEmpty,
      let validation = chosen.validation?.mean
    else { return nil }
    seeds = chosen.finished.compactMap { point in
      point.test.map { .init(seed: point.seed, accuracy: $0.accuracy, exactMatch: $0.exactMatch) }
    }
    guard let accuracy = Estimate(seeds.map(\.accuracy)),
      let exactMatch = Estimate(seeds.map(\.exactMatch))
    else { return nil }
    learningRate = chosen.learningRate
    isAtEdge = result.isAtEdge
    validationAccuracy = validation
    self.accuracy = accuracy
    self.exactMatch = exactMatch
  }
}

extension RunConfiguration {
  /// State size relative to two layers of attention as wide, at the length of the tested sequences.
  func relativeCapacity(_ convention: CapacityConvention) throws -> Double {
    let length = task.task.sequenceLength
    return try convention.ratio(
      of: model,
      to: .referenceAttention(modelDimension: model.backbone.modelDimension, length: length),
      length: length)
  }
}
