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
      for i in 0..<m {
        for j in 0..<n {
          let product = (0..<k).reduce(0.0) {
            $0 + Double(transposed ? a[$1 * m + i] : a[i * k + $1]) * Double(b[$1 * (n + 3) + j])
          }
          let before = beta == 0 ? 0 : Double(c[i * (n + 1) + j])
          expected[i * (n + 1) + j] = Float(before + product)
        }
      }
      a.withUnsafeBufferPointer { a in
        b.withUnsafeBufferPointer { b in
          multiplyInTiles(
            m, k, n,
            MatrixOperand(a.baseAddress!, stride: transposed ? m : k, transposed: transposed),
            MatrixOperand(b.baseAddress!, stride: n + 3), into: &c, stride: n + 1, beta: beta)
        }
      }
      expectTwins(c, expected, "beta \(beta)")
    }
  }
}
