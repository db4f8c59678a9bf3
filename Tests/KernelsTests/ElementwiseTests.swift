import KernelTwins
import Kernels
import Testing

extension KernelTests {
  @Suite struct ElementwiseTests {
    @Test(arguments: InstructionSet.available, awkwardCounts)
    func addAgreesWithItsPlainTwin(_ set: InstructionSet, _ count: Int) {
      set.select()
      defer { InstructionSet.available.last!.select() }
      let x = samples(
        count, seed: 1, edges: [-0.0, .leastNonzeroMagnitude, .infinity, -.infinity, -3e38])
      var y = samples(count, seed: 2, edges: [0.0, .leastNonzeroMagnitude, 1, 1, -3e38])
      var expected = y
      Kernels.add(count, x, to: &y)
      Kernels.plainAdd(count, x, to: &expected)
      #expect(y == expected)
    }

    /// Every 997th float there is between −104 and 89, and edges.
    @Test(arguments: InstructionSet.available)
    func exponentialIsWithinTwoUlp(_ set: InstructionSet) {
      set.select()
      defer { InstructionSet.available.last!.select() }
      let positive = stride(from: UInt32(0), through: Float(89).bitPattern, by: 997).map {
        Float(bitPattern: $0)
      }
      let negative = stride(from: UInt32(0), through: Float(104).bitPattern, by: 997).map {
        -Float(bitPattern: $0)
      }
      expectExponentials(of: positive + negative + exponentialEdges)
    }

    @Test(arguments: InstructionSet.available, awkwardCounts)
    func exponentialOfAnyCount(_ set: InstructionSet, _ count: Int) {
      set.select()
      defer { InstructionSet.available.last!.select() }
      expectExponentials(of: samples(count, seed: 3, edges: exponentialEdges))
    }

    private let exponentialEdges: [Float] = [
      0, -0.0, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .leastNormalMagnitude, -1e-30,
      88.72283, 88.72284, 88.7229, -87.33654, -87.33655, -103.9, -1e30, 1e30, .infinity, -.infinity,
      .greatestFiniteMagnitude,
    ]

    private func expectExponentials(of x: [Float]) {
      var y = [Float](repeating: .nan, count: x.count)
      Kernels.exponential(x.count, x, into: &y)
      for (x, y) in zip(x, y) where !isClose(y, to: Kernels.plainExponential(x)) {
        Issue.record("exp \(x) = \(y), expected \(Kernels.plainExponential(x))")
        return
      }
    }

    /// Softmax's exponential, of numbers that are not positive: 0 where the result would be no normal number.
    @Test(arguments: InstructionSet.available)
    func exponentialOfScoresIsWithinTwoUlp(_ set: InstructionSet) {
      set.select()
      defer { InstructionSet.available.last!.select() }
      let scores = stride(from: UInt32(0), through: Float(87).bitPattern, by: 997).map {
        -Float(bitPattern: $0)
      }
      let count = scores.count
      var (e, sum) = (scores, [Float](repeating: 0, count: count))
      Kernels.columnExponential(
        1, count, &e, stride: count, maximum: [Float](repeating: 0, count: count), sum: &sum)
      for (x, y) in zip(scores, e) where !isClose(y, to: Kernels.plainExponential(x)) {
        Issue.record("exp \(x) = \(y), expected \(Kernels.plainExponential(x))")
        return
      }
      #expect(sum == e)
    }

    /// Within 2 ulp; 0 where the result is no normal number.
    private func isClose(_ y: Float, to expected: Double) -> Bool {
      guard expected >= Double(Float.leastNormalMagnitude) else { return y == 0 }
      let rounded = Float(expected)
      guard rounded.isFinite else { return y == rounded }
      return abs(Double(y) - expected) <= 2 * Double(rounded.ulp)
    }

    @Test(arguments: InstructionSet.available)
    func exponentialOfNaNIsNaN(_ set: InstructionSet) {
      set.select()
      defer { InstructionSet.available.last!.select() }
      // Payloads of any bits, with either sign.
      let x = [0x7FC0_0000, 0xFFC0_0001, 0x7FC0_01FF, 0xFFFF_FFFF].map { Float(bitPattern: $0) }
      var y = [Float](repeating: 0, count: x.count)
      Kernels.exponential(x.count, x, into: &y)
      #expect(y.allSatisfy { $0.isNaN })
    }
  }
}
