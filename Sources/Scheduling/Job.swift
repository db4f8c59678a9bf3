import Experiments
import Training

/// What a thread does next with one run.
enum Job: Sendable {
  /// - Parameter comparisons: shares of the training at which it pauses for successive halving.
  case train(Experiment.Run, comparisons: [Double])
  /// Score the run on the test split.
  case score(Experiment.Run)
  /// End the run, because successive halving drops it.
  case drop(Experiment.Run)

  var run: Experiment.Run {
    switch self {
    case .train(let run, _), .score(let run), .drop(let run): run
    }
  }
}

/// How a session on one run ended.
package enum RunOutcome: Sendable {
  /// Training reached its end, with this last validation score.
  case finished(Evaluation)
  /// The run has this test score now.
  case scored(Evaluation)
  case diverged(String)
  case paused
  /// The run paused to be compared with the other learning rates.
  case compared(Evaluation)
  case dropped
  /// Another process took the run over.
  case lost
  /// The record or the weights to be scored are missing, so the run is trained again.
  case redone
  /// The run itself is intact and can continue later.
  case error(String, isDiskFull: Bool)
}

/// How the work on an experiment ended.
package struct SweepSummary: Sendable {
  package var finished = 0
  package var diverged = 0
  /// Runs that are not done, for example because of an interruption.
  package var paused = 0
  /// How many of the paused runs other processes work on.
  package var elsewhere = 0
  /// Why runs could not be trained or recorded.
  package var errors: [String] = []
  package var isDiskFull = false
  /// Whether leases cannot be written, so that nothing was begun.
  package var cannotWrite = false

  package init() {}

  var mustStop: Bool { isDiskFull || cannotWrite }
}
