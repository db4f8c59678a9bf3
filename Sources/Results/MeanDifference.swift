import Support

/// The difference of two means over seeds, with a 95 % interval.
///
/// With the same seeds on both sides the interval is that of the mean of the seeds' differences (Student's t): a seed
/// gives both sides the same data. Otherwise it is d ± t(0.975; ν) · √(s₁²/n₁ + s₂²/n₂), with ν by Welch (1947) and
/// Satterthwaite; the two standard deviations may differ.
package struct MeanDifference: Hashable, Sendable {
  /// The second mean minus the first.
  package let value: Double
  /// nil if a side has one value, which says nothing about the spread of seeds, or values that are not finite or too
  /// large to be squared.
  package let interval: ClosedRange<Double>?
  /// The probability of a difference at least as large if there were none; nil without an interval.
  package let pValue: Double?

  /// From independent values.
  package init(from first: MeanInterval, to second: MeanInterval) {
    let value = second.mean - first.mean
    let (n1, n2) = (Double(first.count), Double(second.count))
    guard let s1 = first.standardDeviation, let s2 = second.standardDeviation, s1.isFinite,
      s2.isFinite
    else {
      self.init(value, error: nil, degreesOfFreedom: 1)
      return
    }
    // Relative to the larger one, because squares of variances may be too large or too small for a number.
    let (e1, e2) = (s1 / n1.squareRoot(), s2 / n2.squareRoot())
    let scale = max(e1, e2)
    guard scale > 0 else {
      self.init(value, error: 0, degreesOfFreedom: 1)
      return
    }
    let (v1, v2) = (e1 / scale * (e1 / scale), e2 / scale * (e2 / scale))
    self.init(
      value, error: (v1 + v2).squareRoot() * scale,
      degreesOfFreedom: (v1 + v2) * (v1 + v2) / (v1 * v1 / (n1 - 1) + v2 * v2 / (n2 - 1)))
  }

  /// From the values of the same seeds. There must be one.
  package init(ofPairs pairs: [(first: Double, second: Double)]) {
    let differences = MeanInterval(pairs.map { $0.second - $0.first })!
    self.init(
      differences.mean,
      error: differences.standardDeviation.map { $0 / Double(pairs.count).squareRoot() },
      degreesOfFreedom: Double(max(1, pairs.count - 1)))
  }

  /// - Parameter error: the standard error of the difference; nil if it is not known.
  private init(_ value: Double, error: Double?, degreesOfFreedom: Double) {
    self.value = value
    guard let error, error.isFinite, value.isFinite else {
      (interval, pValue) = (nil, nil)
      return
    }
    let half = error * StudentT.quantile(0.975, degreesOfFreedom: degreesOfFreedom)
    interval = (value - half)...(value + half)
    pValue =
      error > 0
      ? StudentT.probability(beyond: value / error, degreesOfFreedom: degreesOfFreedom)
      : value == 0 ? 1 : 0
  }
}

/// The hypotheses that Holm's step-down method (1979) rejects: the probability that it rejects any true one is at most
/// `level`, however the tests depend on each other.
///
/// - Parameter pValues: one for each hypothesis.
/// - Returns: for each hypothesis whether it is rejected.
package func rejectedByHolm(_ pValues: [Double], level: Double = 0.05) -> [Bool] {
  var rejected = Array(repeating: false, count: pValues.count)
  for (rank, index) in pValues.indices.sorted(by: { pValues[$0] < pValues[$1] }).enumerated() {
    guard pValues[index] <= level / Double(pValues.count - rank) else { break }
    rejected[index] = true
  }
  return rejected
}
