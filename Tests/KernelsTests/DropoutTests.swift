import KernelTwins
import Kernels
import Testing

extension KernelTests {
  @Suite struct DropoutTests {
    @Test(arguments: InstructionSet.available, awkwardCounts)
    func agreesWithItsPlainTwin(_ set: InstructionSet, _ count: Int) {
      set.select()
      defer { InstructionSet.available.last!.select() }
      for edges: [Float] in [[], [-3e38, .infinity, -.infinity]] {
        compare(count, samples(count, seed: 3, edges: smallEdges + edges))
      }
    }

    private func compare(_ count: Int, _ x: [Float]) {
      for rate in [Float(0), 0.1, 0.5, 0.999] {
        let rate = DropoutRate(rate)
        // The counter wraps within the run.
        for counter: UInt32 in [0, .max - 3] {
          var y = [Float](repeating: .nan, count: count)
          var expected = y
          for accumulates in [false, true] {
            Kernels.dropout(
              count, rate, key: 77, counter: counter, x, into: &y, accumulates: accumulates)
            Kernels.plainDropout(
              count, rate, key: 77, counter: counter, x, into: &expected, accumulates: accumulates)
            // Infinity times a dropped element's 0 is not a number, in both.
            expectTwins(
              y, expected,
              "rate \(rate.threshold), accumulates \(accumulates)", tolerance: 3e-7)
          }
          let positions = (0..<count).map { Int32($0 * $0 % 1009) }
          Kernels.dropout(count, rate, key: 77, counter: counter, positions: positions, x, into: &y)
          Kernels.plainDropout(
            count, rate, key: 77, counter: counter, positions: positions, x, into: &expected)
          expectTwins(y, expected, "rate \(rate.threshold), by positions", tolerance: 3e-7)
        }
      }
    }

    @Test(arguments: [Float(0), 0.1, 0.5, 0.9])
    func dropsAsOftenAsAsked(_ probability: Float) {
      let rate = DropoutRate(probability)
      let count = 200_000
      let dropped = (0..<UInt32(count)).map { rate.plainFactor(key: 9, counter: $0) == 0 }
      let expected = Double(probability) * Double(count)
      let std = (expected * Double(1 - probability)).squareRoot()
      #expect(abs(Double(dropped.count { $0 }) - expected) <= 4 * std)
      // Neighbours, and the same element under the next key, are dropped independently.
      let pairs = (1..<count).count { dropped[$0] && dropped[$0 - 1] }
      let twins = (0..<count).count {
        dropped[$0] && rate.plainFactor(key: 10, counter: UInt32($0)) == 0
      }
      for both in [pairs, twins] {
        let expected = Double(probability * probability) * Double(count)
        #expect(abs(Double(both) - expected) <= 6 * expected.squareRoot())
      }
    }

    @Test func theKeysMasksAreNeitherShiftsNorPermutations() {
      let rate = DropoutRate(0.5)
      let mask = { (key: UInt32) in
        (0..<UInt32(256)).map { rate.plainFactor(key: key, counter: $0) }
      }
      let first = mask(1)
      for key in UInt32(2)..<50 {
        let other = mask(key)
        for shift in 0..<64 {
          let equal = zip(first.dropFirst(shift), other).count { $0 == $1 }
          let size = Double(256 - shift)
          #expect(abs(Double(equal) - size / 2) < 6 * (size / 4).squareRoot(), "\(key), \(shift)")
        }
      }
    }
  }
}
