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

  /// Traps if rows of the matrix, [rows, columns] after transposition, would overlap.
  @inline(__always)
  func check(_ rows: Int, _ columns: Int) {
    checkRows(transposed ? columns : rows, transposed ? rows : columns, stride: stride)
  }
}

/// c ← alpha · a · b + beta · c, with a [m, k], b [k, n], c [m, n] after transposition; c is overwritten when beta is
/// 0.
///
/// A transposed operand is stored as its transpose. Runs on the calling thread only (`BLAS.singleThreaded`). Small
/// products allocate no memory. A thread that rounds values rounds a and b first.
@inline(__always)
public func multiply(
  _ m: Int, _ k: Int, _ n: Int, _ a: MatrixOperand, _ b: MatrixOperand,
  into c: UnsafeMutablePointer<Float>, stride: Int, alpha: Float = 1, beta: Float = 0
) {
  guard m > 0, n > 0 else { return }
  guard !Kernels.rounding.contains(.values) else {
    return Kernels.roundedProduct(
      m, k, n, a, b, into: c, stride: stride, alpha: alpha, beta: beta)
  }
  if Kernels.multipliesBlocks && !b.transposed && m * k * n <= 1 << 20 {
    return Kernels.gemmBlock(m, k, n, a, b, into: c, stride: stride, alpha: alpha, beta: beta)
  }
  a.check(m, k)
  b.check(k, n)
  checkRows(m, n, stride: stride)
  recall_sgemm(
    a.transposed, b.transposed, Int32(m), Int32(n), Int32(k), alpha, a.values, Int32(a.stride),
    b.values, Int32(b.stride), beta, c, Int32(stride))
}

/// `multiply` for operands of any size that are in cache. b must not be transposed. With AVX2 or better, operands are
/// not packed.
@inline(__always)
public func blockProduct(
  _ m: Int, _ k: Int, _ n: Int, _ a: MatrixOperand, _ b: MatrixOperand,
  into c: UnsafeMutablePointer<Float>, stride: Int, alpha: Float = 1, beta: Float
) {
  guard Kernels.multipliesBlocks else {
    return multiply(m, k, n, a, b, into: c, stride: stride, alpha: alpha, beta: beta)
  }
  Kernels.gemmBlock(m, k, n, a, b, into: c, stride: stride, alpha: alpha, beta: beta)
}

extension Kernels {
  /// Whether this package's own kernels compute products of blocks in cache (AVX2 or AVX-512). They do not pack their
  /// operands. OpenBLAS's small products are slow or allocate heap memory on some processors.
  public static let multipliesBlocks = InstructionSet.available.last! >= .avx2

  /// `multiply` for blocks that are in cache. b must not be transposed.
  @inline(__always)
  public static func gemmBlock(
    _ m: Int, _ k: Int, _ n: Int, _ a: MatrixOperand, _ b: MatrixOperand,
    into c: UnsafeMutablePointer<Float>, stride: Int, alpha: Float = 1, beta: Float = 0
  ) {
    precondition(!b.transposed, "a product of blocks by a transposed one")
    guard !rounding.contains(.values) else {
      return roundedProduct(m, k, n, a, b, into: c, stride: stride, alpha: alpha, beta: beta)
    }
    a.check(m, k)
    b.check(k, n)
    checkRows(m, n, stride: stride)
    let gemm = recall_gemm(m, k, n, a, b, into: c, stride: stride, alpha: alpha, beta: beta)
    withUnsafePointer(to: gemm) { recall_gemm_block($0) }
  }
}

extension recall_gemm {
  @inline(__always)
  init(
    _ m: Int, _ k: Int, _ n: Int, _ a: MatrixOperand, _ b: MatrixOperand,
    into c: UnsafeMutablePointer<Float>, stride: Int, alpha: Float, beta: Float
  ) {
    self.init(
      m: m, k: k, n: n, alpha: alpha, beta: beta, a: a.values,
      a_row: a.transposed ? 1 : a.stride, a_column: a.transposed ? a.stride : 1, b: b.values,
      b_stride: b.stride, c: c, c_stride: stride)
  }
}

/// OpenBLAS on this machine. Results are the same to the bit only for the same core type.
public enum BLAS {
  /// Makes every product run on its caller's thread. Every tape evaluates this.
  public static let singleThreaded: Void = recall_blas_single_threaded()

  /// The processor family whose matrix kernels OpenBLAS chose, for example "SkylakeX".
  public static var coreName: String { String(cString: recall_blas_core_name()) }

  /// Where OPENBLAS_CORETYPE or another OpenBLAS chose SSE3 kernels of four lanes: a family with faster kernels that this
  /// processor can run. It can be set as OPENBLAS_CORETYPE before the program starts.
  public static var fasterCore: String? {
    guard coreName == "Prescott" else { return nil }
    return switch InstructionSet.available.last! {
    case .baseline: nil
    case .avx2: "Haswell"
    case .avx512: "SkylakeX"
    }
  }
}
