import Foundation
import RecallTasks
import Support

/// The best accuracy that a state with a given number of bits allows, for K distinct values drawn from M.
///
/// A query names its key, so the state need not store the keys: it needs H = log₂ (M! / (M − K)!) bits.
/// With B bits, Σᵢ H(vᵢ | state) ≥ H − B, and by Fano's inequality (Cover and Thomas, theorem 2.10.1)
/// H(vᵢ | state) ≤ h(pᵢ) + (1 − pᵢ) log₂ (M − 1) where pᵢ is the chance of a right answer. The right side is
/// concave, so the mean accuracy p obeys h(p) + (1 − p) log₂ (M − 1) ≥ (H − B) / K.
public struct RecallBound: Hashable, Sendable {
  /// K, the pairs that are shown.
  public let pairs: Int
  /// How many values there are to choose from.
  public let values: Int

  public init(pairs: Int, values: Int) {
    precondition(pairs >= 1 && values >= pairs, "\(pairs) distinct values of \(values)")
    (self.pairs, self.values) = (pairs, values)
  }

  public init(_ task: MQAR) {
    self.init(pairs: task.pairCount, values: Int((1 / task.chance).rounded()))
  }

  /// H: the bits needed to answer every query.
  public var bits: Double { (0..<pairs).reduce(0) { $0 + log2(Double(values - $1)) } }

  /// The largest mean accuracy that a state of `held` bits allows.
  public func accuracy(bits held: Double) -> Double {
    let uncertainty = (bits - held) / Double(pairs)
    if uncertainty <= 0 || values == 1 { return 1 }
    var (low, high) = (1 / Double(values), 1.0)
    // h(p) + (1 − p) log₂ (M − 1) falls from log₂ M at 1/M to 0 at 1.
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if allowed(middle) >= uncertainty { low = middle } else { high = middle }
    }
    return high
  }

  /// The fewest bits with which K of M values can be answered with an accuracy p; K need not be an integer.
  ///
  /// The inverse of the bound: H − K (h(p) + (1 − p) log₂ (M − 1)), at least 0.
  public static func bits(pairs: Double, values: Int, accuracy: Double) -> Double {
    let (k, m) = (min(pairs, Double(values)), Double(values))
    let needed = (lgamma(m + 1) - lgamma(m - k + 1)) / log(2)
    return max(0, needed - k * uncertainty(at: accuracy, of: values))
  }

  private func allowed(_ p: Double) -> Double { Self.uncertainty(at: p, of: values) }

  /// h(p) + (1 − p) log₂ (M − 1): the most uncertainty about a value that is predicted with accuracy p.
  private static func uncertainty(at p: Double, of values: Int) -> Double {
    let entropy = [p, 1 - p].reduce(0) { $1 > 0 ? $0 - $1 * log2($1) : $0 }
    return entropy + (1 - p) * log2(Double(max(1, values - 1)))
  }
}
