import KernelTwins
import Kernels
import Testing

extension KernelTests {
  @Suite struct TiledMatrixTests {
    static let sizes =
      awkwardTriples + [(1, 1, 1), (17, 7, 16), (64, 128, 64), (73, 145, 72), (200, 300, 131)]

    @Test(arguments: InstructionSet.available, sizes)
    func equalsThePlainProduct(_ set: InstructionSet, _ size: (m: Int, k: Int, n: Int)) {
      set.select()
      defer { InstructionSet.available.last!.select() }
      let (m, k, n) = size
      let edges: [Float] = [-0.0, 0, .leastNonzeroMagnitude, -1e3]
      let a = FloatBuffer(samples(m * k, seed: 1, edges: edges))
      let b = FloatBuffer(samples(k * (n + 3), seed: 2))
      for (transposed, beta) in [(false, Float(0)), (false, 1), (true, 0), (true, 1)] {
        // With beta = 0 the old values may be anything.
        var c = samples(m * (n + 1), seed: 3).map { beta == 0 ? .nan : $0 }
        var expected = c
        let left = MatrixOperand(
          a.pointer, stride: max(1, transposed ? m : k), transposed: transposed)
        let right = MatrixOperand(b.pointer, stride: n + 3)
        withExtendedLifetime((a, b)) {
          multiplyInTiles(m, k, n, left, right, into: &c, stride: n + 1, beta: beta)
          Kernels.plainProduct(m, k, n, left, right, into: &expected, stride: n + 1, beta: beta)
        }
        expectTwins(c, expected, "transposed \(transposed), beta \(beta)")
      }
    }
  }
}
