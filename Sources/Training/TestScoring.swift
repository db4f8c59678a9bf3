import Foundation
import Models

/// The score of a trained run on the test split.
public enum TestScoring {
  /// Reads the run's weights and scores them, to the same bits for any number of threads. `last` is the run's last
  /// evaluation, from which the score takes how long training was. Throws `FileError` or `SafetensorsError` for weights
  /// that cannot be read or are not this model's.
  public static func score(
    _ configuration: RunConfiguration, weights: URL, threads: Int = 1, after last: Evaluation
  ) throws -> Evaluation {
    let model = LanguageModel(configuration.model)
    let evaluator = Evaluator(
      model: model, values: try model.readWeights(from: weights, isOurs: true),
      shards: configuration.training.gradientShards, threads: threads)
    let split = evaluator.score(
      try configuration.evaluationTasks, seed: configuration.seed, split: .test,
      examples: configuration.training.testExamples)
    var test = last
    test.set(split)
    return test
  }
}
