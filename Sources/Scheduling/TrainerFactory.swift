import Foundation
import Training

/// The part of a trainer that a run session uses. Tests have their own trainers.
package protocol RunTrainer {
  var evaluations: [Evaluation] { get }
  var parameterCount: Int { get }
  /// The steps of each stage that has ended; nil where they are not known.
  var stageSteps: [Int]? { get }
  /// Whether it started from a checkpoint.
  var isResumed: Bool { get }
  func writeWeights(to url: URL, after confirm: () throws -> Void) throws
  func train(
    checkpointEvery seconds: Double, isInterrupted: @escaping @Sendable () -> Bool,
    _ handler: (TrainerEvent) throws -> TrainerCommand
  ) throws -> TrainerOutcome
}

extension RunTrainer {
  package var stageSteps: [Int]? { nil }
}

/// Makes trainers and scores trained runs.
package struct TrainerFactory: Sendable {
  /// Arguments: the configuration, the number of threads, and the checkpoint to start from if it exists.
  package var makeTrainer: @Sendable (RunConfiguration, Int, URL) throws -> any RunTrainer
  package typealias Scoring =
    @Sendable (
      RunConfiguration, URL, Int, Evaluation, ScoringControl
    ) throws -> Evaluation?
  /// Returns the test score, or nil if it was interrupted. Arguments: the configuration, the weights, the number of
  /// threads, and the last evaluation.
  package var score: Scoring

  package init(
    makeTrainer: @escaping @Sendable (RunConfiguration, Int, URL) throws -> any RunTrainer,
    score: @escaping Scoring
  ) {
    self.makeTrainer = makeTrainer
    self.score = score
  }

  static let real = TrainerFactory(
    makeTrainer: { try Trainer($0, threads: $1, checkpoint: $2) },
    score: { try TestScoring.score($0, weights: $1, threads: $2, after: $3, $4) })
}

extension Trainer: RunTrainer {
  package var parameterCount: Int { model.parameterCount }

  package func train(
    checkpointEvery seconds: Double, isInterrupted: @escaping @Sendable () -> Bool,
    _ handler: (TrainerEvent) throws -> TrainerCommand
  ) throws -> TrainerOutcome {
    self.isInterrupted = isInterrupted
    return try run(checkpointEvery: seconds, handler)
  }
}
