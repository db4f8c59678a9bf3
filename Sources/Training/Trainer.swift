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
  /// When it becomes true, `run` pauses, also in the middle of a step, which is then taken again, or of an evaluation,
  /// which goes on where it was. Several threads ask it many times a second.
  public var isInterrupted: @Sendable () -> Bool = { false }

  private let settings: TrainingSettings
  private let step: TrainingStep
  private let evaluator: Evaluator
  private let evaluationTasks: [TaskConfiguration]
  private var plan: TrainingPlan
  private var position = TrainingPosition()
  private var stopwatch = Stopwatch()
  /// How far the evaluation of the present step is; nil where none is to be done.
  private var unfinished: SplitProgress?
  /// When the checkpoint was last written.
  private var lastSaved = 0.0

  /// Prepares the run; if `checkpoint` exists, training continues from it.
  ///
  /// - Parameters:
  ///   - configuration: the run's model, task, training settings and seed.
  ///   - threads: the threads of a step, at least 1. More than the configuration's gradient shards do not help.
  ///   - checkpoint: a safetensors file that `run` writes from time to time.
  ///
  /// Throws `DamagedCheckpoint` for a checkpoint that is damaged or of another run, `FileError` for one of another
  /// version and for initial weights or data that cannot be read, and `SettingsError` for stages that are not valid tasks.
  public init(_ configuration: RunConfiguration, threads: Int = 1, checkpoint: URL) throws {
    self.configuration = configuration
    self.checkpoint = checkpoint
    settings = configuration.training
    plan = try TrainingPlan(configuration)
    evaluationTasks = try configuration.evaluationTasks
    step = TrainingStep(configuration, threads: threads)
    evaluator = Evaluator(step.batch)
    let startsAnew = !FileManager.default.fileExists(atPath: checkpoint.path)
    try step.readFiles(settings, startsAnew: startsAnew)
    if !startsAnew { try restore() }
  }

  /// The model that is trained.
  public var model: LanguageModel { step.model }
  /// Steps of the whole run, if no stage ends early.
  public var totalSteps: Int { plan.totalSteps }
  /// Threads that share a step.
  public var threads: Int { step.threads }
  /// The steps of each stage that has ended; nil with more than one epoch or shuffled stages.
  public var stageSteps: [Int]? {
    guard isInOrder else { return nil }
    let ends = position.stageEnds ?? []
    return zip(ends, [0] + ends).map { $0 - $1 }
  }
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
    step.batch.isInterrupted = isInterrupted
    let start = position
    lastSaved = start.seconds
    var pause = min(seconds, 5)
    func save() throws {
      try self.save { _ = try handler(.saving) }
      (lastSaved, pause) = (elapsed, seconds)
    }
    func saveIfDue() throws { if elapsed - lastSaved > pause { try save() } }
    while unfinished != nil || position.planned < plan.totalSteps && !position.stopped {
      var command = TrainerCommand.continue
      if unfinished == nil {
        switch advance() {
        case .taken:
          command = try handler(.progress(progress(since: start)))
          if evaluationIsDue { unfinished = SplitProgress() }
        case .interrupted: command = .pause
        case .diverged(let reason): return .diverged(reason: reason, step: position.step)
        }
      }
      if command == .continue, unfinished != nil {
        if let evaluation = try evaluate(keep: saveIfDue) {
          guard evaluation.loss.isFinite else {
            return .diverged(reason: "the validation loss is not finite", step: position.step)
          }
          command = try handler(.evaluated(evaluation))
        } else {
          command = .pause
        }
      }
      if command == .pause {
        try save()
        return .paused
      }
      try saveIfDue()
    }
    return .finished(stoppedEarly: position.stopped)
  }

  private enum Advance {
    case taken, interrupted
    case diverged(String)
  }

  /// Takes one training step.
  private func advance() -> Advance {
    let batch = plan.batch(at: position.planned)
    guard let result = step.take(batch, step: position.step) else { return .interrupted }
    guard result.loss.isFinite else { return .diverged("the training loss is not finite") }
    position.advance(over: batch, result)
    return result.gradientNorm.isFinite ? .taken : .diverged("the gradient is not finite")
  }

  private func progress(since start: TrainingPosition) -> TrainingProgress {
    let stepsLeft = plan.totalSteps - position.planned
    let spent = elapsed - start.seconds
    return TrainingProgress(
      step: position.step, totalSteps: position.step + stepsLeft, loss: position.recentLoss,
      accuracy: evaluations.last?.accuracy,
      sequencesPerSecond: Double(position.examples - start.examples) / max(spent, 1e-9),
      secondsLeft: spent / Double(position.step - start.step) * Double(stepsLeft),
      stage: isInOrder && plan.stages.count > 1 ? position.lastStage : nil,
      stageCount: plan.stages.count)
  }

  /// Whether stages come one after the other, each once.
  private var isInOrder: Bool { settings.epochs == 1 && settings.stageOrder == .sequential }

  private var evaluationIsDue: Bool {
    position.step % plan.evaluateEvery == 0 || position.planned == plan.totalSteps
  }

  private var elapsed: Double { position.seconds + stopwatch.seconds }

  /// Begins or continues the evaluation of the present step; nil if it was interrupted.
  private func evaluate(keep: () throws -> Void) throws -> Evaluation? {
    let scores = try withoutActuallyEscaping(keep) { keep in
      try evaluator.score(
        evaluationTasks, seed: configuration.seed, split: .validation,
        examples: settings.validationExamples,
        ScoringControl(from: unfinished, isInterrupted: isInterrupted) { progress in
          self.unfinished = progress
          try keep()
        })
    }
    guard let scores else { return nil }
    unfinished = nil
    let evaluation = Evaluation(at: position, seconds: elapsed, scores: scores)
    evaluations.append(evaluation)
    (position.lossSum, position.lossCount) = (0, 0)
    if plan.isAtPlateau(evaluations, at: position) {
      position.endStage(before: plan.end(ofStage: position.stage))
    }
    position.stopped =
      settings.earlyStopAccuracy < 1 && evaluation.accuracy > settings.earlyStopAccuracy
    return evaluation
  }
}

extension Trainer {
  /// Writes the checkpoint with everything that a resumed run needs.
  private func save(after confirm: () throws -> Void) throws {
    var now = position
    now.seconds = elapsed
    try TrainerCheckpoint.write(
      to: checkpoint, model: model, configuration: configuration, position: now,
      evaluations: evaluations, unfinished: unfinished, buffers: buffers, after: confirm)
  }

  private func restore() throws {
    (position, evaluations, unfinished) = try TrainerCheckpoint.read(
      from: checkpoint, model: model, configuration: configuration, buffers: buffers)
  }

  private static let prefixes = ["", "adamw.first_moment.", "adamw.second_moment."]

  private var buffers: [(prefix: String, buffer: ParameterBuffer)] {
    let buffers = [step.values, step.optimizer.firstMoment, step.optimizer.secondMoment]
    return zip(Self.prefixes, buffers).map { ($0, $1) }
  }

  /// Throws `DamagedCheckpoint` or `FileError` if no trainer of this configuration can continue from the file.
  package static func check(_ checkpoint: URL, of configuration: RunConfiguration) throws {
    let model = LanguageModel(configuration.model)
    _ = try TrainerCheckpoint.read(
      from: checkpoint, model: model, configuration: configuration,
      buffers: prefixes.map { ($0, ParameterBuffer(count: model.bufferCount)) })
  }

  /// Writes the model's weights to a safetensors file, atomically, under the names of public checkpoints. `confirm` is
  /// called when the file is complete, before it gets its name. If it throws, there is no file. Throws `FileError`.
  public func writeWeights(to url: URL, after confirm: () throws -> Void = {}) throws {
    try model.write(step.values, to: url, after: confirm)
  }
}
