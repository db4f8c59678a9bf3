import Foundation
import KernelTwins
import Kernels
import Testing

extension KernelTests {
  @Suite struct OptimizerTests {
    @Test(arguments: InstructionSet.available, awkwardCounts)
    func adamWAgreesWithItsPlainTwin(_ set: InstructionSet, _ count: Int) {
      set.select()
      defer { InstructionSet.available.last!.select() }
      let edges: [Float] = [
        0, -0.0, .leastNonzeroMagnitude, -1e18, 1e18, .infinity, -.infinity, 0.5, -0.5, 0, 0, 0,
      ]
      let gradients = samples(count, seed: 2, edges: edges)
      // Moments that meet those gradients, and then edges of their own.
      let first: [Float] = [0, 0, -0.0, 1, 1, 1, 1, 0, -0.0, .leastNonzeroMagnitude, -1e30, 1e-30]
      let second: [Float] = [
        0, 1, 0, 1, 1, 1, 1, 0, 1e-38, .leastNonzeroMagnitude, 1e30, .infinity,
      ]
      let start = [
        samples(count, seed: 1, edges: [0, -0.0]),
        samples(count, seed: 3, edges: first),
        samples(count, seed: 4).enumerated().map { $0 < second.count ? second[$0] : $1 * $1 },
      ]
      let kernel = start.map(FloatBuffer.init)
      let plain = start.map(FloatBuffer.init)
      let step = AdamWStep(
        rate: 3e-2, beta1: 0.9, beta2: 0.98, epsilon: 1e-8, weightDecay: 0.1, correction1: 0.19,
        correction2: 0.04, gradientScale: 0.7)
      Kernels.adamW(
        count, step, parameters: kernel[0].pointer, gradients: gradients,
        firstMoment: kernel[1].pointer,
        secondMoment: kernel[2].pointer)
      Kernels.plainAdamW(
        count, step, parameters: plain[0].pointer, gradients: gradients,
        firstMoment: plain[1].pointer,
        secondMoment: plain[2].pointer)
      for (index, what) in ["parameters", "first moment", "second moment"].enumerated() {
        let (actual, expected) = (kernel[index].values, plain[index].values)
        // The edges each for itself: large gradients hide the rest.
        for edge in 0..<min(edges.count, count) {
          expectTwins([actual[edge]], [expected[edge]], what, magnitude: 0)
        }
        expectTwins(
          Array(actual.dropFirst(edges.count)), Array(expected.dropFirst(edges.count)), what)
      }
    }

    /// Five steps of one number each, against the formulas of the paper written out in Double.
    @Test func adamWFollowsTheFormula() {
      let (rate, beta1, beta2, epsilon, decay) = (0.01, 0.9, 0.999, 0.05, 0.1)
      let slopes: [Double] = [0.5, -1, 0.25, 3, -0.125]
      var parameter: [Float] = [2]
      var first: [Float] = [0]
      var second: [Float] = [0]
      var p = 2.0
      for t in 1...slopes.count {
        Kernels.adamW(
          1,
          AdamWStep(
            rate: rate, beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: decay,
            correction1: 1 - pow(beta1, Double(t)), correction2: 1 - pow(beta2, Double(t))),
          parameters: &parameter, gradients: [Float(slopes[t - 1])], firstMoment: &first,
          secondMoment: &second)
        // Both moments as sums over all gradients so far, instead of as a recurrence.
        let weighted = { (beta: Double, power: Double) in
          (0..<t).reduce(0) {
            $0 + (1 - beta) * pow(beta, Double(t - 1 - $1)) * pow(slopes[$1], power)
          } / (1 - pow(beta, Double(t)))
        }
        p =
          p - rate * decay * p
          - rate * weighted(beta1, 1) / (weighted(beta2, 2).squareRoot() + epsilon)
        #expect(abs(Double(parameter[0]) - p) < 1e-6)
      }
      #expect(abs(p - 2) > 0.01)
    }

    @Test(arguments: InstructionSet.available, awkwardCounts)
    func sumOfSquaresIsTheSameToTheBit(_ set: InstructionSet, _ count: Int) {
      set.select()
      defer { InstructionSet.available.last!.select() }
      let x = samples(count, seed: 6, edges: [-0.0, 1e19, -3e38, .leastNonzeroMagnitude])
      #expect(Kernels.sumOfSquares(count, x) == Kernels.plainSumOfSquares(count, x))
      let large = x.map { Double($0) * Double($0) }.sorted().reduce(0, +)
      #expect(abs(Kernels.sumOfSquares(count, x) - large) <= 1e-12 * large)
      if count > 0 {
        #expect(Kernels.sumOfSquares(count, x.map { $0 * 0 + .infinity }) == .infinity)
      }
    }
  }
}
