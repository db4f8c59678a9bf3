import Autodiff
import Foundation
import Models
import RecallTasks

/// Trains one run, from its start or from its checkpoint. Both give the same bits. It does not use the test split.
public final class Trainer {
  /// The run's model, task, training settings and seed.
  public let configuration: RunConfiguration
  /// The file in which the unfinished run is saved.
  public let checkpoint: URL
  /// Every evaluation on the validation split so far.
  public private(set) var evaluations: [Evaluation] = []

  private let settings: TrainingSettings
  private let step: TrainingStep
  private let evaluator: Evaluator
  private let evaluationTasks: [TaskConfiguration]
  private var plan: TrainingPlan
  private var position = TrainingPosition()
  private var stopwatch = Stopwatch()

  /// Prepares the run; if `checkpoint` exists, training continues from it.
  ///
  /// - Parameters:
  ///   - configuration: the run's model, task, training settings and seed.
  ///   - threads: the threads of a step, at least 1. More than the configuration's gradient shards do not help.
  ///   - checkpoint: a safetensors file that `run` writes from time to time.
  ///
  /// Throws `DamagedCheckpoint` for a checkpoint that is damaged or of another run, `FileError` for one of another
  /// version, and `SettingsError` for stages that are not valid tasks.
  public init(_ configuration: RunConfiguration, threads: Int = 1, checkpoint: URL) throws {
    self.configuration = configuration
    self.checkpoint = checkpoint
    settings = configuration.training
    plan = try TrainingPlan(configuration)
    evaluationTasks = try configuration.evaluationTasks
    step = TrainingStep(configuration, threads: threads)
    evaluator = Evaluator(step.batch)
    try restore()
  }

  /// The model that is trained.
  public var model: LanguageModel { step.model }
  /// Steps of the whole run, if no stage ends early.
  public var totalSteps: Int { plan.totalSteps }
  /// Threads that share a step.
  public var threads: Int { step.threads }
  /// Whether training continues from a checkpoint.
  public var isResumed: Bool { position.step > 0 }

  /// Trains to the end and calls `handler` after every step and every evaluation. If the handler answers `.pause`, the
  /// run is saved to the checkpoint and `run` returns. Throws what the handler throws, and `FileError` if the
  /// checkpoint cannot be written.
  ///
  /// Checkpoints are `seconds` apart. The first one comes after five seconds at most, so that a process that is killed
  /// again and again makes progress.
  public func run(
    checkpointEvery seconds: Double = 30,
    _ handler: (TrainerEvent) throws -> TrainerCommand = { _ in .continue }
  ) throws -> TrainerOutcome {
    stopwatch = Stopwatch()
    let start = position
    var (lastSaved, pause) = (start.seconds, min(seconds, 5))
    while position.planned < plan.totalSteps, !position.stopped {
      if let reason = advance() { return .diverged(reason: reason, step: position.step) }
      var command = try handler(.progress(progress(since: start)))
      if evaluationIsDue {
        let evaluation = evaluate()
        evaluations.append(evaluation)
        (position.lossSum, position.lossCount) = (0, 0)
        position.stopped =
          settings.earlyStopAccuracy < 1 && evaluation.accuracy > settings.earlyStopAccuracy
        guard evaluation.loss.isFinite else {
          return .diverged(reason: "the validation loss is not finite", step: position.step)
        }
        if try handler(.evaluated(evaluation)) == .pause { command = .pause }
      }
      if command == .pause || elapsed - lastSaved > pause {
        try save { _ = try handler(.saving) }
        (lastSaved, pause) = (elapsed, seconds)
      }
      if command == .pause { return .paused }
    }
    return .finished(stoppedEarly: position.stopped)
  }

  /// Takes one training step; returns the reason if training cannot continue.
  private func advance() -> String? {
    let batch = plan.batch(at: position.planned)
    let result = step.take(batch, step: position.step)
    guard result.loss.isFinite else { return "the training loss is not finite" }
    position.advance(over: batch, result)
    return result.gradientNorm.isFinite ? nil : "the gradient is not finite"
  }

  private func progress(since start: TrainingPosition) -> TrainingProgress {
    let stepsLeft = plan.totalSteps - position.planned
    let spent = elapsed - start.seconds
    return TrainingProgress(
      step: position.step, totalSteps: position.step + stepsLeft, loss: position.recentLoss,
      accuracy: evaluations.last?.accuracy,
      sequencesPerSecond: Double(position.examples - start.examples) / max(spent, 1e-9),
      secondsLeft: spent / Double(position.step - start.step) * Double(stepsLeft))
  }

  private var evaluationIsDue: Bool {
    position.step % plan.evaluateEvery == 0 || position.planned == plan.totalSteps
  }

  private var elapsed: Double { position.seconds + stopwatch.seconds }

  private func evaluate() -> Evaluation {
    Evaluation(
      at: position, seconds: elapsed,
      scores: evaluator.score(
        evaluationTasks, seed: configuration.seed, split: .validation,
        examples: settings.validationExamples))
  }
}

extension Trainer {
  /// Writes the checkpoint with everything that a resumed run needs.
  private func save(after confirm: () throws -> Void) throws {
    var now = position
    now.seconds = elapsed
    try TrainerCheckpoint.write(
      to: checkpoint, model: model, configuration: configuration, position: now,
      evaluations: evaluations, buffers: buffers, after: confirm)
  }

  private func restore() throws {
    guard FileManager.default.fileExists(atPath: checkpoint.path) else { return }
    (position, evaluations) = try TrainerCheckpoint.read(
      from: checkpoint, model: model, configuration: configuration, buffers: buffers)
  }

  private var buffers: [(prefix: String, buffer: ParameterBuffer)] {
    [
      ("", step.values), ("adamw.first_moment.", step.optimizer.firstMoment),
      ("adamw.second_moment.", step.optimizer.secondMoment),
    ]
  }

  /// Writes the model's weights to a safetensors file, atomically, under the names of public checkpoints. `confirm` is
  /// called when the file is complete, before it gets its name. If it throws, there is no file. Throws `FileError`.
  public func writeWeights(to url: URL, after confirm: () throws -> Void = {}) throws {
    try model.write(step.values, to: url, after: confirm)
  }
}
