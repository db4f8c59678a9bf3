import Kernels
import Testing

@Suite struct TiledMatrixTests {
  static let sizes = [(1, 1, 1), (17, 7, 16), (64, 128, 64), (73, 145, 72), (200, 300, 131)]

  @Test(arguments: sizes, [false, true])
  func equalsThePlainProduct(_ size: (m: Int, k: Int, n: Int), _ transposed: Bool) {
    let (m, k, n) = size
    let a = samples(m * k, seed: 1)
    let b = samples(k * (n + 3), seed: 2)
    for beta in [Float(0), 1] {
      var c = samples(m * (n + 1), seed: 3)
      var expected = c
      a.withUnsafeBufferPointer { a in
        b.withUnsafeBufferPointer { b in
          let a = MatrixOperand(
            a.baseAddress!, stride: transposed ? m : k, transposed: transposed)
          let b = MatrixOperand(b.baseAddress!, stride: n + 3)
          multiplyInTiles(m, k, n, a, b, into: &c, stride: n + 1, beta: beta)
          Kernels.plainProduct(m, k, n, a, b, into: &expected, stride: n + 1, beta: beta)
        }
      }
      expectTwins(c, expected, "beta \(beta)")
    }
  }
}
