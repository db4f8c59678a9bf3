import Training

/// What a thread does next.
enum Work: Sendable {
  /// - Parameter comparisons: shares of the training at which it pauses for successive halving.
  case train(Experiment.Run, comparisons: [Double])
  /// On the test split, which is done once for the runs that validation chose.
  case score(Experiment.Run)
  /// Successive halving ends it.
  case drop(Experiment.Run)

  var run: Experiment.Run {
    switch self {
    case .train(let run, _), .score(let run), .drop(let run): run
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
  /// Paused at a comparison with the other learning rates.
  case compared(Evaluation)
  case dropped
  /// Another process has taken it over.
  case lost
  /// The run was not there to be scored and is to be trained again.
  case redone
  /// Nothing is wrong with the run itself: it can be taken up again.
  case error(String, isDiskFull: Bool)
}

/// How a sitting ended.
public struct SittingSummary: Sendable {
  public var finished = 0
  public var diverged = 0
  /// Not done, for example because of an interruption.
  public var paused = 0
  /// Of the paused, those that other processes are at.
  public var elsewhere = 0
  /// Why runs could not be trained or recorded.
  public var errors: [String] = []
  public var isDiskFull = false
  /// Leases cannot be written, so nothing was begun.
  public var cannotWrite = false

  public init() {}

  var cannotGoOn: Bool { isDiskFull || cannotWrite }
}
