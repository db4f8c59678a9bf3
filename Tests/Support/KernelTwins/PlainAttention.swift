import Kernels

/// The plain twins of the kernels in Attention.swift.
extension Kernels {
  package static func plainSoftmaxBackward(
    _ rows: Int, _ columns: Int, _ e: UnsafePointer<Float>, masked: UnsafePointer<Float>,
    dp: UnsafeMutablePointer<Float>, stride: Int, mean: UnsafePointer<Float>
  ) {
    for r in 0..<rows {
      for i in r * stride..<r * stride + columns {
        dp[i] = masked[i] * dp[i] - e[i] * mean[i - r * stride]
      }
    }
  }

  package static func plainRowScaleDot(
    _ rows: Int, _ columns: Int, _ dy: UnsafePointer<Float>, _ y: UnsafePointer<Float>, stride: Int,
    by factor: UnsafePointer<Float>, into g: UnsafeMutablePointer<Float>,
    dot: UnsafeMutablePointer<Float>
  ) {
    for r in 0..<rows {
      dot[r] = 0
      for c in 0..<columns {
        g[r * columns + c] = factor[r] * dy[r * stride + c]
        dot[r] += g[r * columns + c] * y[r * stride + c]
      }
    }
  }
}
