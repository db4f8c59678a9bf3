/// The difference of two means over seeds and how far it may be off.
///
/// Welch's interval at 95 %, which lets the two spread differently: d ± t(0.975; ν) · √(s₁²/n₁ + s₂²/n₂), with ν of
/// Welch (1947) and Satterthwaite. Seeds that both sides share are not paired: the same seed draws the same data, but a
/// model's luck with it is its own.
public struct MeanDifference: Hashable, Sendable {
  /// The second mean less the first.
  public let value: Double
  /// nil where a side has one value: nothing then tells how far seeds spread.
  public let interval: ClosedRange<Double>?

  public init(from first: Estimate, to second: Estimate) {
    value = second.mean - first.mean
    guard let s1 = first.deviation, let s2 = second.deviation else {
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
