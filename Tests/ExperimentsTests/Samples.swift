import Experiments
import Foundation
import Synchronization
import Training

/// A folder that is removed with its owner.
final class TemporaryFolder: Sendable {
  let url = FileManager.default.temporaryDirectory
    .appendingPathComponent("recall-\(UUID().uuidString)", isDirectory: true)

  init() throws {
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }
}

let sampleMachine = Machine(
  commit: "0123456789ab", cpu: "a processor", instructionSet: "baseline", blasCore: "Generic")

func sampleEvaluation(step: Int, accuracy: Double, loss: Double = 0.5) -> Evaluation {
  let json = """
    {"step": \(step), "examples": \(step * 64), "tokens": \(step * 4096),
     "seconds": \(Double(step) / 7), "lr": 0.001, "training_loss": \(0.1 * Double(step)),
     "loss": \(loss), "accuracy": \(accuracy), "exact_match": \(accuracy / 2),
     "accuracy_by_pairs": {"16": \(accuracy)}}
    """
  do {
    return try JSONDecoder().decode(Evaluation.self, from: Data(json.utf8))
  } catch {
    fatalError("\(error)")
  }
}

func sampleProgress(step: Int, of total: Int, secondsLeft: Double) -> TrainingProgress {
  TrainingProgress(
    step: step, totalSteps: total, loss: 0.5, accuracy: 0.25, sequencesPerSecond: 812,
    secondsLeft: secondsLeft)
}

/// Ten steps that follow a script instead of a model.
final class ScriptedTrainer: RunTrainer {
  private(set) var evaluations: [Evaluation] = []
  let parameterCount = 42
  let isResumed: Bool

  func writeWeights(to url: URL, after confirm: () throws -> Void) throws {
    try confirm()
    try Data().write(to: url)
  }

  let outcome: @Sendable (Int) -> TrainerOutcome?
  let checkpoint: URL

  /// - Parameter outcome: ends the run after a step; nil goes on.
  init(checkpoint: URL, outcome: @escaping @Sendable (Int) -> TrainerOutcome?) {
    self.checkpoint = checkpoint
    isResumed = FileManager.default.fileExists(atPath: checkpoint.path)
    self.outcome = outcome
  }

  func train(
    checkpointEvery seconds: Double, _ handler: (TrainerEvent) throws -> TrainerCommand
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

extension Workshop {
  /// Every test accuracy is 0.75.
  static func scripted(
    _ makeTrainer: @escaping @Sendable (RunConfiguration, URL) throws -> any RunTrainer
  ) -> Workshop {
    Workshop(
      makeTrainer: { configuration, _, checkpoint in try makeTrainer(configuration, checkpoint) },
      score: { _, _, _, last in sampleEvaluation(step: last.step, accuracy: 0.75) })
  }
}

/// Keeps what it is told.
final class RecordingProgress: ProgressReporter {
  private let state = Mutex<[String]>([])
  private let warn: @Sendable (String) -> Void
  var ends: [String] { state.withLock { $0 } }

  init(_ warn: @escaping @Sendable (String) -> Void = { _ in }) { self.warn = warn }

  func report(_ event: RunEvent, of run: Experiment.Run) {
    if case .ended(let end) = event {
      state.withLock { $0.append("\(run.label): \(end.summary(beside: nil))") }
    }
  }
  func tick(_ overview: Overview) {}
  func note(_ text: String) { warn(text) }
  func close() {}
}
