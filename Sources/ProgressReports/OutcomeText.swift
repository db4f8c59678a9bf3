import Records
import Results
import Scheduling
import Support
import Training

extension RunOutcome {
  /// A few words for a line of progress.
  package func summary(beside baseline: NoRecallBaseline?) -> String {
    switch self {
    case .finished(let last):
      "finished after \(last.step) steps, \(clock(last.seconds)); validation "
        + "\(accuracyText(last, beside: baseline)), exact match \(fixed(last.exactMatch, 3))"
    case .scored(let test):
      "chosen on validation; test \(accuracyText(test, beside: baseline)), exact match "
        + "\(fixed(test.exactMatch, 3))"
    case .diverged(let reason): "diverged: \(reason)"
    case .paused: "paused"
    case .compared(let evaluation):
      "at step \(evaluation.step), waiting to be compared with the other learning rates; validation "
        + accuracyText(evaluation, beside: baseline)
    case .dropped: "dropped: other learning rates do better"
    case .lost: "taken over by another process"
    case .redone: "to be trained again"
    case .error(let message, _): "error: \(message)"
    }
  }
}

/// "accuracy 0.812 (baseline 0.121)", or "accuracy 0.750, after 0.990, before 0.510 (baseline 0.125)".
func accuracyText(_ evaluation: Evaluation, beside baseline: NoRecallBaseline?) -> String {
  let parts = (evaluation.accuracyByPart ?? [:]).sorted { $0.key < $1.key }
    .map { ", \($0.key) \(fixed($0.value, 3))" }
  return "accuracy \(fixed(evaluation.accuracy, 3))" + parts.joined()
    + (baseline.map { " (\($0))" } ?? "")
}
