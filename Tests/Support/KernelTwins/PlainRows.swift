import Kernels

extension Kernels {
  package static func plainRepeatRow(
    _ rows: Int, _ columns: Int, _ x: UnsafePointer<Float>, into y: Rows
  ) {
    for row in 0..<rows {
      for column in 0..<columns { y.values[row * y.stride + column] = x[column] }
    }
  }

  package static func plainSumRows(
    _ rows: Int, _ columns: Int, _ x: Rows, addedTo y: UnsafeMutablePointer<Float>
  ) {
    for row in 0..<rows {
      for column in 0..<columns { y[column] += x.values[row * x.stride + column] }
    }
  }

  package static func plainScaleRows(
    _ rows: Int, _ columns: Int, _ factors: UnsafePointer<Float>, factorStride: Int,
    _ x: UnsafePointer<Float>, _ xStride: Int, into y: UnsafeMutablePointer<Float>, _ yStride: Int
  ) {
    for row in 0..<rows {
      for column in 0..<columns {
        y[row * yStride + column] = factors[row * factorStride] * x[row * xStride + column]
      }
    }
  }

  package static func plainDot(
    _ rows: Int, _ columns: Int, _ x: UnsafePointer<Float>, _ xStride: Int,
    _ y: UnsafePointer<Float>, _ yStride: Int
  ) -> Double {
    var sum = 0.0
    for row in 0..<rows {
      for column in 0..<columns {
        sum += Double(x[row * xStride + column]) * Double(y[row * yStride + column])
      }
    }
    return sum
  }
}
