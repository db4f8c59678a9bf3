/// Sums over scored examples.
public struct Score: Sendable {
  public init() {}

  public private(set) var examples = 0
  private var positions = 0
  private var loss = 0.0
  private var accuracySum = 0.0
  private var exact = 0

  /// Adds examples [count, length]; `loss` is the sum over their labelled positions.
  public mutating func add(labels: [Int32], predictions: [Int32], length: Int, loss: Double) {
    self.loss += loss
    for start in stride(from: 0, to: labels.count, by: length) {
      var (labelled, right) = (0, 0)
      for position in start..<(start + length) where labels[position] >= 0 {
        labelled += 1
        if predictions[position] == labels[position] { right += 1 }
      }
      guard labelled > 0 else { continue }
      examples += 1
      positions += labelled
      accuracySum += Double(right) / Double(labelled)
      exact += right == labelled ? 1 : 0
    }
  }

  public mutating func add(_ other: Score) {
    examples += other.examples
    positions += other.positions
    loss += other.loss
    accuracySum += other.accuracySum
    exact += other.exact
  }

  public var meanLoss: Double { loss / Double(positions) }
  public var accuracy: Double { accuracySum / Double(examples) }
  public var exactMatch: Double { Double(exact) / Double(examples) }
}
