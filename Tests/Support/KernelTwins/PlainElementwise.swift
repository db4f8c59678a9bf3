import Foundation
import Kernels

/// The plain twins of the kernels in Elementwise.swift and Matrix.swift.
extension Kernels {
  package static func plainAdd(
    _ count: Int, _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>
  ) {
    for i in 0..<count { y[i] += x[i] }
  }

  /// exp x before it is rounded to a float.
  package static func plainExponential(_ x: Float) -> Double { exp(Double(x)) }

  /// `a`, `b` and `c` as in `multiply`, in Double until the end.
  package static func plainProduct(
    _ m: Int, _ k: Int, _ n: Int, _ a: MatrixOperand, _ b: MatrixOperand,
    into c: UnsafeMutablePointer<Float>, stride: Int, alpha: Float = 1, beta: Float = 0
  ) {
    for i in 0..<m {
      for j in 0..<n {
        let sum = (0..<k).reduce(0.0) { sum, l in
          sum + Double(a.values[a.transposed ? l * a.stride + i : i * a.stride + l])
            * Double(b.values[b.transposed ? j * b.stride + l : l * b.stride + j])
        }
        let before = beta == 0 ? 0 : Double(beta) * Double(c[i * stride + j])
        c[i * stride + j] = Float(Double(alpha) * sum + before)
      }
    }
  }
}
