import Foundation
import Synchronization
import Training

/// Something that happened to a run.
public enum RunEvent: Sendable {
  /// Its training begins or goes on; the arithmetic is that of the whole run.
  case started(multiplyAdds: Double)
  case progress(TrainingProgress)
  case evaluated(Evaluation)
  case ended(SittingEnd)

  var isStart: Bool { if case .started = self { true } else { false } }
}

/// Shows how runs get on; is told by several threads.
public protocol ProgressReporter: Sendable {
  func report(_ event: RunEvent, of run: Experiment.Run)
  /// Several times a second, from one thread.
  func tick(_ overview: Overview)
  /// Says something that is not about the progress of a run.
  func note(_ text: String)
  func close()
}

/// For logs: a line for each evaluation and each end of a run, and now and then one for every run in training and
/// one for all.
public final class PlainProgress: ProgressReporter {
  private struct State {
    var board: ProgressBoard
    var last: [String: TrainingProgress] = [:]
    var shown = Stopwatch()
  }

  private let write: @Sendable (String) -> Void
  private let state: Mutex<State>
  private let seconds: Double

  /// - Parameters:
  ///   - runs: how many there are.
  ///   - jobs: how many are trained at a time.
  ///   - seconds: from one view of everything to the next.
  public init(
    runs: Int, jobs: Int, every seconds: Double = 60, write: @escaping @Sendable (String) -> Void
  ) {
    self.write = write
    self.seconds = seconds
    state = Mutex(State(board: ProgressBoard(runs: runs, jobs: jobs)))
  }

  public func report(_ event: RunEvent, of run: Experiment.Run) {
    let now = ProcessInfo.processInfo.systemUptime
    let guess = event.isStart ? run.configuration.guess : nil
    let progress = state.withLock { state in
      state.board.apply(event, label: run.label, hash: run.hash, guess: guess, now: now)
      if case .progress(let progress) = event { state.last[run.hash] = progress }
      return state.last[run.hash]
    }
    switch event {
    case .started, .progress: break
    case .evaluated(let evaluation):
      write(
        Self.line(evaluation, progress, label: run.label, beside: run.configuration.guess))
    case .ended(let end):
      write("\(run.label): \(end.summary(beside: run.configuration.guess))")
    }
  }

  public func tick(_ overview: Overview) {
    let lines = state.withLock { state -> [String] in
      state.board.update(overview)
      guard state.shown.seconds >= seconds, !state.board.isEmpty else { return [] }
      state.shown = Stopwatch()
      return state.board.plainLines
    }
    lines.forEach(write)
  }

  public func note(_ text: String) { write(text) }

  public func close() {}

  package static func line(
    _ evaluation: Evaluation, _ progress: TrainingProgress?, label: String,
    beside guess: GuessedScore?
  ) -> String {
    let total = progress.map { "/\($0.totalSteps)" } ?? ""
    var parts = [
      "\(label): step \(evaluation.step)\(total)", "loss \(fixed(evaluation.loss, 3))",
      accuracyText(evaluation, beside: guess), "exact match \(fixed(evaluation.exactMatch, 3))",
    ]
    if let progress {
      parts.append("\(fixed(progress.sequencesPerSecond, 0)) sequences/s")
      parts.append("\(clock(progress.secondsLeft)) left")
    }
    return parts.joined(separator: "  ")
  }
}

extension SittingEnd {
  /// A few words for a person.
  package func summary(beside guess: GuessedScore?) -> String {
    switch self {
    case .finished(let last):
      "finished after \(last.step) steps, \(clock(last.seconds)); validation "
        + "\(accuracyText(last, beside: guess)), exact match \(fixed(last.exactMatch, 3))"
    case .scored(let test):
      "chosen on validation; test \(accuracyText(test, beside: guess)), exact match "
        + "\(fixed(test.exactMatch, 3))"
    case .diverged(let reason): "diverged: \(reason)"
    case .paused: "paused"
    case .compared(let evaluation):
      "at step \(evaluation.step) to be compared with the other learning rates; validation "
        + accuracyText(evaluation, beside: guess)
    case .dropped: "dropped: other learning rates do better so far"
    case .lost: "taken over by another process"
    case .redone: "to be trained again"
    case .error(let message, _): "error: \(message)"
    }
  }
}

/// "accuracy 0.812 (guess 0.121)".
private func accuracyText(_ evaluation: Evaluation, beside guess: GuessedScore?) -> String {
  "accuracy \(fixed(evaluation.accuracy, 3))" + (guess.map { " (\($0.shortText))" } ?? "")
}

/// A number with that many digits after the point.
package func fixed(_ value: Double, _ digits: Int) -> String {
  String(format: "%.\(digits)f", value)
}

/// Seconds as 0:07, 12:34 or 1:02:03.
package func clock(_ seconds: Double) -> String {
  guard seconds.isFinite, seconds >= 0, seconds < 1e8 else { return "?" }
  let whole = Int(seconds.rounded())
  let (hours, minutes) = (whole / 3600, whole / 60 % 60)
  let tail = String(format: "%02d", whole % 60)
  return hours > 0 ? String(format: "%d:%02d:", hours, minutes) + tail : "\(minutes):\(tail)"
}
