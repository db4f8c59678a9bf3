import ExperimentSamples
import Experiments
import Foundation
import Scheduling
import Synchronization
import Training

/// A trainer whose ten steps follow a script instead of a model.
final class ScriptedTrainer: RunTrainer {
  private(set) var evaluations: [Evaluation] = []
  let parameterCount = 42
  let isResumed: Bool
  private let outcome: @Sendable (Int) -> TrainerOutcome?
  private let checkpoint: URL

  /// - Parameter outcome: how the run ends after a step; nil if it continues.
  init(checkpoint: URL, outcome: @escaping @Sendable (Int) -> TrainerOutcome?) {
    self.checkpoint = checkpoint
    isResumed = FileManager.default.fileExists(atPath: checkpoint.path)
    self.outcome = outcome
  }

  func writeWeights(to url: URL, after confirm: () throws -> Void) throws {
    try confirm()
    try Data().write(to: url)
  }

  func train(
    checkpointEvery seconds: Double, isInterrupted: @escaping @Sendable () -> Bool,
    _ handler: (TrainerEvent) throws -> TrainerCommand
  ) throws -> TrainerOutcome {
    try Data().write(to: checkpoint)
    for step in 1...10 {
      let now = sampleProgress(step: step, of: 10, secondsLeft: Double(10 - step))
      if try handler(.progress(now)) == .pause { return .paused }
      if step % 5 == 0 {
        evaluations.append(sampleEvaluation(step: step, accuracy: Double(step) / 20))
        if try handler(.evaluated(evaluations[evaluations.count - 1])) == .pause { return .paused }
      }
      if let end = outcome(step) { return end }
    }
    return .finished(stoppedEarly: false)
  }
}

extension TrainerFactory {
  /// Every test accuracy is 0.75.
  static func scripted(
    _ makeTrainer: @escaping @Sendable (RunConfiguration, URL) throws -> any RunTrainer
  ) -> TrainerFactory {
    TrainerFactory(
      makeTrainer: { configuration, _, checkpoint in try makeTrainer(configuration, checkpoint) },
      score: { _, _, _, last, _ in sampleEvaluation(step: last.step, accuracy: 0.75) })
  }
}

/// Keeps the outcomes of runs, such as "attention lr=0.01 seed=0: finished".
final class RecordingProgress: ProgressReporter {
  private let outcomes = Messages()
  private let warn: @Sendable (String) -> Void
  var ends: [String] { outcomes.all }

  init(_ warn: @escaping @Sendable (String) -> Void = { _ in }) { self.warn = warn }

  func report(_ event: RunEvent, of run: Experiment.Run) {
    if case .ended(let outcome) = event { outcomes.add("\(run.label): \(Self.name(outcome))") }
  }
  func tick(_ overview: SweepOverview) {}
  func note(_ text: String) { warn(text) }
  func close() {}

  private static func name(_ outcome: RunOutcome) -> String {
    switch outcome {
    case .finished: "finished"
    case .scored: "scored"
    case .diverged: "diverged"
    case .paused: "paused"
    case .compared: "compared"
    case .dropped: "dropped"
    case .lost: "lost"
    case .redone: "redone"
    case .error: "error"
    }
  }
}
