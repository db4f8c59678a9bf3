import Foundation
import Models
import RecallTasks

/// Scores on a split, over all evaluated tasks and by their difficulty.
struct SplitScore {
  var total = Score()
  private var groups: [String: Score] = [:]

  mutating func add(_ score: Score, group: String) {
    total.add(score)
    groups[group, default: Score()].add(score)
  }

  var accuracyByPairs: [String: Double] { groups.mapValues(\.accuracy) }
}

extension LaneTeam {
  /// Scores the first `examples` of a split of each task.
  func score(
    _ tasks: [TaskConfiguration], seed: UInt64, split: Split, examples: Int
  ) -> SplitScore {
    var result = SplitScore()
    for task in tasks {
      let score = score(task.task, seed: seed, split: split, examples: examples)
      result.add(score, group: String(task.task.groupingKey.value))
    }
    return result
  }
}

/// The score of a trained run on the test split.
public enum TestScoring {
  /// Reads the run's weights and scores them, to the same bits for any number of threads.
  ///
  /// - Parameter last: its last evaluation, from which the score takes how long training was.
  public static func score(
    _ configuration: RunConfiguration, weights: URL, threads: Int, after last: Evaluation
  ) throws -> Evaluation {
    let model = LanguageModel(configuration.model)
    let values = try model.readWeights(from: weights, isOurs: true)
    let team = LaneTeam(
      model: model, values: values, lanes: configuration.training.lanes, threads: threads)
    let split = team.score(
      try configuration.evaluationTasks, seed: configuration.seed, split: .test,
      examples: configuration.training.testExamples)
    var test = last
    (test.loss, test.accuracy) = (split.total.meanLoss, split.total.accuracy)
    (test.exactMatch, test.accuracyByPairs) = (split.total.exactMatch, split.accuracyByPairs)
    return test
  }
}
