import Foundation

/// The expected number of balls in the fullest box, when n = `draws` balls fall into `boxes` boxes uniformly and
/// independently: the count of the most frequent value among n random values.
///
/// It is Σ_c 1 − P(max ≤ c). Counts are independent Poisson variables of mean λ = n / boxes, given that their sum
/// S is n: P(max ≤ c) = P(S = n, all ≤ c) / P(S = n), and 0 where c < λ. The numerator is the Fourier
/// coefficient n of the characteristic function (Σ_{i ≤ c} e^{−λ} λ^i / i! e^{iθ})^boxes, here over enough
/// points that aliasing (from S further than 8 √n + 64 from n) is below rounding.
///
/// From λ = 1024 on it is the normal limit, with a relative error below 10⁻⁵.
package func expectedMaximumLoad(draws: Int, boxes: Int) -> Double {
  if draws <= 1 || boxes == 1 { return Double(draws) }
  let rate = Double(draws) / Double(boxes)
  guard rate < 1024 else { return largestCountLimit(rate: rate, boxes: boxes) }
  var sum = TruncatedPoisson(rate: rate, draws: draws, boxes: boxes)
  // The rounding error of phases up to π n, and of powers.
  let rounding = 1e-12 + 1e-14 * Double(draws + boxes)
  var expected = Double(sum.count)
  while sum.count < draws {
    sum.addNext()
    guard Double(sum.count - 1) >= rate else {
      expected += 1
      continue
    }
    let missing = 1 - sum.probability
    expected += missing
    if missing < rounding { break }
  }
  return expected
}

/// λ + √λ E[z] + (E[z²] − 1) / 6 for the largest z of one normal variable per box: a Poisson count is
/// λ + √λ z + (z² − 1) / 6 + O(1/√λ), and the condition on the counts' sum changes that by O(1/√(λ boxes)).
private func largestCountLimit(rate: Double, boxes: Int) -> Double {
  let step = 1.0 / 64
  var (mean, square) = (0.0, 0.0)
  for point in -640..<640 {
    let z = (Double(point) + 0.5) * step
    let below = pow(0.5 * erfc(-z * 0.5.squareRoot()), Double(boxes))
    let missing = z > 0 ? 1 - below : -below
    mean += step * missing
    square += 2 * step * z * missing
  }
  return rate + rate.squareRoot() * mean + (square - 1) / 6
}

/// P(S = n, all ≤ c) / P(S = n) for c = 0, 1, …, from the characteristic function of Poisson variables, summed up to
/// `count` − 1, at points from 0 to π.
private struct TruncatedPoisson {
  private(set) var count: Int
  private let rate, draws, boxes, logTotal: Double
  private let angles: [Double]
  private let turns: [(cosine: Double, sine: Double)]
  // For each θ: e^{icθ}, and Σ_{i < count} e^{−λ} λ^i / i! e^{iθ}. The values at −θ are the conjugates.
  private var power: [(real: Double, imaginary: Double)]
  private var sum: [(real: Double, imaginary: Double)]
  /// A sum with a smaller square has a power below rounding.
  private let leastSquare: Double

  init(rate: Double, draws: Int, boxes: Int) {
    (self.rate, self.draws, self.boxes) = (rate, Double(draws), Double(boxes))
    let half = 32 + Int(4 * Double(draws).squareRoot())
    angles = (0...half).map { Double.pi * Double($0) / Double(half) }
    turns = angles.map { (cos($0), sin($0)) }
    logTotal = Double(draws) * log(Double(draws)) - Double(draws) - lgamma(Double(draws) + 1)
    leastSquare = exp(2 * (logTotal - 40) / Double(boxes))
    // Smaller counts have a probability below 10⁻¹⁷.
    let first = max(0, Int(rate - 9 * rate.squareRoot() - 9))
    count = first
    power = angles.map { (cos(Double(first) * $0), sin(Double(first) * $0)) }
    sum = angles.map { _ in (0, 0) }
  }

  mutating func addNext() {
    let mass = exp(Double(count) * log(rate) - rate - lgamma(Double(count) + 1))
    for point in angles.indices {
      let (old, turn) = (power[point], turns[point])
      sum[point].real += mass * old.real
      sum[point].imaginary += mass * old.imaginary
      power[point] = (
        old.real * turn.cosine - old.imaginary * turn.sine,
        old.real * turn.sine + old.imaginary * turn.cosine
      )
    }
    count += 1
  }

  var probability: Double {
    var coefficient = 0.0
    for point in angles.indices {
      let (real, imaginary) = sum[point]
      let square = real * real + imaginary * imaginary
      guard square > leastSquare else { continue }
      let phase = atan2(imaginary, real) * boxes - angles[point] * draws
      let weight = point == 0 || point == angles.count - 1 ? 0.5 : 1
      coefficient += weight * exp(log(square) / 2 * boxes - logTotal) * cos(phase)
    }
    return coefficient / Double(angles.count - 1)
  }
}

/// The expected share of the draws that fall into the fullest box (`expectedMaximumLoad` / draws), for one number of
/// boxes and many numbers of draws. It is exact up to 256 draws. Beyond, it is exact for 16 numbers in each octave and
/// linear between them, with a relative error below 1/4000.
package struct MaximumLoadShares {
  private let boxes: Int
  private var known: [Int: Double] = [:]

  package init(boxes: Int) { self.boxes = boxes }

  package mutating func share(draws: Int) -> Double {
    guard draws > 256 else { return exact(draws) / Double(draws) }
    let step = 1 << (Int.bitWidth - 5 - draws.leadingZeroBitCount)
    let (low, rest) = (draws / step * step, draws % step)
    let first = exact(low)
    guard rest > 0 else { return first / Double(draws) }
    let slope = (exact(low + step) - first) / Double(step)
    return (first + Double(rest) * slope) / Double(draws)
  }

  private mutating func exact(_ draws: Int) -> Double {
    if let value = known[draws] { return value }
    let value = expectedMaximumLoad(draws: draws, boxes: boxes)
    known[draws] = value
    return value
  }
}
