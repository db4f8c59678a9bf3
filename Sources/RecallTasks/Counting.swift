import Foundation

/// log₂ of n! / (n − k)!: how many sequences of k distinct things there are of n.
package func log2Arrangements(_ n: Int, _ k: Int) -> Double {
  (0..<k).reduce(0) { $0 + log2(Double(n - $1)) }
}

/// log₂ of n over k: how many sets of k things there are of n.
package func log2Binomial(_ n: Int, _ k: Int) -> Double {
  (0..<k).reduce(0) { $0 + log2(Double(n - $1) / Double($1 + 1)) }
}

/// log₂ of a sum of numbers that are given by their log₂.
package func log2Sum(_ terms: [Double]) -> Double {
  guard let largest = terms.max(), largest > -.infinity else { return -.infinity }
  return largest + log2(terms.reduce(0) { $0 + exp2($1 - largest) })
}

/// log₂ of Σ_d (n over d) m^d, d = 1…most: maps from up to `most` of n keys to any of m values.
package func log2PartialMaps(keys n: Int, values m: Int, atMost most: Int) -> Double {
  var bits = 0.0
  return log2Sum(
    (0..<min(n, most)).map { pair in
      bits += log2(Double(n - pair) / Double(pair + 1) * Double(m))
      return bits
    })
}

/// log₂ of the number of maps from d of n keys, for the d = 1…pairs that has most, where the value of pair
/// 0, 1, … takes `valueBits`.
package func log2MostMaps(keys n: Int, pairs: Int, valueBits: (_ pair: Int) -> Double) -> Double {
  var (bits, most) = (0.0, 0.0)
  for pair in 0..<pairs {
    bits += log2(Double(n - pair) / Double(pair + 1)) + valueBits(pair)
    most = max(most, bits)
  }
  return most
}

/// log₂ of the probability that `draws` independent uniform draws of `boxes` things show d different ones, by d.
///
/// The draw after d different ones shows another with probability (boxes − d) / boxes.
package func log2DistinctCounts(draws: Int, boxes: Int) -> [Double] {
  let most = min(draws, boxes)
  var bits = [0] + [Double](repeating: -.infinity, count: most)
  for draw in 0..<draws {
    for d in stride(from: min(draw + 1, most), through: 0, by: -1) {
      let same = bits[d] + log2(Double(d) / Double(boxes))
      let other = d == 0 ? -.infinity : bits[d - 1] + log2(Double(boxes - d + 1) / Double(boxes))
      let larger = max(same, other)
      bits[d] = larger == -.infinity ? larger : larger + log2(1 + exp2(min(same, other) - larger))
    }
  }
  return bits
}

/// The expected count of the most frequent of `boxes` things in n = `draws` independent uniform draws.
///
/// Σ_c 1 − P(max ≤ c). Counts are independent Poisson variables of mean λ = n / boxes, given that their sum
/// S is n: P(max ≤ c) = P(S = n, all ≤ c) / P(S = n), and 0 where c < λ. The numerator is the Fourier
/// coefficient n of the characteristic function (Σ_{i ≤ c} e^{−λ} λ^i / i! e^{iθ})^boxes, here over enough
/// points that what wraps around (S further than 8 √n + 64 from n) is below rounding.
package func expectedLargestCount(draws: Int, boxes: Int) -> Double {
  if draws <= 1 || boxes == 1 { return Double(draws) }
  let rate = Double(draws) / Double(boxes)
  let half = 32 + Int(4 * Double(draws).squareRoot())
  let angles = (0...half).map { Double.pi * Double($0) / Double(half) }
  let turns = angles.map { (cosine: cos($0), sine: sin($0)) }
  // e^{icθ}, and Σ_{i ≤ c} e^{−λ} λ^i / i! e^{iθ}, by θ; those at −θ are their conjugates.
  var power = angles.map { _ in (real: 1.0, imaginary: 0.0) }
  var sum = angles.map { _ in (real: exp(-rate), imaginary: 0.0) }
  var logMass = -rate
  var logTotal = -Double(draws)
  for count in 1...draws { logTotal += log(Double(draws) / Double(count)) }
  // Of phases of up to π n, and of powers.
  let rounding = 1e-12 + 1e-14 * Double(draws + boxes)
  var expected = 0.0
  for count in 0..<draws {
    if count > 0 {
      logMass += log(rate / Double(count))
      let mass = exp(logMass)
      for point in angles.indices {
        let (old, turn) = (power[point], turns[point])
        power[point] = (
          old.real * turn.cosine - old.imaginary * turn.sine,
          old.real * turn.sine + old.imaginary * turn.cosine
        )
        sum[point].real += mass * power[point].real
        sum[point].imaginary += mass * power[point].imaginary
      }
    }
    guard Double(count) >= rate else {
      expected += 1
      continue
    }
    var coefficient = 0.0
    for point in angles.indices {
      let size = hypot(sum[point].real, sum[point].imaginary)
      guard size > 0 else { continue }
      let phase =
        atan2(sum[point].imaginary, sum[point].real) * Double(boxes)
        - angles[point] * Double(draws)
      let weight = point == 0 || point == half ? 0.5 : 1
      coefficient += weight * exp(log(size) * Double(boxes) - logTotal) * cos(phase)
    }
    let missing = 1 - coefficient / Double(half)
    expected += missing
    if missing < rounding { break }
  }
  return expected
}
