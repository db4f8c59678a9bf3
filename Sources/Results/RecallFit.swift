import Foundation
import Support

/// A curve through measured accuracies, with bootstrap intervals.
///
/// For each replicate, seeds are drawn with replacement, and each of their accuracies is drawn from a binomial
/// distribution over its test examples; then the curve is fitted again. (An example asks for several values, so its
/// mean varies less than the binomial assumes; intervals are rather too wide for that reason.) An interval contains the
/// middle 95 % of replicates (Efron and Tibshirani 1993, section 13.3). With few seeds the interval is too narrow for
/// their spread; with one seed it does not include that spread at all.
package struct RecallFit: Sendable {
  package let points: [RecallPoint]
  package let curve: RecallCurve
  package let replicates: [RecallCurve]

  /// Nil for fewer than two different numbers of pairs. The same `seed` gives the same intervals.
  package init?(_ points: [RecallPoint], replicates count: Int = 1000, seed: UInt64 = 0) {
    guard let curve = RecallCurve(fitting: points) else { return nil }
    self.points = points
    self.curve = curve
    var stream = RandomStream(RandomStream.number(of: "bootstrap"), seed)
    let bySeed = points.grouped(by: \.seed).sorted { $0.key < $1.key }.map(\.elements)
    replicates = (0..<count).compactMap { _ in
      let drawn = bySeed.indices.flatMap { _ in bySeed.randomElement(using: &stream)! }
      return RecallCurve(
        fitting: drawn.map { point in
          let right = binomial(point.examples, point.accuracy, &stream)
          return RecallPoint(
            pairs: point.pairs, accuracy: Double(right) / Double(point.examples),
            examples: point.examples, seed: point.seed)
        })
    }
  }

  package var seeds: Int { Set(points.map(\.seed)).count }

  /// The numbers of pairs that were tested.
  package var tested: ClosedRange<Int> {
    points.map(\.pairs).min()!...points.map(\.pairs).max()!
  }

  /// Whether accuracy is high and hardly falls with the tested numbers of pairs, so that they say nothing of K90.
  package var neverFalls: Bool {
    curve.slope < 0
      ? curve.accuracy(pairs: Double(tested.lowerBound)) >= 0.9
      : curve.pairs(accuracy: 0.9) > 100 * Double(tested.upperBound)
  }

  /// Whether accuracy rises with the number of pairs, as it can at fewer pairs than a model was trained on. Then no number
  /// of pairs is the most that the state holds.
  package var rises: Bool { curve.slope < -0.1 && !neverFalls }

  /// A number of pairs at which accuracy has fallen to some value.
  package struct Level: Hashable, Sendable {
    package let accuracy: Double
    package let pairs: Double
    package let low: Double
    package let high: Double
    /// Whether it lies outside the tested numbers of pairs: the curve is extrapolated there.
    package let isExtrapolated: Bool
  }

  package func level(accuracy: Double) -> Level {
    let (low, high) = interval { $0.pairs(accuracy: accuracy) }
    let pairs = curve.pairs(accuracy: accuracy)
    let isInside = pairs >= Double(tested.lowerBound) && pairs <= Double(tested.upperBound)
    return Level(
      accuracy: accuracy, pairs: pairs, low: low, high: high, isExtrapolated: !isInside)
  }

  /// The middle 95 % of a quantity over the replicates.
  package func interval(of quantity: (RecallCurve) -> Double) -> (low: Double, high: Double) {
    middle(ofSorted: replicates.map(quantity).sorted())
  }

  /// The root mean square distance between points and curve.
  package var residual: Double {
    let squares = points.map { pow($0.accuracy - curve.accuracy(pairs: Double($0.pairs)), 2) }
    return (squares.reduce(0, +) / Double(squares.count)).squareRoot()
  }
}

/// The ends of the middle 95 % of some replicates.
func middle(ofSorted replicates: [Double]) -> (low: Double, high: Double) {
  func quantile(_ share: Double) -> Double {
    replicates[min(replicates.count - 1, Int(share * Double(replicates.count)))]
  }
  return (quantile(0.025), quantile(0.975))
}

/// Draws the number of successes among n trials of probability p, by drawing the gaps between successes.
private func binomial(_ n: Int, _ p: Double, _ stream: inout RandomStream) -> Int {
  if p > 0.5 { return n - binomial(n, 1 - p, &stream) }
  guard p > 0 else { return 0 }
  let scale = 1 / log1p(-p)
  var (successes, trial) = (0, 0.0)
  while true {
    trial += floor(log(1 - stream.uniform()) * scale) + 1
    if trial > Double(n) { return successes }
    successes += 1
  }
}
