import Models
import RecallTasks
import Support
import Synchronization
import Training

/// The accuracy that is possible on some tasks without recall, to compare scores with.
package struct NoRecallBaseline: Hashable, Sendable, CustomStringConvertible {
  /// Accuracy of random answers.
  package let chance: Double
  /// Accuracy of the best predictor that ignores the keys, the mean over the tasks.
  package let accuracy: Double
  /// What that predictor answers, as text for people.
  package let name: String
  /// Accuracy of the best model that sees no later token, the mean over the tasks; nil where it is 1.
  package let causalBestOfTask: Double?
  /// The same, for scores of a model that sees no later token; nil for others.
  package var causalBest: Double? { seesLaterTokens ? nil : causalBestOfTask }

  private var seesLaterTokens = false

  /// "baseline 0.12", which texts show beside a score.
  package var description: String {
    "baseline \(fixed(accuracy, 3))" + (causalBest.map { ", causal best \(fixed($0, 3))" } ?? "")
  }

  /// What is known of one task.
  private struct OfTask: Sendable {
    let baseline: Baseline
    let chance: Double, causalBest: Double
  }

  /// Some baselines take a tenth of a second to measure, and every line of progress shows one.
  private static let known = Mutex<[TaskConfiguration: OfTask]>([:])

  private static func ofTasks(_ tasks: [TaskConfiguration]) -> [OfTask] {
    let before = known.withLock { $0 }
    let new = tasks.filter { before[$0] == nil }.distinct
    let made = new.concurrentMap { configuration in
      let task = configuration.task
      return OfTask(baseline: task.baseline, chance: task.chance, causalBest: task.causalBest)
    }
    return known.withLock { known in
      for (task, value) in zip(new, made) { known[task] = value }
      return tasks.map { known[$0]! }
    }
  }

  /// The mean over tasks with equally many examples each; nil for no tasks.
  package init?(_ tasks: [TaskConfiguration]) {
    guard !tasks.isEmpty else { return nil }
    let all = Self.ofTasks(tasks)
    let names = Set(all.map(\.baseline.name))
    name = names.count == 1 ? names.first! : "the best baseline of each task"
    let count = Double(tasks.count)
    chance = all.reduce(0) { $0 + $1.chance } / count
    accuracy = all.reduce(0) { $0 + $1.baseline.accuracy } / count
    let causal = all.reduce(0) { $0 + $1.causalBest } / count
    causalBestOfTask = causal < 1 ? causal : nil
  }
}

extension NoRecallBaseline {
  /// Whether a mean accuracy over so many examples shows recall: it is more than two standard errors above the baseline.
  /// The answers of an example count as one, because they may all be right together.
  package func isBeaten(by accuracy: Double, examples: Int) -> Bool {
    let error = (self.accuracy * (1 - self.accuracy) / Double(examples)).squareRoot()
    return accuracy > self.accuracy + 2 * error
  }
}

extension NoRecallBaseline {
  /// The baseline for scores of a model.
  package func of(_ model: ModelConfiguration) -> NoRecallBaseline {
    var own = self
    own.seesLaterTokens = !model.isCausal
    return own
  }
}

extension RunConfiguration {
  /// The baseline for the run's validation and test scores.
  package var baseline: NoRecallBaseline? {
    (try? evaluationTasks).flatMap(NoRecallBaseline.init)?.of(model)
  }

  /// The parts of labelled positions that its scores are split by, in order.
  package var partNames: [String] {
    ((try? evaluationTasks) ?? []).flatMap(\.task.partNames).distinct
  }
}
