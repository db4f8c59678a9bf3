import Foundation

/// Student's t distribution: how far the mean of a few samples may be off.
public enum StudentT {
  /// The number that t exceeds with probability 1 − `probability`; `degreesOfFreedom` need not be whole.
  ///
  /// Relative error below 1e-9, by bisection of the distribution function.
  public static func quantile(_ probability: Double, degreesOfFreedom: Double) -> Double {
    precondition(probability > 0 && probability < 1, "probability \(probability)")
    precondition(degreesOfFreedom > 0, "\(degreesOfFreedom) degrees of freedom")
    guard probability != 0.5 else { return 0 }
    guard probability > 0.5 else {
      return -quantile(1 - probability, degreesOfFreedom: degreesOfFreedom)
    }
    var (low, high) = (0.0, 1.0)
    while cumulative(high, degreesOfFreedom) < probability { high *= 2 }
    while high - low > 1e-12 * high {
      let middle = (low + high) / 2
      if middle == low || middle == high { break }
      if cumulative(middle, degreesOfFreedom) < probability { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }

  /// P(T ≤ t) for t ≥ 0: 1 − I(ν / (ν + t²); ν/2, ½) / 2.
  static func cumulative(_ t: Double, _ degreesOfFreedom: Double) -> Double {
    let x = degreesOfFreedom / (degreesOfFreedom + t * t)
    return 1 - incompleteBeta(x, degreesOfFreedom / 2, 0.5) / 2
  }

  /// The regularized incomplete beta function I(x; a, b), by its continued fraction (DLMF 8.17.22).
  private static func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
    if x <= 0 { return 0 }
    if x >= 1 { return 1 }
    // The fraction converges fast on this side; the other follows by symmetry.
    if x > (a + 1) / (a + b + 2) { return 1 - incompleteBeta(1 - x, b, a) }
    let front = exp(
      lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    return front / a * fraction(x, a, b)
  }

  /// Lentz's method.
  private static func fraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
    let tiny = 1e-300
    func nonzero(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
    var c = 1.0
    var d = 1 / nonzero(1 - (a + b) * x / (a + 1))
    var result = d
    for m in 1...500 {
      let m = Double(m)
      let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
      let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
      var change = 1.0
      for term in [even, odd] {
        d = 1 / nonzero(1 + term * d)
        c = nonzero(1 + term / c)
        change = c * d
        result *= change
      }
      if abs(change - 1) < 1e-15 { break }
    }
    return result
  }
}

/// A mean over seeds and how far it may be off.
///
/// The interval is Student's at 95 %: mean ± t(0.975; n − 1) · s / √n. It takes the seeds' scores as normally
/// distributed, and of few seeds it is wide: t is 12.7 for two, 4.3 for three, 2.8 for five.
public struct Estimate: Hashable, Sendable {
  public let mean: Double
  /// Over n − 1; nil for one value.
  public let deviation: Double?
  public let count: Int

  /// nil of no values.
  public init?(_ values: [Double]) {
    guard !values.isEmpty else { return nil }
    count = values.count
    let mean = values.reduce(0, +) / Double(values.count)
    self.mean = mean
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    deviation = count > 1 ? (squares / Double(count - 1)).squareRoot() : nil
  }

  /// Half the interval's width; nil for one value.
  public var halfWidth: Double? {
    deviation.map {
      $0 * StudentT.quantile(0.975, degreesOfFreedom: Double(count - 1))
        / Double(count).squareRoot()
    }
  }

  /// The part of the interval in which a share can be, 0…1; the mean alone for one value.
  public var range: ClosedRange<Double> {
    let half = halfWidth ?? 0
    return min(mean, max(0, mean - half))...max(mean, min(1, mean + half))
  }
}
