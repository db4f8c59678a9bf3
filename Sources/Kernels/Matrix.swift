import CKernels
import COpenBLAS

/// A row-major matrix operand of a product, possibly a block of a wider matrix.
public struct MatrixOperand {
  public let values: UnsafePointer<Float>
  /// Distance between the starts of consecutive stored rows, in floats.
  public let stride: Int
  public let transposed: Bool

  @inline(__always)
  public init(_ values: UnsafePointer<Float>, stride: Int, transposed: Bool = false) {
    self.values = values
    self.stride = stride
    self.transposed = transposed
  }
}

/// c ← alpha · a · b + beta · c, with a [m, k], b [k, n], c [m, n] after transposition; c is overwritten when beta is 0.
///
/// A transposed operand is stored as its transpose. Runs on the calling thread only (`BLAS.singleThreaded`), and
/// asks for no memory.
@inline(__always)
public func multiply(
  _ m: Int, _ k: Int, _ n: Int, _ a: MatrixOperand, _ b: MatrixOperand,
  into c: UnsafeMutablePointer<Float>, stride: Int, alpha: Float = 1, beta: Float = 0
) {
  guard m > 0, n > 0 else { return }
  // What is left beside whole vectors, OpenBLAS's small products copy to the heap.
  let rest = BLAS.favoursSmallProducts && !a.transposed && !b.transposed ? n % Kernels.narrow : 0
  if rest > 0 {
    let start = n - rest
    Kernels.narrowProduct(
      m, k, rest, a, MatrixOperand(b.values + start, stride: b.stride), into: c + start,
      stride: stride, alpha: alpha, beta: beta)
    guard start > 0 else { return }
  }
  cblas_sgemm(
    CblasRowMajor, a.transposed ? CblasTrans : CblasNoTrans,
    b.transposed ? CblasTrans : CblasNoTrans,
    Int32(m), Int32(n - rest), Int32(k), alpha, a.values, Int32(a.stride), b.values,
    Int32(b.stride), beta, c, Int32(stride))
}

extension Kernels {
  /// The columns of a vector.
  public static let narrow = 16

  /// `multiply` for n ≤ `narrow` columns and b not transposed.
  public static func narrowProduct(
    _ m: Int, _ k: Int, _ n: Int, _ a: MatrixOperand, _ b: MatrixOperand,
    into c: UnsafeMutablePointer<Float>, stride: Int, alpha: Float = 1, beta: Float = 0
  ) {
    precondition(n <= narrow && !b.transposed, "\(n) columns, b transposed: \(b.transposed)")
    recall_narrow_product(
      m, k, n, alpha, a.values, a.transposed ? 1 : a.stride, a.transposed ? a.stride : 1,
      b.values, b.stride, beta, c, stride)
  }
}

/// What OpenBLAS is on this machine; results repeat to the bit only for one core type.
public enum BLAS {
  /// Makes every product run on its caller's thread. Called once by whoever owns the threads.
  public static let singleThreaded: Void = openblas_set_num_threads(1)

  /// The processor family whose matrix kernels OpenBLAS chose, for example "SkylakeX".
  public static var coreName: String { String(cString: openblas_get_corename()) }
}
