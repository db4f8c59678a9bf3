import CKernels

/// A matrix whose rows are contiguous runs of floats, `stride` apart.
public struct Rows {
  public let values: UnsafeMutablePointer<Float>
  public let stride: Int

  @inline(__always)
  public init(_ values: UnsafeMutablePointer<Float>, stride: Int) {
    self.values = values
    self.stride = stride
  }
}

/// Where a gradient goes, and whether it is added to what is there.
public struct GradientRows {
  public let rows: Rows
  public let accumulates: Bool

  @inline(__always)
  public init(_ rows: Rows, accumulates: Bool) {
    self.rows = rows
    self.accumulates = accumulates
  }
}

extension Kernels {
  /// Every one of `rows` rows of y becomes x [columns].
  @inline(__always)
  public static func repeatRow(
    _ rows: Int, _ columns: Int, _ x: UnsafePointer<Float>, into y: Rows
  ) { recall_repeat_row(rows, columns, x, y.values, y.stride) }

  /// y [columns] += the sum of the rows of x.
  @inline(__always)
  public static func sumRows(
    _ rows: Int, _ columns: Int, _ x: Rows, addedTo y: UnsafeMutablePointer<Float>
  ) { recall_sum_rows(rows, columns, x.values, x.stride, y) }
}
