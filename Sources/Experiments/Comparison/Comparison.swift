import Support
import Training

/// Two sets of records, cell by cell.
///
/// Cells are the same when everything in their configuration is, apart from learning rates and seeds; what is left is
/// matched by label, and the keys that differ are named.
public struct Comparison: Sendable {
  /// What is compared: the chosen learning rate's score on the test split.
  public enum Measure: String, CaseIterable, Sendable {
    case accuracy
    case exactMatch = "exact_match"
    /// Cross-entropy in nats; less is better.
    case loss

    func value(_ evaluation: Evaluation) -> Double {
      switch self {
      case .accuracy: evaluation.accuracy
      case .exactMatch: evaluation.exactMatch
      case .loss: evaluation.loss
      }
    }
  }

  public enum Verdict: String, Sendable {
    case better, worse
    /// The interval on the difference holds 0.
    case withinNoise = "within noise"
    /// The same seeds have the same scores to the bit.
    case same
    /// A side has one seed, so that nothing tells how far seeds spread.
    case undecided
    /// A side has no score yet, or its runs failed.
    case unscored = "not scored"
    case onlyInFirst = "only in A"
    case onlyInSecond = "only in B"
  }

  public struct Line: Sendable {
    public let label: String
    public let first: Side?
    public let second: Side?
    public let difference: MeanDifference?
    public let verdict: Verdict
    /// Keys that differ, for cells that only their label matches: "training.clip: 1 → 0".
    public let changes: [String]
  }

  /// One set's score of a cell.
  public struct Side: Hashable, Sendable {
    /// nil where there is no score.
    public let score: Estimate?
    /// The chosen learning rate.
    public let learningRate: Double?
    public let finished: Int
    public let runs: Int
    /// Why there is no score, in words; nil where there is one.
    public let missing: String?
    /// Beside the score, where accuracy is compared.
    public let guess: GuessedScore?
    let values: [UInt64: Double]
  }

  public let measure: Measure
  /// In the order of the first set; what only the second has follows.
  public let lines: [Line]

  public init(_ first: RecordSet, _ second: RecordSet, by measure: Measure) throws {
    self.measure = measure
    let pairs = try Self.pairs(first.results, second.results)
    lines = try pairs.map { try Line($0, $1, by: measure) }
  }

  public func count(_ verdict: Verdict) -> Int { lines.count { $0.verdict == verdict } }

  /// Whether every cell is in both sets, scored, and the same or within noise.
  public var findsNoDifference: Bool {
    lines.allSatisfy { $0.verdict == .same || $0.verdict == .withinNoise }
  }

  private static func pairs(
    _ first: [CellResult], _ second: [CellResult]
  ) throws -> [(CellResult?, CellResult?)] {
    var rest = second
    func take(where isMatch: (CellResult) throws -> Bool) rethrows -> CellResult? {
      try rest.firstIndex(where: isMatch).map { rest.remove(at: $0) }
    }
    // All that are the same, before labels have their turn.
    var pairs: [(CellResult?, CellResult?)] = try first.map { result in
      let identity = try result.cell.identity
      return (result, try take { try $0.cell.identity == identity })
    }
    for index in pairs.indices where pairs[index].1 == nil {
      pairs[index].1 = take { $0.cell.label == pairs[index].0?.cell.label }
    }
    return pairs + rest.map { (nil, $0) }
  }
}

extension Comparison.Line {
  init(_ first: CellResult?, _ second: CellResult?, by measure: Comparison.Measure) throws {
    label = (first ?? second)!.cell.label
    self.first = first.map { Comparison.Side($0, by: measure) }
    self.second = second.map { Comparison.Side($0, by: measure) }
    changes = try first.flatMap { a in try second.map { try a.cell.changes(to: $0.cell) } } ?? []
    guard let a = self.first, let b = self.second else {
      (difference, verdict) = (nil, first == nil ? .onlyInSecond : .onlyInFirst)
      return
    }
    guard let before = a.score, let after = b.score else {
      (difference, verdict) = (nil, .unscored)
      return
    }
    let difference = MeanDifference(from: before, to: after)
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
  init(_ result: CellResult, by measure: Comparison.Measure) {
    let isScored = result.chosen != nil && result.unscored.isEmpty
    let points = isScored ? result.chosen!.finished : []
    values = Dictionary(
      points.compactMap { point in point.test.map { (point.seed, measure.value($0)) } },
      uniquingKeysWith: { first, _ in first })
    score = Estimate(values.sorted { $0.key < $1.key }.map(\.value))
    learningRate = result.chosen?.learningRate
    finished = result.points.count { $0.isFinished }
    runs = result.count
    missing = score == nil ? result.missing : nil
    guess = measure == .accuracy ? result.cell.runs[0].configuration.guess : nil
  }
}

extension Cell {
  /// All of its configuration but the learning rate and the seed, by path.
  private var settings: [(path: String, value: SettingValue)] {
    get throws {
      try runs[0].configuration.flattened.filter { $0.path != "training.lr" && $0.path != "seed" }
    }
  }

  var identity: String {
    get throws {
      try settings.map { "\($0.path)=\($0.value.canonicalJSON)" }.joined(separator: "\n")
    }
  }

  /// "training.clip: 1 → 0", for each key that differs.
  func changes(to other: Cell) throws -> [String] {
    let before = try Dictionary(uniqueKeysWithValues: settings.map { ($0.path, $0.value) })
    let after = try Dictionary(uniqueKeysWithValues: other.settings.map { ($0.path, $0.value) })
    func text(_ value: SettingValue?) -> String { value?.plainText ?? "none" }
    return Set(before.keys).union(after.keys).sorted().filter { before[$0] != after[$0] }
      .map { "\($0): \(text(before[$0])) → \(text(after[$0]))" }
  }
}
