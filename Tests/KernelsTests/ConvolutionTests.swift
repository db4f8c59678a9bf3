import Foundation
import KernelTwins
import Kernels
import Support
import Testing

extension KernelTests {
  @Suite struct ConvolutionTests {
    /// (length, channels, width, steps ahead)
    static let sizes =
      awkwardPairs.flatMap { [($0.0, $0.1, 4, 0), ($0.0, $0.1, 3, 0), ($0.0, $0.1, 7, 3)] } + [
        (1, 1, 1, 0), (1, 15, 4, 0), (3, 16, 4, 0), (4, 7, 9, 0), (20, 5, 15, 0), (20, 5, 16, 0),
        (20, 5, 17, 0), (20, 3, 1000, 0), (1, 1, 7, 3), (3, 16, 7, 3), (20, 5, 4, 1), (20, 5, 4, 3),
        (20, 5, 17, 8), (5, 3, 999, 499),
      ]

    /// SiLU is x / (1 + exp(-x)), here of a convolution with one weight of 1. The sigmoid stops falling at -87, where
    /// it is 1.6e-38.
    @Test(arguments: InstructionSet.available, [1, 4])
    func siluIsWithinFourUlp(_ set: InstructionSet, _ width: Int) {
      set.select()
      defer { InstructionSet.available.last!.select() }
      let edges: [Float] = [
        0, -0.0, .leastNonzeroMagnitude, -.leastNormalMagnitude, 87, -87, 88, -88, 104, -104, 1e4,
        -1e4, 1e30, -1e30,
      ]
      let x = FloatBuffer(edges + stride(from: Float(-110), to: 110, by: 0.0007))
      let weight = FloatBuffer([Float](repeating: 0, count: width - 1) + [1])
      let bias = FloatBuffer([0])
      var y = [Float](repeating: .nan, count: x.count)
      withExtendedLifetime((x, weight, bias)) {
        Kernels.causalConvolution(
          CausalConvolution(
            length: x.count, channels: 1, width: width, x: x.pointer, xStride: 1,
            weight: weight.pointer, bias: bias.pointer), into: &y, stride: 1)
      }
      for (x, y) in zip(x.values, y) {
        let exact = Double(x) / (1 + exp(-Double(x)))
        let ulps = 4 * Double(max(Float(exact).ulp, Float.leastNonzeroMagnitude))
        let allowed = x < -87 ? 2e-38 * abs(Double(x)) : ulps
        guard abs(Double(y) - exact) <= allowed else {
          Issue.record("SiLU \(x): \(y), expected \(exact)")
          return
        }
      }
    }

    @Test(arguments: InstructionSet.available, sizes)
    func agreesWithItsPlainTwin(_ set: InstructionSet, _ size: (Int, Int, Int, Int)) {
      set.select()
      defer { InstructionSet.available.last!.select() }
      let (length, channels, width, ahead) = size
      let stride = channels + 3
      var random = RandomStream(1, 2)
      let draw = { (count: Int) in (0..<count).map { _ in Float(random.normal()) } }
      var x = draw(length * stride)
      // Inputs of SiLU far out on both sides, and signed zeros.
      let edges: [Float] = [90, -90, 0, -0.0, .leastNonzeroMagnitude]
      for (index, value) in edges.enumerated() where index < x.count {
        x[index] = value
      }
      var (weight, bias, dy) = (draw(width * channels), draw(channels), draw(length * channels))
      // Never all of a channel's weights.
      for (index, value) in smallEdges.enumerated() {
        if index + 4 < weight.count { weight[index] = value }
        if index + 1 < bias.count { bias[index] = value }
        if index + 1 < dy.count { dy[index] = value }
      }
      var y = [Float](repeating: .nan, count: length * channels)
      var slope = [Float](repeating: .nan, count: length * channels)
      var dx = [Float](repeating: .nan, count: length * stride)
      var weightGradient = [Float](repeating: 1, count: width * channels)
      var biasGradient = [Float](repeating: 2, count: channels)

      let convolution = x.withUnsafeBufferPointer { x in
        weight.withUnsafeBufferPointer { weight in
          bias.withUnsafeBufferPointer { bias in
            let convolution = CausalConvolution(
              length: length, channels: channels, width: width, ahead: ahead,
              x: x.baseAddress!, xStride: stride, weight: weight.baseAddress!,
              bias: bias.baseAddress!)
            Kernels.causalConvolution(convolution, into: &y, stride: channels)
            for accumulate in [false, true] {
              Kernels.causalConvolutionBackward(
                convolution, dy: dy, dyStride: channels, slope: &slope, dx: &dx, dxStride: stride,
                accumulates: accumulate, weightGradient: &weightGradient,
                biasGradient: &biasGradient)
            }
            return (convolution.plainForward(), convolution.plainBackward(dy))
          }
        }
      }
      expectClose(y, convolution.0, "forward")
      let dense = (0..<length * channels).map { dx[$0 / channels * stride + $0 % channels] }
      // The second call added to what the first had assigned.
      expectClose(dense, convolution.1.x.map { 2 * $0 }, "gradient of x")
      expectClose(weightGradient, convolution.1.weight.map { 2 * $0 + 1 }, "gradient of weight")
      expectClose(biasGradient, convolution.1.bias.map { 2 * $0 + 2 }, "gradient of bias")
    }

    private func expectClose(_ actual: [Float], _ expected: [Double], _ what: String) {
      let scale = expected.map(abs).max() ?? 0
      for (index, pair) in zip(actual, expected).enumerated()
      where !(abs(Double(pair.0) - pair.1) <= 2e-6 * (scale + 1)) {
        Issue.record("\(what)[\(index)]: \(pair.0), expected \(pair.1)")
        return
      }
    }
  }
}
