import Foundation
import Synchronization

/// Something that happened to a run.
public enum RunEvent: Sendable {
  case started
  case progress(Progress)
  case evaluated(Evaluation)
  case ended(SittingEnd)
}

/// Shows how runs get on; is told by several threads.
public protocol ProgressReporter: Sendable {
  func report(_ event: RunEvent, of run: Experiment.Run)
  /// Several times a second, from one thread.
  func tick()
  func close()
}

/// One line for each evaluation and for each end of a run; for logs.
public final class PlainProgress: ProgressReporter {
  private let write: @Sendable (String) -> Void
  private let last = Mutex<[String: Progress]>([:])

  public init(write: @escaping @Sendable (String) -> Void) { self.write = write }

  public func report(_ event: RunEvent, of run: Experiment.Run) {
    switch event {
    case .started: break
    case .progress(let progress): last.withLock { $0[run.hash] = progress }
    case .evaluated(let evaluation):
      let progress = last.withLock { $0[run.hash] }
      write(Self.line(evaluation, progress, label: run.label))
    case .ended(let end): write("\(run.label): \(end.summary)")
    }
  }

  public func tick() {}
  public func close() {}

  package static func line(
    _ evaluation: Evaluation, _ progress: Progress?, label: String
  ) -> String {
    let total = progress.map { "/\($0.totalSteps)" } ?? ""
    var parts = [
      "\(label): step \(evaluation.step)\(total)", "loss \(fixed(evaluation.loss, 3))",
      "accuracy \(fixed(evaluation.accuracy, 3))", "exact match \(fixed(evaluation.exactMatch, 3))",
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
  package var summary: String {
    switch self {
    case .finished(let test):
      "finished after \(test.step) steps, \(clock(test.seconds)); test accuracy "
        + "\(fixed(test.accuracy, 3)), exact match \(fixed(test.exactMatch, 3))"
    case .failed(let reason): "failed: \(reason)"
    case .paused: "paused"
    case .error(let message): "error: \(message)"
    }
  }
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
