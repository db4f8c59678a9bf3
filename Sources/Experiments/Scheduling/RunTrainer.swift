import Foundation

/// What the scheduler needs of a trainer; tests put their own in its place.
package protocol RunTrainer {
  var evaluations: [Evaluation] { get }
  var parameterCount: Int { get }
  func writeWeights(to url: URL) throws
  func train(
    checkpointEvery seconds: Double, _ handler: (TrainerEvent) throws -> TrainerCommand
  ) throws -> TrainerOutcome
}

extension Trainer: RunTrainer {
  package var parameterCount: Int { model.parameterCount }

  package func train(
    checkpointEvery seconds: Double, _ handler: (TrainerEvent) throws -> TrainerCommand
  ) throws -> TrainerOutcome {
    try run(checkpointEvery: seconds, handler)
  }
}

extension Progress {
  /// For trainers other than `Trainer`.
  package init(
    at step: Int, of totalSteps: Int, loss: Double, accuracy: Double?, sequencesPerSecond: Double,
    secondsLeft: Double
  ) {
    self.init(
      step: step, totalSteps: totalSteps, loss: loss, accuracy: accuracy,
      sequencesPerSecond: sequencesPerSecond, secondsLeft: secondsLeft)
  }
}
