import Support

/// A predictor without recall: it knows what an example shows, but not which value belongs to which key.
public struct Baseline: Hashable, Sendable {
  /// What it predicts, such as "any shown value".
  public let name: String
  /// Its expected accuracy: the mean over examples of the fraction of labels that it predicts.
  public let accuracy: Double

  public init(_ name: String, accuracy: Double) {
    (self.name, self.accuracy) = (name, accuracy)
  }

  /// The more accurate of two; of equals the first.
  func orBetter(_ other: Baseline) -> Baseline { other.accuracy > accuracy ? other : self }
}

extension RecallTask {
  /// The expected accuracy of an answer drawn uniformly from `answerTokens`.
  public var chance: Double { 1 / Double(answerTokens.count) }

  /// What a score is compared with, such as "chance 0.01, any shown value 0.12".
  public var baselineText: String {
    RecallTasks.baselineText(
      chance: chance, baseline, causalBest: causalBest < 1 ? causalBest : nil)
  }
}

/// - Parameter causalBest: nil where a model that sees no later token can be right everywhere.
package func baselineText(chance: Double, _ baseline: Baseline, causalBest: Double?) -> String {
  func short(_ share: Double) -> String { significant(share, 2) }
  return "chance \(short(chance)), \(baseline.name) \(short(baseline.accuracy))"
    + (causalBest.map { ", a causal model at most \(significant($0, 3))" } ?? "")
}
