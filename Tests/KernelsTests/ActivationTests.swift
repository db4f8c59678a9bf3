import KernelTwins
import Kernels
import Testing

extension KernelTests {
  @Suite struct ActivationTests {
    /// Values far out on both sides, and around the minima of both functions.
    private static let edges: [Float] = [
      0, -0.0, 1e-30, -1e-30, -0.75, -1.28, 3, -3, 6, -6, 14, -14, 90, -90, .leastNonzeroMagnitude,
    ]

    @Test(arguments: InstructionSet.available, awkwardPairs)
    func agreesWithItsPlainTwin(_ set: InstructionSet, _ size: (Int, Int)) {
      set.select()
      defer { InstructionSet.available.last!.select() }
      for activation in Activation.allCases {
        for mode in 0..<4 {
          let (isGated, accumulates) = (mode & 1 != 0, mode & 2 != 0)
          let results = [false, true].map { plain in
            run(activation, size, isGated: isGated, accumulates: accumulates, plain: plain)
          }
          for ((what, actual), (_, expected)) in zip(results[0], results[1]) {
            expectTwins(actual, expected, "\(activation), \(what)")
          }
        }
      }
    }

    /// Output and gradients; rows are 3 floats longer than they need be.
    private func run(
      _ activation: Activation, _ size: (rows: Int, columns: Int), isGated: Bool,
      accumulates: Bool, plain: Bool
    ) -> [(String, [Float])] {
      let stride = size.columns + 3
      let count = size.rows * stride
      let buffers = (0..<6).map {
        FloatBuffer(samples(count, seed: $0, edges: $0 == 0 ? Self.edges : []))
      }
      let rows = buffers.map { Rows($0.pointer, stride: stride) }
      let operands = GatedActivation(
        rows: size.rows, columns: size.columns, activation, gate: rows[0],
        factor: isGated ? rows[1] : nil)
      (plain ? Kernels.plainActivation : Kernels.activation)(operands, rows[2])
      (plain ? Kernels.plainActivationBackward : Kernels.activationBackward)(
        operands, rows[3], GradientRows(rows[4], accumulates: accumulates),
        isGated ? GradientRows(rows[5], accumulates: !accumulates) : nil)
      return zip(["y", "dgate", "dfactor"], [2, 4, 5]).map { ($0, buffers[$1].values) }
    }
  }
}
