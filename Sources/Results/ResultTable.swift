import Capacity
import Experiments
import Foundation
import Models
import Records
import Support
import Training

/// An experiment's results: a line for each configuration, with its score at the learning rate that validation chose.
package struct ResultTable: Sendable {
  package let experiment: String
  package let note: String
  /// How the state of models is counted that are not matched.
  package let convention: CapacityConvention
  /// Where the published values come from; nil without published values.
  package let publishedSource: String?
  package let lines: [Line]
  /// What successive halving saved; nil if it dropped nothing and was not asked for.
  package let savings: HalvingSavings?
  /// What the file asks for although no model can meet its `match`.
  package let skipped: [SkippedRun]

  /// One configuration and its score.
  package struct Line: Sendable {
    package let result: ConfigurationResult
    /// State size relative to attention's; for a matched model the ratio to the model that it was matched to. Nil
    /// for a model with a layer that has no recurrence, and so no state.
    package let capacity: Double?
    package let publishedCapacity: String?
    package let published: Double?
    /// The chosen learning rate's score; nil until every run is done and the chosen runs are scored.
    package let score: Score?
    /// The score over the seeds that are scored so far; nil if there is none, and once `score` is known.
    package let partialScore: Score?

    package var label: String { result.configuration.label }
    /// The settings of all its runs, apart from learning rate and seed.
    package var shared: RunConfiguration { result.configuration.shared }
    /// How its model was made equal to another one.
    package var match: MatchOutcome? { result.configuration.runs[0].match }
    package var modelKind: String { shared.model.kind }
    /// The mixer's name for a person.
    package var modelName: String { shared.model.name }
    package var baseline: NoRecallBaseline? { shared.baseline }
    /// The mean rank of the chosen runs' mixing matrices (1e-2, both directions), where it was measured.
    package var effectiveRank: Double? {
      MeanInterval((result.settled?.finished ?? []).compactMap { $0.record?.rank?.effectiveRank })?
        .mean
    }
    /// The error of a state kept in bfloat16 by the tokens so far: ‖S̃ − S‖ / ‖S‖, the mean over the chosen runs. Empty where
    /// it was not measured.
    package var stateErrors: [(tokens: Int, error: Double)] {
      (result.settled?.finished ?? []).flatMap { $0.record?.stateRounding?.points ?? [] }
        .grouped(by: \.tokens).sorted { $0.key < $1.key }
        .map { ($0.key, MeanInterval($0.elements.map(\.stateError))!.mean) }
    }
    /// The parts of labelled positions that its accuracy is split by, in order.
    package var partNames: [String] { shared.partNames }

    /// Whether its score shows recall; nil without a score or a baseline.
    package var isAboveBaseline: Bool? {
      guard let score, let baseline, let tasks = try? shared.evaluationTasks else { return nil }
      let examples = shared.training.testExamples * tasks.count * score.seeds.count
      return baseline.isBeaten(by: score.accuracy.mean, examples: examples)
    }
  }

  /// Test scores at the chosen learning rate, over seeds.
  package struct Score: Hashable, Sendable {
    package let learningRate: Double
    /// Whether the rate is the lowest or highest of the grid: an untried rate may be better.
    package let isAtEdge: Bool
    package let validationAccuracy: Double
    package let accuracy: MeanInterval
    package let exactMatch: MeanInterval
    /// The scores of each part of the labelled positions.
    package let accuracyByPart: [String: MeanInterval]
    /// Every seed's test scores, by seed.
    package let seeds: [SeedScore]
  }

  package struct SeedScore: Hashable, Sendable {
    package let seed: UInt64
    package let accuracy: Double
    package let exactMatch: Double
  }

  /// - Parameters:
  ///   - halving: whether the user asked for successive halving.
  ///   - record: returns the record of a run, or nil if it has none.
  package init(
    _ experiment: Experiment, published: PublishedTable?, halving: Bool = false,
    record: (Experiment.Run) throws -> RunRecord?
  ) throws {
    self.experiment = experiment.name
    note = experiment.table.note
    convention = experiment.table.convention
    skipped = experiment.skipped
    publishedSource = published?.source
    var states = RelativeStates(experiment.table.convention)
    let publishedLines = try published?.lines(of: experiment)
    lines = try experiment.configurations.map { configuration in
      Line(
        try ConfigurationResult(configuration, record: record),
        published: publishedLines?[configuration.row],
        capacity: try states.ratio(of: configuration))
    }
    savings = try HalvingSavings(lines.map(\.result), halving: halving)
  }

  /// Whether any line has a number, if only of the seeds so far.
  package var hasNumbers: Bool { lines.contains { $0.result.bestSoFar != nil } }

  /// Whether any line has a score.
  package var hasScores: Bool { lines.contains { $0.score != nil } }

  /// Whether there are scores, and none is above the baseline without recall.
  package var isWithoutRecall: Bool {
    let scored = lines.compactMap(\.isAboveBaseline)
    return !scored.isEmpty && !scored.contains(true)
  }
}

extension ResultTable.Line {
  init(_ result: ConfigurationResult, published: [String: String]?, capacity: Double?) {
    self.result = result
    self.capacity = capacity
    publishedCapacity = published?["capacity_vs_attention"]
    self.published = (published?["accuracy"]).flatMap { Double(fraction: $0) }
    score = result.chosen != nil && result.unscored.isEmpty ? ResultTable.Score(result) : nil
    partialScore = score == nil ? ResultTable.Score(result) : nil
  }
}

extension ResultTable.Score {
  /// nil without a scored run of the chosen rate.
  init?(_ result: ConfigurationResult) {
    guard let chosen = result.settled, let validation = chosen.validation?.mean else { return nil }
    seeds = chosen.finished.compactMap { one in
      one.test.map { .init(seed: one.seed, accuracy: $0.accuracy, exactMatch: $0.exactMatch) }
    }
    guard let accuracy = MeanInterval(seeds.map(\.accuracy)),
      let exactMatch = MeanInterval(seeds.map(\.exactMatch))
    else { return nil }
    learningRate = chosen.learningRate
    isAtEdge = result.isAtEdge
    validationAccuracy = validation
    self.accuracy = accuracy
    self.exactMatch = exactMatch
    let byPart = chosen.finished.compactMap { $0.test?.accuracyByPart }
    accuracyByPart = Dictionary(
      uniqueKeysWithValues: Set(byPart.flatMap(\.keys)).compactMap { name in
        MeanInterval(byPart.compactMap { $0[name] }).map { (name, $0) }
      })
  }
}
