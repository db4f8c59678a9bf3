import Foundation

/// Student's t distribution, for intervals on the mean of a few values.
package enum StudentT {
  /// The number t with P(T ≤ t) = `probability`, by bisection; `degreesOfFreedom` need not be whole.
  ///
  /// The relative error is below 1e-9.
  package static func quantile(_ probability: Double, degreesOfFreedom: Double) -> Double {
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

  /// P(T ≤ t) for t ≥ 0.
  static func cumulative(_ t: Double, _ degreesOfFreedom: Double) -> Double {
    1 - probability(beyond: t, degreesOfFreedom: degreesOfFreedom) / 2
  }

  /// P(|T| ≥ |t|) = I(ν / (ν + t²); ν/2, ½), the p-value of a two-sided test.
  package static func probability(beyond t: Double, degreesOfFreedom: Double) -> Double {
    incompleteBeta(degreesOfFreedom / (degreesOfFreedom + t * t), degreesOfFreedom / 2, 0.5)
  }

  /// The regularized incomplete beta function I(x; a, b), by its continued fraction (DLMF 8.17.22).
  private static func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
    if x <= 0 { return 0 }
    if x >= 1 { return 1 }
    // The fraction converges fast on this side of the mean; symmetry gives the other side.
    if x > (a + 1) / (a + b + 2) { return 1 - incompleteBeta(1 - x, b, a) }
    let logBeta: Double = lgamma(a) + lgamma(b) - lgamma(a + b)
    let front = exp(a * log(x) + b * log1p(-x) - logBeta)
    return front / a * fraction(x, a, b)
  }

  /// Evaluates the continued fraction by Lentz's method.
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
