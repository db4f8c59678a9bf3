/// The difference of two means over seeds, with Welch's 95 % interval.
///
/// The interval is d ± t(0.975; ν) · √(s₁²/n₁ + s₂²/n₂), with ν by Welch (1947) and Satterthwaite; the two standard
/// deviations may differ. Equal seeds on both sides are not paired: they give the same data, but the scores of two
/// models on the same data are taken as independent.
package struct MeanDifference: Hashable, Sendable {
  /// The second mean minus the first.
  package let value: Double
  /// nil if a side has one value, which says nothing about the spread of seeds, or values that are not finite or too
  /// large to be squared.
  package let interval: ClosedRange<Double>?

  package init(from first: MeanInterval, to second: MeanInterval) {
    value = second.mean - first.mean
    let (n1, n2) = (Double(first.count), Double(second.count))
    guard let s1 = first.standardDeviation, let s2 = second.standardDeviation, value.isFinite,
      s1.isFinite, s2.isFinite
    else {
      interval = nil
      return
    }
    // Relative to the larger one, because squares of variances may be too large or too small for a number.
    let (e1, e2) = (s1 / n1.squareRoot(), s2 / n2.squareRoot())
    let scale = max(e1, e2)
    guard scale > 0 else {
      interval = value...value
      return
    }
    let (v1, v2) = (e1 / scale * (e1 / scale), e2 / scale * (e2 / scale))
    let degrees = (v1 + v2) * (v1 + v2) / (v1 * v1 / (n1 - 1) + v2 * v2 / (n2 - 1))
    let half = StudentT.quantile(0.975, degreesOfFreedom: degrees) * (v1 + v2).squareRoot() * scale
    interval = (value - half)...(value + half)
  }
}
