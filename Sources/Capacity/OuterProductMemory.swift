import Foundation

/// The accuracy of an unnormalised outer-product memory with random keys: the theory beside measured curves.
///
/// The memory is S = Σ_i v_i k_iᵀ over K pairs, with k_i drawn from N(0, I/N), and v_i one of M orthonormal
/// codes; values are used as evenly as possible (for K ≤ M all are distinct, as in MQAR). Linear attention and
/// state-space duality carry such a memory if nothing decays (Schlag et al. 2021, arXiv 2102.11174,
/// section 3). For the query k_j it answers the m with the largest score
///
///     s_m = u_m · S k_j = Σ_{i: v_i = u_m} k_i · k_j.
///
/// Given r = |k_j|, the other k_i · k_j are independent and exactly N(0, r²/N). With n_m of them at value m
/// (the pair j itself not counted) and ρ = √N r, which has the χ distribution with N degrees,
///
///     s_m √N / r = ρ [m right] + √n_m z_m,   z_m standard normal,
///     accuracy = E_ρ ∫ φ(z) Π_{m wrong} Φ((ρ + √n₀ z) / √n_m) dz,
///
/// where n₀ belongs to the right value, and a value that was not stored scores 0. For K ≤ M this is
/// E_ρ Φ(ρ)^(K − 1). With N and K large at a fixed K/N, ρ → √N and n_m → K/M, so that
///
///     accuracy → ∫ φ(z) Φ(z + √(M N / K))^(M − 1) dz,
///
/// which is the winner-take-all law of Frady, Kleyko and Sommer 2018 (Neural Computation 30, 1449) for M symbols, with
/// the memory's M N scalars for their vector's dimension.
public struct OuterProductMemory: Hashable, Sendable {
  /// N
  public let keyDimension: Int
  /// M
  public let values: Int

  public init(keyDimension: Int, values: Int) {
    precondition(keyDimension >= 1 && values >= 1, "\(keyDimension) dimensions, \(values) values")
    (self.keyDimension, self.values) = (keyDimension, values)
  }

  /// The exact expected accuracy with K pairs.
  public func accuracy(pairs: Int) -> Double {
    precondition(pairs >= 1, "\(pairs) pairs")
    // `more` values are stored `copies` + 1 times, the others `copies` times.
    let (copies, more) = pairs.quotientAndRemainder(dividingBy: values)
    let fewer = values - more
    var accuracy = 0.0
    if more > 0 {
      let share = Double(more * (copies + 1)) / Double(pairs)
      accuracy += share * right(own: copies, rivals: [(copies + 1, more - 1), (copies, fewer)])
    }
    if copies > 0 {
      let share = Double(fewer * copies) / Double(pairs)
      accuracy += share * right(own: copies - 1, rivals: [(copies + 1, more), (copies, fewer - 1)])
    }
    return accuracy
  }

  /// The limit for many dimensions and pairs at a load K/N.
  public static func accuracy(load: Double, values: Int) -> Double {
    let signal = (Double(values) / load).squareRoot()
    return integral(over: -9...9) { z in
      density(z) * pow(cumulative(z + signal), Double(values - 1))
    }
  }

  /// The probability that the right value wins: `own` other pairs have it, and `count` wrong values are
  /// stored `copies` times each.
  private func right(own: Int, rivals: [(copies: Int, count: Int)]) -> Double {
    func wins(against score: Double) -> Double {
      rivals.reduce(1) { product, rival in
        if rival.count == 0 { return product }
        if rival.copies == 0 { return score < 0 ? 0 : product }
        return product
          * pow(cumulative(score / Double(rival.copies).squareRoot()), Double(rival.count))
      }
    }
    let n = Double(keyDimension)
    let normalizer = (1 - n / 2) * log(2) - lgamma(n / 2)
    let middle = n.squareRoot()
    return integral(over: max(0, middle - 9)...(middle + 9)) { length in
      // log 0 makes the density 0 where N > 1.
      let logDensity =
        normalizer - length * length / 2
        + (keyDimension == 1 ? 0 : (n - 1) * log(length))
      let chance =
        own == 0
        ? wins(against: length)
        : integral(over: -9...9) {
          density($0) * wins(against: length + Double(own).squareRoot() * $0)
        }
      return exp(logDensity) * chance
    }
  }
}

/// Simpson's rule; the integrands here are smooth, and 400 intervals leave errors below 1e-7.
private func integral(over range: ClosedRange<Double>, _ f: (Double) -> Double) -> Double {
  let intervals = 400
  let step = (range.upperBound - range.lowerBound) / Double(intervals)
  return (0...intervals).reduce(0) { sum, index in
    let weight = index == 0 || index == intervals ? 1.0 : index % 2 == 1 ? 4 : 2
    return sum + weight * f(range.lowerBound + Double(index) * step)
  } * step / 3
}

/// φ
private func density(_ z: Double) -> Double { exp(-z * z / 2) / (2 * Double.pi).squareRoot() }

/// Φ
private func cumulative(_ z: Double) -> Double { erfc(-z / 2.0.squareRoot()) / 2 }
