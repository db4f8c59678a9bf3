import KernelTwins
import Kernels
import Testing

extension KernelTests {
  /// Matrix products of blocks, and of any size by whichever way `multiply` takes.
  @Suite struct ProductTests {
    static let sizes =
      awkwardTriples + [
        (1, 1, 1), (7, 15, 5), (9, 1000, 15), (1000, 3, 1), (64, 129, 71), (13, 40, 64),
        (15, 31, 111), (1, 16, 1000),
      ]

    @Test(arguments: InstructionSet.available, sizes)
    func agreesWithItsPlainTwin(_ set: InstructionSet, _ size: (Int, Int, Int)) {
      set.select()
      defer { InstructionSet.available.last!.select() }
      compare(size, Kernels.gemmBlock)
    }

    @Test(arguments: sizes + [(110, 100, 120)])
    func anyProductAgreesWithThePlainOne(_ size: (Int, Int, Int)) {
      compare(size, multiply)
    }

    private typealias Product = (
      Int, Int, Int, MatrixOperand, MatrixOperand, UnsafeMutablePointer<Float>, Int, Float, Float
    ) -> Void

    private func compare(_ size: (Int, Int, Int), _ product: Product) {
      for edges: [Float] in [[], [-1e18, 1e18], [.infinity, -.infinity]] {
        compare(size, product, smallEdges + edges)
      }
    }

    private func compare(_ size: (Int, Int, Int), _ product: Product, _ edges: [Float]) {
      let (m, k, n) = size
      let a = FloatBuffer(samples(max(m, k) * (max(m, k) + 2) + 1, seed: 1, edges: edges))
      let b = FloatBuffer(samples(k * (n + 3) + 1, seed: 2, edges: smallEdges.reversed()))
      for transposed in [false, true] {
        let left = MatrixOperand(
          a.pointer, stride: (transposed ? m : k) + 2, transposed: transposed)
        let right = MatrixOperand(b.pointer, stride: n + 3)
        for (alpha, beta) in [(Float(1), Float(0)), (0.5, 1), (-2, 0.25)] {
          // With beta = 0 the old values may be anything.
          var c = samples(m * (n + 1), seed: 3, edges: smallEdges).map { beta == 0 ? .nan : $0 }
          var expected = c
          withExtendedLifetime((a, b)) {
            product(m, k, n, left, right, &c, n + 1, alpha, beta)
            Kernels.plainProduct(
              m, k, n, left, right, into: &expected, stride: n + 1, alpha: alpha, beta: beta)
          }
          expectTwins(
            c, expected,
            "\(size), transposed \(transposed), alpha \(alpha), beta \(beta)")
        }
      }
    }
  }
}
