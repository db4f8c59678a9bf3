import Foundation
import Training

/// What the scheduler needs of a trainer; tests put their own in its place.
package protocol RunTrainer {
  var evaluations: [Evaluation] { get }
  var parameterCount: Int { get }
  /// Whether a checkpoint was taken up.
  var isResumed: Bool { get }
  func writeWeights(to url: URL, after confirm: () throws -> Void) throws
  func train(
    checkpointEvery seconds: Double, _ handler: (TrainerEvent) throws -> TrainerCommand
  ) throws -> TrainerOutcome
}

/// Where runs are trained and scored.
package struct Workshop: Sendable {
  /// A trainer for a configuration, with so many threads, that takes up a checkpoint if there is one.
  package var makeTrainer: @Sendable (RunConfiguration, Int, URL) throws -> any RunTrainer
  /// The test score of weights, with so many threads, after the last evaluation.
  package var score: @Sendable (RunConfiguration, URL, Int, Evaluation) throws -> Evaluation

  package init(
    makeTrainer: @escaping @Sendable (RunConfiguration, Int, URL) throws -> any RunTrainer,
    score: @escaping @Sendable (RunConfiguration, URL, Int, Evaluation) throws -> Evaluation
  ) {
    self.makeTrainer = makeTrainer
    self.score = score
  }

  static let real = Workshop(
    makeTrainer: { try Trainer($0, threads: $1, checkpoint: $2) },
    score: { try TestScoring.score($0, weights: $1, threads: $2, after: $3) })
}

extension Trainer: RunTrainer {
  package var parameterCount: Int { model.parameterCount }

  package func train(
    checkpointEvery seconds: Double, _ handler: (TrainerEvent) throws -> TrainerCommand
  ) throws -> TrainerOutcome {
    try run(checkpointEvery: seconds, handler)
  }
}
