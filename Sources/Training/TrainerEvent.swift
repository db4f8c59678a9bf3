/// Where a run stands, for display.
public struct TrainingProgress: Sendable {
  /// Steps taken.
  public let step: Int
  /// Steps of the whole run, without those that stages which ended early left out.
  public let totalSteps: Int
  /// Smoothed training loss per labelled position, in nats.
  public let loss: Double
  /// Last validation accuracy.
  public let accuracy: Double?
  /// Training speed since this call of `Trainer.run` began.
  public let sequencesPerSecond: Double
  /// Until the end of training, at the speed so far.
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

/// What a trainer tells its handler.
public enum TrainerEvent: Sendable {
  /// A step was taken.
  case progress(TrainingProgress)
  /// The model was scored on the validation split.
  case evaluated(Evaluation)
  /// The checkpoint is written and gets its name next, if the handler does not throw.
  case saving
}

/// What a handler answers.
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
  /// The handler asked for it. The checkpoint holds the run.
  case paused
  /// A loss or gradient is not finite.
  case diverged(reason: String, step: Int)
}
