import Foundation
import Randomness

/// Draws `count` distinct slots of 0..<slots successively without replacement, slot i with probability
/// in proportion to (i + 1)^(power − 1) among those left, and hands them to `body` in that order.
///
/// By an exponential race (Efraimidis and Spirakis 2006): slot i arrives after an exponential time of
/// rate w_i, and the order of arrival is the order of successive draws.
func raceSlots(
  _ count: Int, of slots: Int, power: Double, by random: inout RandomStream,
  _ body: (_ number: Int, _ slot: Int) -> Void
) {
  typealias Arrival = (time: Double, slot: Int)
  withUnsafeTemporaryAllocation(of: Arrival.self, capacity: slots) { buffer in
    var arrivals = buffer
    for slot in 0..<slots {
      let time = -log(1 - random.uniform()) * pow(Double(slot + 1), 1 - power)
      arrivals.initializeElement(at: slot, to: (time, slot))
    }
    arrivals.sort { $0 < $1 }
    for number in 0..<count { body(number, arrivals[number].slot) }
  }
}
