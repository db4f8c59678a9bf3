/// The mean of a few values, for example over seeds, with Student's 95 % interval.
///
/// The interval is mean ± t(0.975; n − 1) · s / √n. It assumes normally distributed values. For few values it is wide:
/// t is 12.7 for two values, 4.3 for three, 2.8 for five.
package struct MeanInterval: Hashable, Sendable {
  package let mean: Double
  /// s, with divisor n − 1; nil for one value.
  package let standardDeviation: Double?
  /// In ascending order.
  package let values: [Double]
  package var count: Int { values.count }

  /// nil for no values.
  package init?(_ values: [Double]) {
    guard !values.isEmpty else { return nil }
    self.values = values.sorted()
    let mean = values.reduce(0, +) / Double(values.count)
    self.mean = mean
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    standardDeviation =
      values.count > 1 ? (squares / Double(values.count - 1)).squareRoot() : nil
  }

  /// Half the width of the interval; nil for one value, and where a value is not finite or too large to be squared.
  package var halfWidth: Double? {
    standardDeviation.flatMap { $0.isFinite ? $0 : nil }.map {
      $0 * StudentT.quantile(0.975, degreesOfFreedom: Double(count - 1))
        / Double(count).squareRoot()
    }
  }

  /// `halfWidth`, and nil for two values, too, whose interval says nothing (t is 12.7).
  package var statedHalfWidth: Double? { count > 2 ? halfWidth : nil }

  /// The interval cut to 0…1, for shares; the mean alone for one value, and for two, whose interval says nothing (t is
  /// 12.7): both are shown instead. The mean must be a number.
  package var range: ClosedRange<Double> {
    let half = statedHalfWidth ?? 0
    return min(mean, max(0, mean - half))...max(mean, min(1, mean + half))
  }
}
