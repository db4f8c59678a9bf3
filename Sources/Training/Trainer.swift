import Autodiff
import Foundation
import Models
import RecallTasks
import Support

/// Trains one run, without a look at the test split, from its start or from its checkpoint, to the same bits either way.
public final class Trainer {
  public let configuration: RunConfiguration
  public let model: LanguageModel
  /// Where the unfinished run is kept.
  public let checkpoint: URL
  /// Every evaluation on the validation split so far.
  public private(set) var evaluations: [Evaluation] = []

  private let settings: TrainingSettings
  private let values: ParameterBuffer
  private let optimizer: AdamW
  private let team: LaneTeam
  private let evaluationTasks: [TaskConfiguration]
  private var plan: TrainingPlan
  private var position = Position()
  private var stopwatch = Stopwatch()

  /// How far training is; all else that a resumed run needs follows from the configuration.
  struct Position: Codable {
    /// Steps taken.
    var step = 0
    /// The next step of the plan; ahead of `step` where segments ended early.
    var planned = 0
    /// Smoothed training accuracy since the segment began.
    var accuracy = 0.0
    var examples = 0
    var tokens = 0
    var seconds = 0.0
    /// Sum and count of training losses since the last evaluation.
    var lossSum = 0.0
    var lossCount = 0
    /// Smoothed training loss.
    var recentLoss = 0.0
    var lastRate = 0.0
    var stopped = false
  }

  public init(_ configuration: RunConfiguration, threads: Int = 1, checkpoint: URL) throws {
    self.configuration = configuration
    self.checkpoint = checkpoint
    settings = configuration.training
    plan = try TrainingPlan(configuration)
    evaluationTasks = try configuration.evaluationTasks
    model = LanguageModel(configuration.model)
    values = model.initialValues(seed: configuration.seed)
    optimizer = AdamW(settings, parameters: model.parameters, bufferCount: model.bufferCount)
    team = LaneTeam(model: model, values: values, lanes: settings.lanes, threads: threads)
    try restore()
  }

  public var totalSteps: Int { plan.totalSteps }
  public var threads: Int { team.threads }
  /// Whether a checkpoint was taken up.
  public var isResumed: Bool { position.step > 0 }

  /// Trains to the end, telling `handler` about every step and evaluation. The handler may pause: the run
  /// is then kept in the checkpoint. The first checkpoint comes after five seconds at most, so that a process
  /// that is killed again and again gets somewhere.
  public func run(
    checkpointEvery seconds: Double = 30, _ handler: (TrainerEvent) throws -> TrainerCommand
  ) throws -> TrainerOutcome {
    stopwatch = Stopwatch()
    var (lastSaved, pause) = (position.seconds, min(seconds, 5))
    let (firstStep, firstSeconds, firstExamples) = (
      position.step, position.seconds, position.examples
    )
    while position.planned < plan.totalSteps, !position.stopped {
      if let reason = advance() { return .diverged(reason: reason, step: position.step) }
      let done = Double(position.step - firstStep)
      let spent = elapsed - firstSeconds
      let progress = TrainingProgress(
        step: position.step, totalSteps: plan.totalSteps - position.planned + position.step,
        loss: position.recentLoss,
        accuracy: evaluations.last?.accuracy,
        sequencesPerSecond: Double(position.examples - firstExamples) / max(spent, 1e-9),
        secondsLeft: spent / done * Double(plan.totalSteps - position.planned))
      var command = try handler(.progress(progress))
      if evaluationIsDue {
        let evaluation = evaluate()
        evaluations.append(evaluation)
        (position.lossSum, position.lossCount) = (0, 0)
        position.stopped = settings.stopAbove < 1 && evaluation.accuracy > settings.stopAbove
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

  /// One training step; the reason if training cannot go on.
  private func advance() -> String? {
    let step = position.step
    let batch = plan.batch(at: position.planned)
    let key = mix(configuration.seed ^ mix(RandomStream.number(of: "dropout") &+ UInt64(step)))
    let (loss, accuracy, gradient) = team.gradient(
      batch, seed: configuration.seed, dropoutKey: key)
    guard loss.isFinite else { return "the training loss is not finite" }
    let norm = optimizer.update(
      values, gradient: gradient, step: step + 1, rate: batch.learningRate)
    position.step += 1
    position.planned += 1
    position.accuracy = 0.9 * position.accuracy + 0.1 * accuracy
    if position.accuracy > batch.untilAccuracy || position.planned == batch.nextSegment {
      position.planned = batch.nextSegment
      position.accuracy = 0
    }
    position.examples += batch.indices.count
    position.tokens += batch.indices.count * batch.task.sequenceLength
    position.lastRate = batch.learningRate
    position.lossSum += loss
    position.lossCount += 1
    position.recentLoss = step == 0 ? loss : 0.95 * position.recentLoss + 0.05 * loss
    return norm.isFinite ? nil : "the gradient is not finite"
  }

  private var evaluationIsDue: Bool {
    position.step % plan.evaluateEvery == 0 || position.planned == plan.totalSteps
  }

  private var elapsed: Double { position.seconds + stopwatch.seconds }

  private func evaluate() -> Evaluation {
    let split = team.score(
      evaluationTasks, seed: configuration.seed, split: .validation,
      examples: settings.validationExamples)
    return Evaluation(
      step: position.step, examples: position.examples, tokens: position.tokens, seconds: elapsed,
      learningRate: position.lastRate,
      trainingLoss: position.lossCount == 0
        ? position.recentLoss : position.lossSum / Double(position.lossCount),
      loss: split.total.meanLoss, accuracy: split.total.accuracy,
      exactMatch: split.total.exactMatch, accuracyByPairs: split.accuracyByPairs)
  }
}

extension Trainer {
  /// Writes everything a resumed run needs.
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
      ("", values), ("adamw.first_moment.", optimizer.firstMoment),
      ("adamw.second_moment.", optimizer.secondMoment),
    ]
  }

  /// Writes the model's weights under the names of public checkpoints, after `confirm` as in `AtomicFile.finish`.
  public func writeWeights(to url: URL, after confirm: () throws -> Void = {}) throws {
    try model.write(values, to: url, after: confirm)
  }
}

/// Where a run stands, for display.
public struct TrainingProgress: Sendable {
  public let step: Int
  public let totalSteps: Int
  /// Smoothed training loss.
  public let loss: Double
  /// Last validation accuracy.
  public let accuracy: Double?
  public let sequencesPerSecond: Double
  public let secondsLeft: Double

  /// For trainers other than `Trainer`.
  package init(
    step: Int, totalSteps: Int, loss: Double, accuracy: Double?, sequencesPerSecond: Double,
    secondsLeft: Double
  ) {
    (self.step, self.totalSteps, self.loss, self.accuracy) = (step, totalSteps, loss, accuracy)
    (self.sequencesPerSecond, self.secondsLeft) = (sequencesPerSecond, secondsLeft)
  }
}

public enum TrainerEvent: Sendable {
  case progress(TrainingProgress)
  case evaluated(Evaluation)
  /// The checkpoint is written and about to be put in its place.
  case saving
}

public enum TrainerCommand: Sendable { case `continue`, pause }

public enum TrainerOutcome: Sendable {
  case finished(stoppedEarly: Bool)
  case paused
  /// A loss or gradient is not finite.
  case diverged(reason: String, step: Int)
}
