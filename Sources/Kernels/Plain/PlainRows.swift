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
}
