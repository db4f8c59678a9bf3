import Experiments
import Training

/// Something that happened to a run.
package enum RunEvent: Sendable {
  /// Training begins or continues. The arithmetic is that of the whole run.
  case started(multiplyAdds: Double)
  case progress(TrainingProgress)
  case evaluated(Evaluation)
  case ended(RunOutcome)

  package var isStart: Bool { if case .started = self { true } else { false } }
}

/// How far an experiment is.
package struct SweepOverview: Hashable, Sendable {
  package var runs: Int
  package var done = 0
  /// Runs that other processes work on.
  package var elsewhere = 0
  /// How many of the first seeds are done in all rows.
  package var seedsDone = 0
  /// The arithmetic of the runs that are neither done nor in training here.
  package var waitingMultiplyAdds = 0.0

  package init(runs: Int) { self.runs = runs }
}

/// Receives the events of a scheduler, from several threads.
package protocol ProgressReporter: Sendable {
  func report(_ event: RunEvent, of run: Experiment.Run)
  /// Called several times a second, from one thread.
  func tick(_ overview: SweepOverview)
  /// A message that is not an event of a run.
  func note(_ text: String)
  func close()
}
