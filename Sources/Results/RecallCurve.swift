import Foundation

/// What one trained model scored at one number of pairs.
package struct RecallPoint: Hashable, Sendable {
  package let pairs: Int
  /// Mean over examples.
  package let accuracy: Double
  /// The number of test examples.
  package let examples: Int
  package let seed: UInt64

  package init(pairs: Int, accuracy: Double, examples: Int, seed: UInt64) {
    precondition(pairs >= 1 && examples >= 1 && (0...1).contains(accuracy), "\(pairs) \(accuracy)")
    (self.pairs, self.accuracy, self.examples, self.seed) = (pairs, accuracy, examples, seed)
  }
}

/// Accuracy as a logistic in log K:  p(K) = 1 / (1 + exp(s ln K − a)) = 1 / (1 + (K / K₅₀)^s).
package struct RecallCurve: Hashable, Sendable {
  /// a, the logit of accuracy at one pair.
  package let intercept: Double
  /// s, how fast the logit falls with ln K.
  package let slope: Double

  package init(intercept: Double, slope: Double) {
    (self.intercept, self.slope) = (intercept, slope)
  }

  /// The curve with accuracy 1/2 at K₅₀.
  package init(halfway: Double, slope: Double) {
    self.init(intercept: slope * log(halfway), slope: slope)
  }

  package func accuracy(pairs: Double) -> Double { 1 / (1 + exp(slope * log(pairs) - intercept)) }

  /// K at which accuracy has fallen to p; infinite or 0 for a curve that does not fall.
  package func pairs(accuracy p: Double) -> Double {
    let logit = log(p / (1 - p))
    guard slope > 0 else { return intercept > logit ? .infinity : 0 }
    return exp((intercept - logit) / slope)
  }

  /// Maximises Σ n (y ln p + (1 − y) ln (1 − p)) over points (K, y) of n test examples: the likelihood of a
  /// binomial regression in which every seed's score is a point. It is concave, so there is one maximum, which Newton's
  /// method with halved steps finds. A ridge of 10⁻⁹ of all examples keeps the slope finite if accuracy drops from 1 to
  /// 0 between neighbours.
  ///
  /// Nil for fewer than two different numbers of pairs.
  package init?(fitting points: [RecallPoint]) {
    guard Set(points.map(\.pairs)).count >= 2 else { return nil }
    let total = points.reduce(0) { $0 + Double($1.examples) }
    let data = points.map { point in
      (x: log(Double(point.pairs)), y: point.accuracy, n: Double(point.examples) / total)
    }
    let center = data.reduce(0) { $0 + $1.n * $1.x }
    let ridge = 1e-9
    func objective(_ b: (Double, Double)) -> Double {
      data.reduce(-ridge / 2 * (b.0 * b.0 + b.1 * b.1)) { sum, point in
        let logit = b.0 + b.1 * (point.x - center)
        // ln (1 + e^logit) without overflow.
        return sum + point.n * (point.y * logit - max(logit, 0) - log1p(exp(-abs(logit))))
      }
    }
    var b = (0.0, 0.0)
    for _ in 0..<200 {
      var gradient = (-ridge * b.0, -ridge * b.1)
      var (h00, h01, h11) = (ridge, 0.0, ridge)
      for point in data {
        let x = point.x - center
        let p = 1 / (1 + exp(-(b.0 + b.1 * x)))
        gradient.0 += point.n * (point.y - p)
        gradient.1 += point.n * (point.y - p) * x
        let weight = point.n * p * (1 - p)
        h00 += weight
        h01 += weight * x
        h11 += weight * x * x
      }
      let determinant = h00 * h11 - h01 * h01
      guard determinant > 0 else { break }
      let step = (
        (h11 * gradient.0 - h01 * gradient.1) / determinant,
        (h00 * gradient.1 - h01 * gradient.0) / determinant
      )
      var length = 1.0
      let now = objective(b)
      while length > 1e-6, objective((b.0 + length * step.0, b.1 + length * step.1)) < now {
        length /= 2
      }
      b = (b.0 + length * step.0, b.1 + length * step.1)
      if abs(length * step.0) + abs(length * step.1) < 1e-12 { break }
    }
    self.init(intercept: b.0 - b.1 * center, slope: -b.1)
  }
}
