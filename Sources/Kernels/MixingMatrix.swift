import CKernels

/// Rows of mixing matrices m [rows, columns], and the gradients of what they are made of.
extension Kernels {
  /// Softmax of each row, in its place.
  public static func rowSoftmax(_ rows: Int, _ columns: Int, _ s: Rows) {
    s.check(rows, columns)
    precondition(columns > 0, "a softmax of no scores")
    recall_row_softmax(rows, columns, s.values, s.stride)
  }

  /// ds = p ⊙ (dp − Σ_c p dp), in the place of dp, whose rows are as far apart as those of p.
  public static func rowSoftmaxBackward(
    _ rows: Int, _ columns: Int, _ p: Rows, dp: UnsafeMutablePointer<Float>
  ) {
    p.check(rows, columns)
    recall_row_softmax_backward(rows, columns, p.values, dp, p.stride)
  }
}

/// m_rc = Σ_i 1 / (x_ri + z_ic + constant)
public struct CauchyRows {
  public let rows: Int, columns: Int, rank: Int
  /// [rows, rank], without gaps.
  public let x: UnsafePointer<Float>
  /// [rank, columns]
  public let z: Rows
  public let constant: Float

  public init(
    rows: Int, columns: Int, rank: Int, x: UnsafePointer<Float>, z: Rows, constant: Float
  ) {
    z.check(rank, columns)
    (self.rows, self.columns, self.rank) = (rows, columns, rank)
    (self.x, self.z, self.constant) = (x, z, constant)
  }

  private var operands: recall_cauchy {
    recall_cauchy(
      rows: rows, columns: columns, rank: rank, x: x, z: z.values, z_stride: z.stride,
      constant: constant)
  }

  public func forward(into m: Rows) {
    m.check(rows, columns)
    withUnsafePointer(to: operands) { recall_cauchy($0, m.values, m.stride) }
  }

  /// Adds to the gradients of x [rows, rank] and z [rank, columns], whose rows are as far apart as those of z.
  public func backward(
    dm: Rows, xGradient: UnsafeMutablePointer<Float>, zGradient: UnsafeMutablePointer<Float>
  ) {
    dm.check(rows, columns)
    withUnsafePointer(to: operands) {
      recall_cauchy_backward($0, dm.values, dm.stride, xGradient, zGradient)
    }
  }
}

/// m_rc = Σ_i cos(angle_ri (first + c)), accurate up to arguments of 10⁴.
public struct CosineRows {
  public let rows: Int, columns: Int, rank: Int
  /// [rows, rank], without gaps.
  public let angles: UnsafePointer<Float>
  public let first: Int
  /// Floats of `scratch` for each i.
  public static let scratchPerRank = 50
  public let scratch: UnsafeMutablePointer<Float>

  public init(
    rows: Int, columns: Int, rank: Int, angles: UnsafePointer<Float>, first: Int,
    scratch: UnsafeMutablePointer<Float>
  ) {
    precondition(rows >= 0 && columns >= 0 && rank >= 0, "\(rows) × \(columns) sums of \(rank)")
    (self.rows, self.columns, self.rank) = (rows, columns, rank)
    (self.angles, self.first, self.scratch) = (angles, first, scratch)
  }

  private var operands: recall_cosines {
    recall_cosines(
      rows: rows, columns: columns, rank: rank, angle: angles, first: first, table: scratch)
  }

  public func forward(into m: Rows) {
    m.check(rows, columns)
    withUnsafePointer(to: operands) { recall_cosines($0, m.values, m.stride) }
  }

  /// Adds to the gradient of the angles [rows, rank].
  public func backward(dm: Rows, gradient: UnsafeMutablePointer<Float>) {
    dm.check(rows, columns)
    withUnsafePointer(to: operands) {
      recall_cosines_backward($0, dm.values, dm.stride, gradient)
    }
  }
}
