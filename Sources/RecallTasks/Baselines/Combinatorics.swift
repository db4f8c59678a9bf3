import Foundation

/// log₂ of n! / (n − k)!, the number of sequences of k distinct things out of n.
package func log2Permutations(_ n: Int, _ k: Int) -> Double {
  (0..<k).reduce(0) { $0 + log2(Double(n - $1)) }
}

/// log₂ of n over k, the number of sets of k things out of n.
package func log2Binomial(_ n: Int, _ k: Int) -> Double {
  (0..<k).reduce(0) { $0 + log2(Double(n - $1) / Double($1 + 1)) }
}

/// log₂ of the sum of numbers that are given as log₂.
package func log2Sum(_ terms: [Double]) -> Double {
  guard let largest = terms.max(), largest > -.infinity else { return -.infinity }
  return largest + log2(terms.reduce(0) { $0 + exp2($1 - largest) })
}

/// log₂ of Σ_d (n over d) m^d, d = 1…most: the number of maps from 1 to `most` of n keys to m values.
package func log2PartialMapCount(keys n: Int, values m: Int, atMost most: Int) -> Double {
  var bits = 0.0
  return log2Sum(
    (0..<min(n, most)).map { pair in
      bits += log2(Double(n - pair) / Double(pair + 1) * Double(m))
      return bits
    })
}

/// log₂ of the number of maps from d of n keys, for the d in 1…pairs with the most maps. `valueBits` is log₂ of the
/// number of values that pair 0, 1, … can have.
package func log2LargestMapCount(keys n: Int, pairs: Int, valueBits: (_ pair: Int) -> Double)
  -> Double
{
  var (bits, most) = (0.0, 0.0)
  for pair in 0..<pairs {
    bits += log2(Double(n - pair) / Double(pair + 1)) + valueBits(pair)
    most = max(most, bits)
  }
  return most
}

/// For each d, log₂ of the probability that `draws` independent uniform draws of `boxes` things show d different things.
/// Only d from `least` on are computed.
///
/// After d different things, the next draw shows another one with probability (boxes − d) / boxes.
package func log2DistinctCountProbabilities(draws: Int, boxes: Int, atLeast least: Int = 0)
  -> [Double]
{
  let most = min(draws, boxes)
  let same = (0...most).map { log2(Double($0) / Double(boxes)) }
  let other = (0...most).map { log2(Double(boxes - $0) / Double(boxes)) }
  var bits = [0] + [Double](repeating: -.infinity, count: most)
  for draw in 0..<draws {
    // From a smaller count now, `least` cannot be reached.
    let low = max(0, least - (draws - draw - 1))
    for d in stride(from: min(draw + 1, most), through: low, by: -1) {
      let (kept, risen) = (bits[d] + same[d], d == 0 ? -.infinity : bits[d - 1] + other[d - 1])
      let larger = max(kept, risen)
      bits[d] =
        larger == -.infinity ? larger : larger + log2(1 + exp2(min(kept, risen) - larger))
    }
  }
  return bits
}

/// E[f(D)] for the number D of different things among `draws` independent uniform draws of `boxes` things.
///
/// For very many draws and boxes it is f of the rounded mean of D, because D is then within a few √D of its mean.
package func meanOverDistinctCounts(
  draws: Int, boxes: Int, _ value: (_ count: Int) -> Double
) -> Double {
  let (n, m) = (Double(draws), Double(boxes))
  guard n * min(n, m) > Double(1 << 18) else {
    return log2DistinctCountProbabilities(draws: draws, boxes: boxes).enumerated().dropFirst()
      .filter { $0.element > -60 }.reduce(0) { $0 + exp2($1.element) * value($1.offset) }
  }
  return value(Int((-m * expm1(n * log1p(-1 / m))).rounded()))
}

/// The binomial distribution, without the counts that are more than 9 standard deviations and 20 from the mean.
struct BinomialRange {
  private let first: Int
  private let probabilities: [Double]

  init(draws: Int, share: Double) {
    let mean = Double(draws) * share
    let reach = 9 * (mean * (1 - share)).squareRoot() + 20
    let counts = max(0, Int(mean - reach))...min(draws, Int(mean + reach))
    first = counts.lowerBound
    let (n, p, q) = (Double(draws), log(share), log1p(-share))
    probabilities = counts.map { count in
      let k = Double(count)
      // 0 · ln 0 is 0.
      let logarithm =
        lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + (count == 0 ? 0 : k * p)
        + (count == draws ? 0 : (n - k) * q)
      return exp(logarithm)
    }
  }

  func mean(_ value: (_ count: Int) -> Double) -> Double {
    probabilities.enumerated().reduce(0) { $0 + $1.element * value(first + $1.offset) }
  }
}
