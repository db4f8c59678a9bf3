/// The difference of two means over seeds, with Welch's 95 % interval.
///
/// The interval is d ± t(0.975; ν) · √(s₁²/n₁ + s₂²/n₂), with ν by Welch (1947) and Satterthwaite; the two standard
/// deviations may differ. Equal seeds on both sides are not paired: they give the same data, but the scores of two
/// models on the same data are taken as independent.
package struct MeanDifference: Hashable, Sendable {
  /// The second mean minus the first.
  package let value: Double
  /// nil if a side has one value, which says nothing about the spread of seeds.
  package let interval: ClosedRange<Double>?

  package init(from first: MeanInterval, to second: MeanInterval) {
    value = second.mean - first.mean
    guard let s1 = first.standardDeviation, let s2 = second.standardDeviation else {
      interval = nil
      return
    }
    let (n1, n2) = (Double(first.count), Double(second.count))
    let (v1, v2) = (s1 * s1 / n1, s2 * s2 / n2)
    guard v1 + v2 > 0 else {
      interval = value...value
      return
    }
    let degrees = (v1 + v2) * (v1 + v2) / (v1 * v1 / (n1 - 1) + v2 * v2 / (n2 - 1))
    let half = StudentT.quantile(0.975, degreesOfFreedom: degrees) * (v1 + v2).squareRoot()
    interval = (value - half)...(value + half)
  }
}
