import Support

/// Draws `count` distinct slots of 0..<slots successively without replacement, slot i with probability
/// in proportion to (i + 1)^(power − 1) among those left, and hands them to `body` in that order.
///
/// By an exponential race (Efraimidis and Spirakis 2006): slot i arrives after an exponential time of
/// rate w_i, and the order of arrival is the order of successive draws.
func raceSlots(
  _ count: Int, of slots: Int, power: Double, by random: inout RandomStream,
  _ body: (_ number: Int, _ slot: Int) -> Void
) {
  withScratch(of: Arrival.self, capacity: slots) { arrivals in
    for slot in 0..<slots {
      let meanTime = power == 1 ? 1 : portableExp((1 - power) * portableLog(Double(slot + 1)))
      let time = -portableLog(1 - random.uniform()) * meanTime
      arrivals.initializeElement(at: slot, to: Arrival(time: time, slot: slot))
    }
    // A heap with the first arrival on top.
    for root in (0..<slots / 2).reversed() { sink(root, in: arrivals[..<slots]) }
    for number in 0..<count {
      body(number, arrivals[0].slot)
      let rest = slots - number - 1
      arrivals[0] = arrivals[rest]
      sink(0, in: arrivals[..<rest])
    }
  }
}

private struct Arrival: BitwiseCopyable {
  let time: Double
  let slot: Int

  static func < (a: Arrival, b: Arrival) -> Bool { (a.time, a.slot) < (b.time, b.slot) }
}

/// Lets an element of a heap sink until none below it comes earlier.
private func sink(_ start: Int, in heap: Slice<UnsafeMutableBufferPointer<Arrival>>) {
  let elements = heap.base
  var parent = start
  while 2 * parent + 1 < heap.endIndex {
    var child = 2 * parent + 1
    if child + 1 < heap.endIndex, elements[child + 1] < elements[child] { child += 1 }
    guard elements[child] < elements[parent] else { return }
    elements.swapAt(child, parent)
    parent = child
  }
}
