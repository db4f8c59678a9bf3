/// The progress of a run, for display.
public struct TrainingProgress: Sendable {
  /// Steps taken.
  public let step: Int
  /// Steps of the whole run. Steps that are left out because a stage ended early are not counted.
  public let totalSteps: Int
  /// Smoothed training loss per labelled position, in nats.
  public let loss: Double
  /// Last validation accuracy.
  public let accuracy: Double?
  /// Training speed since this call of `Trainer.run` began.
  public let sequencesPerSecond: Double
  /// Seconds until the end of training, at the speed so far.
  public let secondsLeft: Double
  /// The number of the stage of the last step, from 1; nil where there is one stage, or batches of several are mixed.
  public let stage: Int?
  /// How many stages there are.
  public let stageCount: Int

  /// Used by trainers other than `Trainer`.
  package init(
    step: Int, totalSteps: Int, loss: Double, accuracy: Double?, sequencesPerSecond: Double,
    secondsLeft: Double, stage: Int? = nil, stageCount: Int = 1
  ) {
    (self.step, self.totalSteps, self.loss, self.accuracy) = (step, totalSteps, loss, accuracy)
    (self.sequencesPerSecond, self.secondsLeft) = (sequencesPerSecond, secondsLeft)
    (self.stage, self.stageCount) = (stage, stageCount)
  }
}

/// An event that a trainer reports to its handler.
public enum TrainerEvent: Sendable {
  /// A step was taken.
  case progress(TrainingProgress)
  /// The model was scored on the validation split.
  case evaluated(Evaluation)
  /// The checkpoint's file is complete. It gets its name next, unless the handler throws.
  case saving
}

/// A handler's answer to an event.
public enum TrainerCommand: Sendable {
  case `continue`
  /// Saves the run to its checkpoint and ends this call of `run`.
  case pause
}

/// How a call of `Trainer.run` ended.
public enum TrainerOutcome: Sendable {
  /// Training is complete.
  ///
  /// - Parameter stoppedEarly: whether the validation accuracy exceeded `earlyStopAccuracy`.
  case finished(stoppedEarly: Bool)
  /// The handler asked to pause; training can continue from the checkpoint.
  case paused
  /// A loss or gradient is not finite.
  case diverged(reason: String, step: Int)
}
