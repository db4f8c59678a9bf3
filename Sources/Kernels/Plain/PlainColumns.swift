import Foundation

/// The plain twins of the kernels in Columns.swift.
extension Kernels {
  package static func plainColumnMaximum(
    _ rows: Int, _ columns: Int, _ s: UnsafePointer<Float>, stride: Int, first: Int = 0,
    maximum: UnsafeMutablePointer<Float>, index: UnsafeMutablePointer<Int32>
  ) {
    for r in 0..<rows {
      for c in 0..<columns where s[r * stride + c] > maximum[c] {
        maximum[c] = s[r * stride + c]
        index[c] = Int32(first + r)
      }
    }
  }

  package static func plainColumnExponential(
    _ rows: Int, _ columns: Int, _ s: UnsafeMutablePointer<Float>, stride: Int,
    maximum: UnsafePointer<Float>, sum: UnsafeMutablePointer<Float>
  ) {
    for r in 0..<rows {
      for c in 0..<columns {
        s[r * stride + c] = exp(s[r * stride + c] - maximum[c])
        sum[c] += s[r * stride + c]
      }
    }
  }

  package static func plainColumnScale(
    _ rows: Int, _ columns: Int, _ s: UnsafeMutablePointer<Float>, stride: Int,
    by factor: UnsafePointer<Float>
  ) {
    for r in 0..<rows {
      for c in 0..<columns { s[r * stride + c] *= factor[c] }
    }
  }

  package static func plainTranspose(
    _ rows: Int, _ columns: Int, _ x: UnsafePointer<Float>, stride: Int, factor: Float = 1,
    into y: UnsafeMutablePointer<Float>, stride yStride: Int
  ) {
    for r in 0..<rows {
      for c in 0..<columns { y[c * yStride + r] = factor * x[r * stride + c] }
    }
  }
}
