/// What a thread does next.
enum Work: Sendable {
  case train(Experiment.Run)
  /// On the test split, which is done once for the runs that validation chose.
  case score(Experiment.Run)

  var run: Experiment.Run {
    switch self {
    case .train(let run), .score(let run): run
    }
  }
}

/// How the work on one run ended this time.
public enum SittingEnd: Sendable {
  /// Trained to the end, with this last score on validation.
  case finished(Evaluation)
  /// Scored on the test split.
  case scored(Evaluation)
  case diverged(String)
  case paused
  /// Nothing is wrong with the run itself: it can be taken up again.
  case error(String)
}

/// How a sitting ended.
public struct SittingSummary: Sendable {
  public var finished = 0
  public var diverged = 0
  /// Interrupted, or not begun because of the interruption.
  public var paused = 0
  /// Why runs could not be trained or recorded.
  public var errors: [String] = []

  public init() {}
}
