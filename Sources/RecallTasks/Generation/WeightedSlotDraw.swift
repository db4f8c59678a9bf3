import Support

/// Draws `count` distinct slots of 0..<slots, one after another and without replacement, and passes each to `body`.
/// Among the slots left, slot i has a probability proportional to w_i = (i + 1)^(power − 1).
///
/// Method (Efraimidis and Spirakis 2006): slot i arrives after an exponential time of rate w_i. The order of arrivals
/// has the distribution of successive draws.
func drawSlots(
  _ count: Int, of slots: Int, power: Double, by random: inout RandomStream,
  _ body: (_ number: Int, _ slot: Int) -> Void
) {
  withThreadScratch(of: Arrival.self, capacity: slots) { arrivals in
    for slot in 0..<slots {
      let meanTime = power == 1 ? 1 : portableExp((1 - power) * portableLog(Double(slot + 1)))
      let time = -portableLog(1 - random.uniform()) * meanTime
      arrivals.initializeElement(at: slot, to: Arrival(time: time, slot: slot))
    }
    // A binary heap with the earliest arrival on top.
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

/// Moves an element of a heap down until no element below it arrives earlier.
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
