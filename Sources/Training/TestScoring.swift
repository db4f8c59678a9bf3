import Foundation
import Models
import RecallTasks

/// The score of a trained run on the test split.
public enum TestScoring {
  /// Reads the run's weights and scores the model. The score has the same bits for any number of threads. `last` is the
  /// run's last evaluation, whose step, examples, tokens and time the score repeats. Throws `FileError` or
  /// `SafetensorsError` for weights that cannot be read or belong to another model.
  public static func score(
    _ configuration: RunConfiguration, weights: URL, threads: Int = 1, after last: Evaluation
  ) throws -> Evaluation {
    // Nothing interrupts it.
    try score(configuration, weights: weights, threads: threads, after: last, ScoringControl())!
  }

  /// The same for a scoring that can be interrupted; then nil.
  package static func score(
    _ configuration: RunConfiguration, weights: URL, threads: Int, after last: Evaluation,
    _ control: ScoringControl
  ) throws -> Evaluation? {
    let tasks = try configuration.evaluationTasks
    guard let split = try score(configuration, tasks, weights: weights, threads: threads, control)
    else { return nil }
    var test = last
    test.set(split)
    return test
  }

  /// Accuracy on the test split of the run's task with fewer pairs, by their number; nil if `isInterrupted`.
  package static func accuracyAtFewerPairs(
    _ configuration: RunConfiguration, weights: URL, isInterrupted: @escaping @Sendable () -> Bool
  ) throws -> [String: Double]? {
    try score(
      configuration, configuration.tasksWithFewerPairs, weights: weights, threads: 1,
      ScoringControl(isInterrupted: isInterrupted))?.accuracyByDifficulty
  }

  private static func score(
    _ configuration: RunConfiguration, _ tasks: [TaskConfiguration], weights: URL, threads: Int,
    _ control: ScoringControl
  ) throws -> SplitScore? {
    let model = LanguageModel(configuration.model)
    let evaluator = Evaluator(
      model: model, values: try model.readWeights(from: weights, isOurs: true),
      configuration.training, threads: threads)
    return try evaluator.score(
      tasks, seed: configuration.seed, split: .test,
      examples: configuration.training.testExamples, control)
  }
}
