import CKernels

/// The C kernels as Swift functions. Tests compare each with a plain twin in Tests/Support/KernelTwins.
public enum Kernels {
  /// y += x.
  @inline(__always)
  public static func add(
    _ count: Int, _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>
  ) {
    checkRows(1, count, stride: count)
    recall_add(count, x, y)
  }

  /// y = exp x, within 2 ulp.
  @inline(__always)
  public static func exponential(
    _ count: Int, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>
  ) {
    checkRows(1, count, stride: count)
    recall_exp(count, x, y)
  }

  /// `columns` rounded up to a multiple of 16. No vector of 16 floats in such a row crosses a cache line.
  public static func wholeVectors(_ columns: Int) -> Int { (columns + 15) / 16 * 16 }

  /// Tells the processor that this thread is waiting in a loop for another.
  @inline(__always)
  package static func relax() { recall_relax() }
}

/// The instruction set that kernels run with.
public enum InstructionSet: Int, CaseIterable, Comparable, Sendable, CustomStringConvertible {
  case baseline, avx2, avx512

  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

  public static var current: InstructionSet { .init(rawValue: Int(recall_instruction_set()))! }
  /// The instruction sets that this processor can run.
  public static var available: [InstructionSet] {
    allCases.filter { $0.rawValue <= recall_best_instruction_set() }
  }
  /// For tests: from now on, the calling thread's kernels use this instruction set.
  package func select() { recall_use_instruction_set(Int32(rawValue)) }

  public var description: String {
    switch self {
    case .baseline: "baseline"
    case .avx2: "AVX2"
    case .avx512: "AVX-512"
    }
  }
}
