import Foundation
import Kernels

/// The plain twins of the kernels in Columns.swift.
extension Kernels {
  package static func plainColumnMaximum(
    _ rows: Int, _ columns: Int, _ s: UnsafePointer<Float>, stride: Int,
    maximum: UnsafeMutablePointer<Float>
  ) {
    for r in 0..<rows {
      for c in 0..<columns { maximum[c] = max(maximum[c], s[r * stride + c]) }
    }
  }

  package static func plainColumnLargest(
    _ rows: Int, _ columns: Int, _ s: UnsafePointer<Float>, stride: Int, first: Int,
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
        let x = s[r * stride + c] - maximum[c]
        s[r * stride + c] = x < -87 ? 0 : exp(x)
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
