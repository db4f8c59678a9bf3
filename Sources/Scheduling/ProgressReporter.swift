import Experiments
import Training

/// Something that happened to a run.
public enum RunEvent: Sendable {
  /// Training begins or continues. The arithmetic is that of the whole run.
  case started(multiplyAdds: Double)
  case progress(TrainingProgress)
  case evaluated(Evaluation)
  case ended(RunOutcome)

  package var isStart: Bool { if case .started = self { true } else { false } }
}

/// How far an experiment is.
public struct SweepOverview: Hashable, Sendable {
  public var runs: Int
  public var done = 0
  /// Runs that other processes work on.
  public var elsewhere = 0
  /// The arithmetic of the runs that are neither done nor in training here.
  public var waitingMultiplyAdds = 0.0

  public init(runs: Int) { self.runs = runs }
}

/// Receives the events of a scheduler, from several threads.
public protocol ProgressReporter: Sendable {
  func report(_ event: RunEvent, of run: Experiment.Run)
  /// Called several times a second, from one thread.
  func tick(_ overview: SweepOverview)
  /// A message that is not an event of a run.
  func note(_ text: String)
  func close()
}
