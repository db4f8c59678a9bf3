import KernelTwins
import Kernels
import Testing

extension KernelTests {
  @Suite struct NormTests {
    /// (rows, channels); 64 and 128 channels are compiled separately.
    static let sizes = awkwardPairs + [(2, 1), (1, 7), (3, 15), (5, 64), (3, 128)]

    static let edges: [Float] = [-0.0, 0, .leastNonzeroMagnitude, -90, 90]

    /// The operands and results of a kernel or its twin; rows are 3 floats longer than necessary.
    struct Buffers {
      let first: FloatBuffer, second: FloatBuffer, weight: FloatBuffer, bias: FloatBuffer
      let gradient: FloatBuffer, outside: FloatBuffer
      let output: FloatBuffer, sum: FloatBuffer, saved: FloatBuffer, scratch: FloatBuffer
      let firstGradient: FloatBuffer, secondGradient: FloatBuffer
      let weightGradient: FloatBuffer, biasGradient: FloatBuffer

      init(_ rows: Int, _ channels: Int) {
        let draw = { (count: Int, seed: UInt64) in FloatBuffer(samples(count, seed: seed)) }
        let zeros = { (count: Int) in FloatBuffer([Float](repeating: 0, count: count)) }
        let count = rows * (channels + 3)
        first = FloatBuffer(samples(count, seed: 1, edges: NormTests.edges))
        second = FloatBuffer(samples(count, seed: 2, edges: NormTests.edges.reversed()))
        weight = FloatBuffer(samples(channels, seed: 3, edges: smallEdges))
        bias = FloatBuffer(samples(channels, seed: 4, edges: smallEdges.reversed()))
        gradient = FloatBuffer(samples(count, seed: 5, edges: NormTests.edges.reversed()))
        outside = FloatBuffer(samples(count, seed: 6, edges: smallEdges))
        (output, sum) = (zeros(count), zeros(count))
        // Of up to a thousand groups, which may be empty.
        saved = zeros(count + 1000 * rows)
        scratch = zeros(4 * channels)
        (firstGradient, secondGradient) = (draw(count, 7), draw(count, 8))
        (weightGradient, biasGradient) = (draw(channels, 9), draw(channels, 10))
      }

      func expectEqual(_ other: Buffers) {
        expectTwins(output.values, other.output.values, "output")
        expectTwins(sum.values, other.sum.values, "sum")
        // A mean of few numbers, one or two of which are 90.
        expectTwins(saved.values, other.saved.values, "saved", magnitude: 2)
        for (what, path) in [
          ("first", \Buffers.firstGradient), ("second", \.secondGradient),
          ("weight", \.weightGradient), ("bias", \.biasGradient),
        ] {
          expectTwins(
            self[keyPath: path].values, other[keyPath: path].values, "gradient of \(what)",
            // The norm of few numbers that are nearly equal is steep.
            tolerance: weight.count < 4 ? 1e-4 : 1e-5)
        }
      }
    }

    @Test(arguments: InstructionSet.available, sizes)
    func residualNormAgreesWithItsPlainTwin(_ set: InstructionSet, _ size: (Int, Int)) {
      set.select()
      defer { InstructionSet.available.last!.select() }
      for mode in 0..<8 {
        let (hasBias, hasResidual, flag) = (mode & 1 != 0, mode & 2 != 0, mode & 4 != 0)
        let run = { (plain: Bool) in
          let buffers = Buffers(size.0, size.1)
          buffers.residualNorm(
            size, hasBias: hasBias, hasResidual: hasResidual, flag: flag, plain: plain)
          return buffers
        }
        run(false).expectEqual(run(true))
      }
    }

    @Test(arguments: InstructionSet.available, sizes)
    func gatedNormAgreesWithItsPlainTwin(_ set: InstructionSet, _ size: (Int, Int)) {
      set.select()
      defer { InstructionSet.available.last!.select() }
      // Many groups only of few elements, for the time's sake.
      let several = size.0 * size.1 <= 300 ? [0, 3, 15, 16, 17, 1000] : [3]
      for (accumulates, groups) in ([1] + several).flatMap({ [(false, $0), (true, $0)] }) {
        let run = { (plain: Bool) in
          let buffers = Buffers(size.0, size.1 * groups)
          buffers.gatedNorm(size, groups: groups, accumulates: accumulates, plain: plain)
          return buffers
        }
        run(false).expectEqual(run(true))
      }
    }
  }
}

extension KernelTests.NormTests.Buffers {
  /// `flag`: whether there is a gradient from outside, and whether operands' gradients accumulate.
  func residualNorm(
    _ size: (rows: Int, channels: Int), hasBias: Bool, hasResidual: Bool, flag: Bool, plain: Bool
  ) {
    let stride = size.channels + 3
    let h = Rows(first.pointer, stride: stride)
    let residual = Rows(second.pointer, stride: stride)
    let norm = ResidualNorm(
      rows: size.rows, channels: size.channels, weight: weight.pointer,
      bias: hasBias ? UnsafePointer(bias.pointer) : nil, epsilon: 1e-5,
      sum: hasResidual ? Rows(sum.pointer, stride: stride) : h, statistics: saved.pointer)
    let forward = plain ? Kernels.plainResidualNorm : Kernels.residualNorm
    forward(norm, h, hasResidual ? residual : nil, Rows(output.pointer, stride: stride))
    let backward = plain ? Kernels.plainResidualNormBackward : Kernels.residualNormBackward
    backward(
      norm, Rows(gradient.pointer, stride: stride),
      flag ? Rows(outside.pointer, stride: stride) : nil, scratch.pointer, weightGradient.pointer,
      hasBias ? biasGradient.pointer : nil,
      GradientRows(Rows(firstGradient.pointer, stride: stride), accumulates: flag),
      hasResidual
        ? GradientRows(Rows(secondGradient.pointer, stride: stride), accumulates: !flag) : nil)
  }

  func gatedNorm(
    _ size: (rows: Int, width: Int), groups: Int, accumulates: Bool, plain: Bool
  ) {
    let stride = size.width * groups + 3
    let norm = GatedNorm(
      rows: size.rows, groups: groups, width: size.width, y: Rows(first.pointer, stride: stride),
      z: Rows(second.pointer, stride: stride), weight: weight.pointer, epsilon: 1e-5,
      reciprocalRoots: saved.pointer)
    (plain ? Kernels.plainGatedNorm : Kernels.gatedNorm)(norm, Rows(output.pointer, stride: stride))
    (plain ? Kernels.plainGatedNormBackward : Kernels.gatedNormBackward)(
      norm, Rows(gradient.pointer, stride: stride), scratch.pointer, weightGradient.pointer,
      GradientRows(Rows(firstGradient.pointer, stride: stride), accumulates: accumulates),
      GradientRows(Rows(secondGradient.pointer, stride: stride), accumulates: !accumulates))
  }
}
