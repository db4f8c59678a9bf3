import Capacity
import Foundation
import Testing

@Suite struct RecallBoundTests {
  /// Every encoder of every map of K keys (of a few) to distinct values into s states, each with its best
  /// decoder: none is better than the bound.
  @Test(
    arguments: [(2, 2, 3), (1, 1, 5), (1, 3, 2), (2, 3, 2), (1, 1, 6)] as [(Int, Int, Int)],
    1...5)
  func boundsEveryEncoder(_ sizes: (pairs: Int, keys: Int, values: Int), states: Int) {
    let maps = Self.maps(pairs: sizes.pairs, keys: sizes.keys, values: sizes.values)
    var code = [Int](repeating: 0, count: maps.count)
    var best = 0
    let total = (0..<maps.count).reduce(1) { product, _ in product * states }
    for number in 0..<total {
      var rest = number
      for index in code.indices {
        (rest, code[index]) = rest.quotientAndRemainder(dividingBy: states)
      }
      var counts = [Int](repeating: 0, count: states * sizes.keys * sizes.values)
      for (map, state) in zip(maps, code) {
        for (key, value) in map { counts[(state * sizes.keys + key) * sizes.values + value] += 1 }
      }
      let right = stride(from: 0, to: counts.count, by: sizes.values).reduce(0) {
        $0 + counts[$1..<($1 + sizes.values)].max()!
      }
      best = max(best, right)
    }
    let accuracy = Double(best) / Double(maps.count * sizes.pairs)
    let bound = RecallBound(pairs: sizes.pairs, values: sizes.values)
      .accuracy(bits: log2(Double(states)))
    #expect(accuracy <= bound + 1e-9, "\(accuracy) above the bound \(bound)")
    // Without any bits and one pair the bound is reached.
    if sizes.pairs == 1, states == 1, sizes.keys == 1 { #expect(abs(accuracy - bound) < 1e-6) }
  }

  private static func maps(pairs: Int, keys: Int, values: Int) -> [[(Int, Int)]] {
    var maps: [[(Int, Int)]] = [[]]
    for _ in 0..<pairs {
      maps = maps.flatMap { map in
        (((map.last?.0 ?? -1) + 1)..<max(keys, (map.last?.0 ?? -1) + 1)).flatMap { key in
          (0..<values).filter { value in !map.contains { $0.1 == value } }
            .map { map + [(key, $0)] }
        }
      }
    }
    return maps
  }

  /// The fewest bits for an accuracy are those with which the bound is that accuracy.
  @Test(arguments: [(16, 256), (4, 64), (100, 4096)], [0.3, 0.5, 0.9, 0.99])
  func bitsUndoAccuracy(_ sizes: (pairs: Int, values: Int), accuracy: Double) {
    let bits = RecallBound.bits(
      pairs: Double(sizes.pairs), values: sizes.values, accuracy: accuracy)
    let bound = RecallBound(pairs: sizes.pairs, values: sizes.values)
    #expect(bits > 0 && bits < bound.bits)
    #expect(abs(bound.accuracy(bits: bits) - accuracy) < 1e-9)
  }

  @Test func risesWithBitsTo1() {
    let bound = RecallBound(pairs: 16, values: 256)
    let accuracies = stride(from: 0, through: bound.bits, by: bound.bits / 20)
      .map { bound.accuracy(bits: $0) }
    #expect(zip(accuracies, accuracies.dropFirst()).allSatisfy { $0 < $1 })
    #expect(bound.accuracy(bits: bound.bits + 1e-6) == 1)
    #expect(bound.accuracy(bits: bound.bits * 0.9) < 1)
  }
}
