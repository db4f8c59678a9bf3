import CKernels

/// Swift face of the C kernels. Each has a plain twin in Tests/Support/KernelTwins, which tests compare it with.
public enum Kernels {
  /// y += x.
  @inline(__always)
  public static func add(
    _ count: Int, _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>
  ) { recall_add(count, x, y) }

  /// y = exp x, within 2 ulp.
  @inline(__always)
  public static func exponential(
    _ count: Int, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>
  ) { recall_exp(count, x, y) }

  /// Floats of a row that is cut into whole vectors of 16: none of them lies across two lines of cache.
  public static func wholeVectors(_ columns: Int) -> Int { (columns + 15) / 16 * 16 }

  /// One turn of waiting awake for another thread: tells the processor so.
  @inline(__always)
  package static func relax() { recall_relax() }
}

/// The instruction set that kernels run with.
public enum InstructionSet: Int, CaseIterable, Comparable, Sendable, CustomStringConvertible {
  case baseline, avx2, avx512

  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

  public static var current: InstructionSet { .init(rawValue: Int(recall_instruction_set()))! }
  /// The ones this processor runs.
  public static var available: [InstructionSet] {
    allCases.filter { $0.rawValue <= recall_best_instruction_set() }
  }
  /// For tests: what the calling thread uses from now on.
  package func select() { recall_use_instruction_set(Int32(rawValue)) }

  public var description: String {
    switch self {
    case .baseline: "baseline"
    case .avx2: "AVX2"
    case .avx512: "AVX-512"
    }
  }
}
