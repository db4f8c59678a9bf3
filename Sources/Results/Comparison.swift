import Experiments
import Support
import Training

/// Compares two sets of records, configuration by configuration.
///
/// Two configurations are the same if they differ in nothing but learning rates and seeds. The rest is paired by label,
/// and the keys that differ are listed.
package struct Comparison: Sendable {
  /// The test score to compare, at the chosen learning rate.
  package enum Measure: String, CaseIterable, Sendable {
    case accuracy
    case exactMatch = "exact_match"
    /// Cross-entropy in nats; lower is better.
    case loss

    func value(_ evaluation: Evaluation) -> Double {
      switch self {
      case .accuracy: evaluation.accuracy
      case .exactMatch: evaluation.exactMatch
      case .loss: evaluation.loss
      }
    }
  }

  package enum Verdict: String, Sendable {
    case better, worse
    /// The interval on the difference contains 0.
    case withinNoise = "within noise"
    /// The same seeds have equal scores to the bit.
    case same
    /// A side has one seed, which says nothing about the spread of seeds.
    case undecided
    /// A side has no score: runs are missing or failed.
    case unscored = "not scored"
    case onlyInFirst = "only in A"
    case onlyInSecond = "only in B"
  }

  package struct Line: Sendable {
    package let label: String
    package let first: Side?
    package let second: Side?
    package let difference: MeanDifference?
    package let verdict: Verdict
    /// Whether the difference is also distinguishable from 0 by Holm's method among all of the comparison's.
    package fileprivate(set) var survivesHolm = false
    /// The keys that differ if only the labels are equal, such as "training.max_grad_norm: 1 → 0".
    package let changes: [String]
  }

  /// One set's score of a configuration.
  package struct Side: Sendable {
    package let result: ConfigurationResult
    /// The mean over seeds; nil without a score.
    package let score: MeanInterval?
    /// The baseline for the score, if accuracy is compared.
    package let baseline: NoRecallBaseline?
    /// The score of each seed.
    package let values: [UInt64: Double]
  }

  package let measure: Measure
  /// In the order of the first set; configurations that only the second set has come last.
  package let lines: [Line]

  package init(_ first: RecordSet, _ second: RecordSet, by measure: Measure) throws {
    self.measure = measure
    let pairs = try Self.pairs(first.results, second.results)
    var lines = try pairs.map { try Line($0, $1, by: measure) }
    let tested = lines.indices.filter { lines[$0].difference?.pValue != nil }
    let rejected = rejectedByHolm(tested.map { lines[$0].difference!.pValue! })
    for (index, isRejected) in zip(tested, rejected) { lines[index].survivesHolm = isRejected }
    self.lines = lines
  }

  package func count(_ verdict: Verdict) -> Int { lines.count { $0.verdict == verdict } }

  /// Whether every configuration is in both sets and scored, with the same result or one within noise.
  package var findsNoDifference: Bool {
    lines.allSatisfy { $0.verdict == .same || $0.verdict == .withinNoise }
  }

  private static func pairs(
    _ first: [ConfigurationResult], _ second: [ConfigurationResult]
  ) throws -> [(ConfigurationResult?, ConfigurationResult?)] {
    var rest = try second.map { (identity: try $0.configuration.shared.identity, result: $0) }
    func take(where isMatch: (String, ConfigurationResult) -> Bool) -> ConfigurationResult? {
      rest.firstIndex(where: isMatch).map { rest.remove(at: $0).result }
    }
    // First the configurations that are the same; labels pair what is left.
    var pairs: [(ConfigurationResult?, ConfigurationResult?)] = try first.map { result in
      let identity = try result.configuration.shared.identity
      return (result, take { other, _ in other == identity })
    }
    for index in pairs.indices where pairs[index].1 == nil {
      pairs[index].1 = take { $1.configuration.label == pairs[index].0?.configuration.label }
    }
    return pairs + rest.map { (nil, $0.result) }
  }
}

extension Comparison.Line {
  init(
    _ first: ConfigurationResult?, _ second: ConfigurationResult?, by measure: Comparison.Measure
  ) throws {
    label = (first ?? second)!.configuration.label
    self.first = first.map { Comparison.Side($0, by: measure) }
    self.second = second.map { Comparison.Side($0, by: measure) }
    changes =
      if let first, let second {
        first.configuration.shared.changes(to: second.configuration.shared)
      } else {
        []
      }
    guard let a = self.first, let b = self.second else {
      (difference, verdict) = (nil, first == nil ? .onlyInSecond : .onlyInFirst)
      return
    }
    guard let before = a.score, let after = b.score else {
      (difference, verdict) = (nil, .unscored)
      return
    }
    let difference =
      a.values.keys == b.values.keys
      ? MeanDifference(ofPairs: a.values.keys.sorted().map { (a.values[$0]!, b.values[$0]!) })
      : MeanDifference(from: before, to: after)
    self.difference = difference
    verdict =
      if a.values == b.values {
        .same
      } else if let interval = difference.interval {
        if interval.contains(0) {
          .withinNoise
        } else {
          (difference.value > 0) == (measure != .loss) ? .better : .worse
        }
      } else {
        .undecided
      }
  }
}

extension Comparison.Side {
  init(_ result: ConfigurationResult, by measure: Comparison.Measure) {
    self.result = result
    let isScored = result.chosen != nil && result.unscored.isEmpty
    let runs = isScored ? result.chosen!.finished : []
    values = Dictionary(
      runs.compactMap { one in one.test.map { (one.seed, measure.value($0)) } },
      uniquingKeysWith: { first, _ in first })
    score = MeanInterval(values.sorted { $0.key < $1.key }.map(\.value))
    baseline = measure == .accuracy ? result.configuration.shared.baseline : nil
  }
}

extension RunConfiguration {
  /// Equal for runs that differ in nothing but learning rate and seed.
  var identity: String {
    get throws {
      try settingsOfConfiguration.map { "\($0.path)=\($0.value.canonicalJSON)" }
        .joined(separator: "\n")
    }
  }

  /// A text such as "training.max_grad_norm: 1 → 0" for each key that differs, except learning rate and seed.
  func changes(to other: RunConfiguration) -> [String] {
    func settings(_ one: RunConfiguration) -> [String: SettingValue] {
      let own = one.settings.filter { !AxisValue.isWithinConfiguration($0.path) }
      return Dictionary(uniqueKeysWithValues: own.map { ($0.path, $0.value) })
    }
    let (before, after) = (settings(self), settings(other))
    func text(_ value: SettingValue?) -> String { value?.plainText ?? "none" }
    return Set(before.keys).union(after.keys).sorted().filter { before[$0] != after[$0] }
      .map { "\($0): \(text(before[$0])) → \(text(after[$0]))" }
  }
}
