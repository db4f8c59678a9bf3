import Foundation
import Support

/// Guesses from where queries stand, for tasks with MQAR's second part.
///
/// Pair 0 is asked about in the first slot drawn, pair 1 in the second, and so on. Unless slots are uniform, a
/// query's slot tells of its pair, whatever key it holds.
package struct QueryGuess {
  private let pairs, slots: Int
  private let power: Double
  /// By slot: the pair that is likeliest to be asked about if any is, and about how likely it is.
  package let likeliest: [(pair: Int, probability: Double)]

  /// Slot i arrives after an exponential time of rate w_i (`raceSlots`). By time t, m(t) = Σ 1 − e^{−w_i t} are
  /// expected to have arrived, and the next arrives at rate D(t) = Σ w_i e^{−w_i t}. So at the time t_j with
  /// m(t_j) = j + ½, pair j has slot i with probability P_ij ≈ w_i e^{−w_i t_j} / D(t_j).
  ///
  /// D is log-convex, so ln P_ij has one peak over j, which moves up as w_i falls: one pass finds all.
  package init(pairs: Int, slots: Int, power: Double) {
    (self.pairs, self.slots, self.power) = (pairs, slots, power)
    let rates = ArrivalRates(slots: slots, power: power)
    let times = rates.times(of: pairs)
    // Heaviest first: from slot 0 where weights fall, from the last where they rise.
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

  /// The mean over queries of what two guesses are worth, from each query's pair, slot, and number in the order
  /// of the slots; measured on draws of 2^20 slots, but no more than 2^14 draws.
  func means(
    _ worth: (_ pair: Int, _ slot: Int, _ query: Int) -> SIMD2<Double>
  ) -> SIMD2<Double> {
    let draws = max(1, min(1 << 14, (1 << 20) / slots))
    var sum = SIMD2<Double>.zero
    withScratch(of: Int32.self, capacity: slots) { asked in
      for draw in 0..<draws {
        asked.initialize(repeating: -1)
        var random = RandomStream(RandomStream.number(of: "guess"), UInt64(draw))
        raceSlots(pairs, of: slots, power: power, by: &random) { asked[$1] = Int32($0) }
        var query = 0
        for slot in 0..<slots where asked[slot] >= 0 {
          sum += worth(Int(asked[slot]), slot, query)
          query += 1
        }
      }
    }
    return sum / Double(draws * pairs)
  }

  /// The pair whose number is the query's, from the last where late slots are drawn first.
  func pairInOrder(_ query: Int) -> Int { power < 1 ? query : pairs - 1 - query }

  /// The better of two: the pair in the order of the queries, or the likeliest one of a query's slot.
  ///
  /// - Parameter guess: what is guessed otherwise: any shown value.
  static func best(pairs: Int, slots: Int, power: Double) -> (name: String, accuracy: Double) {
    let any = (name: "any shown value", accuracy: 1 / Double(pairs))
    guard pairs > 1, power != 1 else { return any }
    let guess = QueryGuess(pairs: pairs, slots: slots, power: power)
    let means = guess.means { pair, slot, query in
      SIMD2(
        guess.likeliest[slot].pair == pair ? 1 : 0, guess.pairInOrder(query) == pair ? 1 : 0)
    }
    return better(any, better((byPlace, means.x), (guess.inOrder, means.y)))
  }

  static let byPlace = "the value likeliest asked for at its place"
  var inOrder: String { "values in \(power < 1 ? "the order shown" : "reverse order")" }
}

/// The weights of slots, relative to the largest; many are taken together.
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

  /// The time at which each pair's slot is about to arrive, with ln D then; between times that grow by a
  /// twentieth both are interpolated.
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
