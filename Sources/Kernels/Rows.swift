import CKernels

/// A matrix whose rows are consecutive floats and start `stride` floats apart.
public struct Rows {
  public let values: UnsafeMutablePointer<Float>
  public let stride: Int

  @inline(__always)
  public init(_ values: UnsafeMutablePointer<Float>, stride: Int) {
    self.values = values
    self.stride = stride
  }

  /// Traps if `rows` rows of so many columns would overlap.
  @inline(__always)
  func check(_ rows: Int, _ columns: Int) { checkRows(rows, columns, stride: stride) }

  /// The same for rows that are read: with stride 0 they are all one row.
  @inline(__always)
  func checkOperand(_ rows: Int, _ columns: Int) { if stride != 0 { check(rows, columns) } }

  @inline(__always)
  var operand: recall_rows { recall_rows(values: values, stride: stride) }
}

/// Rows for a gradient, and whether it is added to them or assigned.
public struct GradientRows {
  public let rows: Rows
  public let accumulates: Bool

  @inline(__always)
  public init(_ rows: Rows, accumulates: Bool) {
    self.rows = rows
    self.accumulates = accumulates
  }

  @inline(__always)
  var target: recall_target_rows {
    recall_target_rows(values: rows.values, stride: rows.stride, adds: accumulates ? 1 : 0)
  }
}

/// Traps if `rows` rows of so many columns, `stride` floats apart, would overlap.
@inline(__always)
func checkRows(_ rows: Int, _ columns: Int, stride: Int) {
  precondition(
    rows >= 0 && columns >= 0 && (stride >= columns || rows <= 1),
    "\(rows) rows of \(columns) floats, \(stride) apart")
}

/// Traps if `padded` is not a multiple of 16, or less than `length`: kernels work on rows of square blocks in whole
/// vectors.
@inline(__always)
func checkSquare(_ length: Int, padded: Int) {
  precondition(
    length >= 0 && padded >= length && padded % 16 == 0,
    "\(length) rows of as many floats, \(padded) apart")
}

extension Kernels {
  /// Sets each of the `rows` rows of y to x [columns].
  @inline(__always)
  public static func repeatRow(
    _ rows: Int, _ columns: Int, _ x: UnsafePointer<Float>, into y: Rows
  ) {
    y.check(rows, columns)
    recall_repeat_row(rows, columns, x, y.values, y.stride)
  }

  /// y [columns] += the sum of the rows of x.
  @inline(__always)
  public static func sumRows(
    _ rows: Int, _ columns: Int, _ x: Rows, addedTo y: UnsafeMutablePointer<Float>
  ) {
    x.check(rows, columns)
    recall_sum_rows(rows, columns, x.values, x.stride, y)
  }

  /// y row i = factors[i · factorStride] · x row i, x and y [rows, columns]; y may be x.
  @inline(__always)
  public static func scaleRows(
    _ rows: Int, _ columns: Int, _ factors: UnsafePointer<Float>, factorStride: Int = 1,
    _ x: UnsafePointer<Float>, _ xStride: Int, into y: UnsafeMutablePointer<Float>, _ yStride: Int
  ) {
    checkRows(rows, columns, stride: min(xStride, yStride))
    recall_scale_rows(rows, columns, factors, factorStride, x, xStride, y, yStride)
  }

  /// Σ x ⊙ y over [rows, columns].
  @inline(__always)
  public static func dot(
    _ rows: Int, _ columns: Int, _ x: UnsafePointer<Float>, _ xStride: Int,
    _ y: UnsafePointer<Float>, _ yStride: Int
  ) -> Double {
    checkRows(rows, columns, stride: min(xStride, yStride))
    return recall_dot_block(rows, columns, x, xStride, y, yStride)
  }
}
