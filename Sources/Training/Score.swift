/// Sums over scored examples. An example without labels does not count.
public struct Score: Codable, Hashable, Sendable {
  /// The score of no examples.
  public init() {}

  /// How many examples were scored.
  public private(set) var examples = 0
  private var positions = 0
  private var loss = 0.0
  private var accuracySum = 0.0
  private var exact = 0

  /// Adds one example: its labelled positions, and how many of these were predicted.
  public mutating func add(labelled: Int, correct: Int) {
    guard labelled > 0 else { return }
    examples += 1
    positions += labelled
    accuracySum += Double(correct) / Double(labelled)
    exact += correct == labelled ? 1 : 0
  }

  /// Adds the cross-entropy of labelled positions, in nats.
  public mutating func add(loss: Double) { self.loss += loss }

  /// Whether its counts can be those of examples; a damaged file may say anything.
  var isPossible: Bool { [examples, positions, exact].allSatisfy { (0...1 << 53).contains($0) } }

  /// Adds other examples.
  public mutating func add(_ other: Score) {
    examples += other.examples
    positions += other.positions
    loss += other.loss
    accuracySum += other.accuracySum
    exact += other.exact
  }

  /// Mean cross-entropy per labelled position, in nats.
  public var meanLoss: Double { loss / Double(positions) }
  /// Mean over examples of the fraction of labelled positions that were predicted.
  public var accuracy: Double { accuracySum / Double(examples) }
  /// Fraction of examples of which every labelled position was predicted.
  public var exactMatch: Double { Double(exact) / Double(examples) }
}

/// Scores on a split: over all evaluated tasks, by their difficulty, and by the parts of their labelled positions.
package struct SplitScore: Codable, Hashable, Sendable {
  package private(set) var total = Score()
  private var groups: [String: Score] = [:]
  private var parts: PartScores?

  mutating func add(_ score: Score, _ parts: PartScores?, difficulty: String) {
    total.add(score)
    groups[difficulty, default: Score()].add(score)
    if let parts { self.parts = self.parts.map { $0.adding(parts) } ?? parts }
  }

  var isPossible: Bool {
    total.isPossible && groups.values.allSatisfy(\.isPossible) && parts?.isPossible ?? true
  }

  package var accuracyByDifficulty: [String: Double] { groups.mapValues(\.accuracy) }
  /// nil for tasks without parts.
  package var accuracyByPart: [String: Double]? { parts?.accuracies }
}
