import Foundation
import Support

/// Predicts values from the slot of their query, for tasks with MQAR's query region.
///
/// The query of pair 0 is in the slot that is drawn first, that of pair 1 in the slot that is drawn second, and so on.
/// Unless slots are uniform, some pairs are therefore more probable in a slot than others, whatever its key is.
package struct QuerySlotBaseline {
  private let pairs, slots: Int
  private let power: Double
  /// For each slot that holds a query: the most probable pair, and approximately its probability.
  package let likeliest: [(pair: Int, probability: Double)]

  /// In `drawSlots`, slot i arrives after an exponential time of rate w_i. The expected number of arrivals by time t is
  /// m(t) = Σ 1 − e^{−w_i t}, and the next slot arrives at rate D(t) = Σ w_i e^{−w_i t}. So at the time t_j with
  /// m(t_j) = j + ½, pair j has slot i with probability P_ij ≈ w_i e^{−w_i t_j} / D(t_j).
  ///
  /// D is log-convex, so ln P_ij has one peak over j. The peak moves up as w_i falls: one pass finds all peaks.
  package init(pairs: Int, slots: Int, power: Double) {
    (self.pairs, self.slots, self.power) = (pairs, slots, power)
    let rates = ArrivalRates(slots: slots, power: power)
    let times = rates.times(of: pairs)
    // Slots with the largest weight first: weights fall with the slot for power < 1 and rise for power > 1.
    let order = power < 1 ? Array(0..<slots) : (0..<slots).reversed()
    var likeliest = [(pair: Int, probability: Double)](repeating: (0, 0), count: slots)
    var pair = 0
    for slot in order {
      let rate = rates.rate(slot)
      func bits(_ pair: Int) -> Double { -rate * times[pair].time - times[pair].logRate }
      while pair + 1 < pairs, bits(pair + 1) > bits(pair) { pair += 1 }
      let isAsked = -expm1(-rate * (times.last?.time ?? 0))
      likeliest[slot] = (pair, min(1, rate * exp(bits(pair)) / isAsked))
    }
    self.likeliest = likeliest
  }

  /// The means over queries of two accuracies, which depend on the query's pair, its slot, and its rank among the
  /// queries; measured on draws of 2^20 slots, at most 2^14 draws.
  func means(
    _ accuracies: (_ pair: Int, _ slot: Int, _ query: Int) -> SIMD2<Double>
  ) -> SIMD2<Double> {
    let draws = max(1, min(1 << 14, (1 << 20) / slots))
    var sum = SIMD2<Double>.zero
    withThreadScratch(of: Int32.self, capacity: slots) { asked in
      for draw in 0..<draws {
        asked.initialize(repeating: -1)
        // The name of the stream is part of every stated accuracy.
        var random = RandomStream(RandomStream.number(of: "guess"), UInt64(draw))
        drawSlots(pairs, of: slots, power: power, by: &random) { asked[$1] = Int32($0) }
        var query = 0
        for slot in 0..<slots where asked[slot] >= 0 {
          sum += accuracies(Int(asked[slot]), slot, query)
          query += 1
        }
      }
    }
    return sum / Double(draws * pairs)
  }

  /// The pair whose number is the query's rank; for power > 1 late slots are drawn first, so it counts from the last
  /// pair.
  func pairInOrder(_ query: Int) -> Int { power < 1 ? query : pairs - 1 - query }

  /// The best of three: any shown value, the most probable value of a query's slot, and values in order.
  ///
  /// - Parameter isReversed: whether the first slot is the last of the example.
  static func best(pairs: Int, slots: Int, power: Double, isReversed: Bool = false) -> Baseline {
    let any = Baseline("any shown value", accuracy: 1 / Double(pairs))
    guard pairs > 1, power != 1 else { return any }
    let baseline = QuerySlotBaseline(pairs: pairs, slots: slots, power: power)
    let means = baseline.means { pair, slot, query in
      SIMD2(
        baseline.likeliest[slot].pair == pair ? 1 : 0,
        baseline.pairInOrder(query) == pair ? 1 : 0)
    }
    return any.orBetter(
      baseline.bySlot(means.x).orBetter(baseline.inOrder(means.y, isReversed: isReversed)))
  }

  func bySlot(_ accuracy: Double) -> Baseline {
    Baseline("the value most often asked for at that position", accuracy: accuracy)
  }

  func inOrder(_ accuracy: Double, isReversed: Bool = false) -> Baseline {
    let isAsShown = (power < 1) != isReversed
    return Baseline(
      "values in \(isAsShown ? "the order shown" : "reverse order")", accuracy: accuracy)
  }
}

/// The weights of slots, relative to the largest. Late slots are grouped: their weights differ little.
private struct ArrivalRates {
  private let power: Double
  private let largest: Double
  private var groups: [(rate: Double, count: Double)] = []

  init(slots: Int, power: Double) {
    self.power = power
    largest = pow(Double(power < 1 ? 1 : slots), power - 1)
    var first = 0
    while first < slots {
      let count = min(max(1, first / 64), slots - first)
      groups.append((rate(Double(first) + Double(count - 1) / 2), Double(count)))
      first += count
    }
  }

  func rate(_ slot: Int) -> Double { rate(Double(slot)) }
  private func rate(_ slot: Double) -> Double { pow(slot + 1, power - 1) / largest }

  /// m(t) and D(t).
  private func state(at time: Double) -> (arrived: Double, rate: Double) {
    groups.reduce((0, 0)) { sum, group in
      let left = exp(-group.rate * time)
      return (sum.0 + group.count * (1 - left), sum.1 + group.count * group.rate * left)
    }
  }

  /// For each pair the time at which its slot is about to arrive, and ln D at that time. Both are interpolated
  /// between times that grow by 5 %.
  func times(of pairs: Int) -> [(time: Double, logRate: Double)] {
    var (time, before) = (0.0, state(at: 0))
    var next = (time: 1e-3 / before.rate, state: before)
    next.state = state(at: next.time)
    return (0..<pairs).map { pair in
      let arrived = Double(pair) + 0.5
      while next.state.arrived < arrived {
        (time, before) = (next.time, next.state)
        next.time *= 1.05
        next.state = state(at: next.time)
      }
      let share = (arrived - before.arrived) / (next.state.arrived - before.arrived)
      let (low, high) = (log(before.rate), log(next.state.rate))
      return (time + share * (next.time - time), low + share * (high - low))
    }
  }
}
