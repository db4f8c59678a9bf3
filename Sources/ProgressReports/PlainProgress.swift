import Experiments
import Foundation
import Records
import Results
import Scheduling
import Support
import Synchronization
import Training

/// Progress for logs: a line for each evaluation and each end of a run. Once a minute also a line for each run in
/// training and one for all runs.
package final class PlainProgress: ProgressReporter {
  private struct State {
    var board: ProgressBoard
    var last: [String: TrainingProgress] = [:]
    var shown = Stopwatch()
  }

  private let write: @Sendable (String) -> Void
  private let state: Mutex<State>
  private let seconds: Double

  /// - Parameters:
  ///   - runs: how many runs there are.
  ///   - jobs: how many runs are trained at once.
  ///   - seconds: the time from one overview to the next.
  package init(
    runs: Int, jobs: Int, every seconds: Double = 60, write: @escaping @Sendable (String) -> Void
  ) {
    self.write = write
    self.seconds = seconds
    state = Mutex(State(board: ProgressBoard(runs: runs, jobs: jobs)))
  }

  package func report(_ event: RunEvent, of run: Experiment.Run) {
    let now = ProcessInfo.processInfo.systemUptime
    let baseline = event.isStart ? run.configuration.baseline : nil
    let progress = state.withLock { state in
      state.board.apply(event, label: run.label, hash: run.hash, baseline: baseline, now: now)
      if case .progress(let progress) = event { state.last[run.hash] = progress }
      return state.last[run.hash]
    }
    switch event {
    case .started, .progress: break
    case .evaluated(let evaluation):
      write(
        Self.line(evaluation, progress, label: run.label, beside: run.configuration.baseline))
    case .ended(let end):
      write("\(run.label): \(end.summary(beside: run.configuration.baseline))")
    }
  }

  package func tick(_ overview: SweepOverview) {
    let lines = state.withLock { state -> [String] in
      state.board.update(overview)
      guard state.shown.seconds >= seconds, !state.board.isEmpty else { return [] }
      state.shown = Stopwatch()
      return state.board.plainLines
    }
    lines.forEach(write)
  }

  package func note(_ text: String) { write(text) }

  package func close() {}

  package static func line(
    _ evaluation: Evaluation, _ progress: TrainingProgress?, label: String,
    beside baseline: NoRecallBaseline?
  ) -> String {
    let total = progress.map { "/\($0.totalSteps)\($0.stageText)" } ?? ""
    var parts = [
      "\(label): step \(evaluation.step)\(total)", "loss \(fixed(evaluation.loss, 3))",
      accuracyText(evaluation, beside: baseline), "exact match \(fixed(evaluation.exactMatch, 3))",
    ]
    if let progress {
      parts.append("\(fixed(progress.sequencesPerSecond, 0)) sequences/s")
      parts.append("\(clock(progress.secondsLeft)) left")
    }
    return parts.joined(separator: "  ")
  }
}

extension TrainingProgress {
  /// " (stage 2 of 5)"; empty where training has no stages in order.
  var stageText: String { stage.map { " (stage \($0) of \(stageCount))" } ?? "" }
}
