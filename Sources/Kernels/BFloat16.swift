import CKernels
import CMemory

extension Kernels {
  /// What a thread rounds to bfloat16: a float without its lower 16 bits.
  public struct Rounding: OptionSet, Sendable {
    public let rawValue: Int32
    public init(rawValue: Int32) { self.rawValue = rawValue }
    /// The operands of matrix products, whose sums stay in float, and the results of operations.
    public static let values = Rounding(rawValue: Int32(RECALL_ROUND_VALUES))
    /// The state of a recurrence where it is carried to the next chunk of tokens.
    public static let states = Rounding(rawValue: Int32(RECALL_ROUND_STATES))
  }

  /// What this thread rounds now.
  package static var rounding: Rounding { Rounding(rawValue: recall_rounding()) }

  /// Does something with this thread rounding what `rounding` says.
  package static func rounding<Result>(
    _ rounding: Rounding, _ body: () throws -> Result
  ) rethrows -> Result {
    let before = recall_set_rounding(rounding.rawValue)
    defer { _ = recall_set_rounding(before) }
    return try body()
  }

  /// y = x rounded to bfloat16, to nearest, ties to even; [rows, columns]. y may be x.
  @inline(__always)
  package static func roundToBFloat16(_ rows: Int, _ columns: Int, _ x: Rows, into y: Rows) {
    checkRows(rows, columns, stride: min(x.stride, y.stride))
    recall_round_bf16(rows, columns, x.values, x.stride, y.values, y.stride)
  }

  /// Rounds an operation's result or its gradient [rows, columns], if this thread rounds values.
  package static func roundValues(_ rows: Int, _ columns: Int, _ x: Rows) {
    if rounding.contains(.values) { roundToBFloat16(rows, columns, x, into: x) }
  }

  /// Rounds a state [rows, columns] that is carried on, if this thread rounds states.
  package static func roundState(_ rows: Int, _ columns: Int, _ state: Rows) {
    if rounding.contains(.states) { roundToBFloat16(rows, columns, state, into: state) }
  }

  /// Whether this thread's products of rounded operands run in the processor's instructions for bfloat16 (AMX). False while a
  /// test has chosen a lower instruction set.
  package static var multipliesBFloat16: Bool {
    InstructionSet.current == .avx512 && recall_has_bf16_products() != 0
  }

  /// `multiply` with the operands rounded to bfloat16. Sums are float.
  static func roundedProduct(
    _ m: Int, _ k: Int, _ n: Int, _ a: MatrixOperand, _ b: MatrixOperand,
    into c: UnsafeMutablePointer<Float>, stride: Int, alpha: Float, beta: Float
  ) {
    a.check(m, k)
    b.check(k, n)
    checkRows(m, n, stride: stride)
    guard multipliesBFloat16 else {
      return withRounded(m, k, n, a, b) { a, b in
        rounding([]) { multiply(m, k, n, a, b, into: c, stride: stride, alpha: alpha, beta: beta) }
      }
    }
    let bytes = recall_bf16_memory(m, k, n)
    let memory = recall_take_scratch(bytes)!
    defer { recall_give_scratch(memory, bytes) }
    let gemm = recall_gemm(m, k, n, a, b, into: c, stride: stride, alpha: alpha, beta: beta)
    withUnsafePointer(to: gemm) { recall_bf16_gemm($0, b.transposed ? 1 : 0, memory) }
  }

  /// Calls `body` with the operands of a product, rounded. The copies are in the thread's scratch memory.
  private static func withRounded(
    _ m: Int, _ k: Int, _ n: Int, _ a: MatrixOperand, _ b: MatrixOperand,
    _ body: (MatrixOperand, MatrixOperand) -> Void
  ) {
    let (aRows, aColumns) = a.transposed ? (k, m) : (m, k)
    let (bRows, bColumns) = b.transposed ? (n, k) : (k, n)
    let (aStride, bStride) = (wholeVectors(aColumns), wholeVectors(bColumns))
    let bytes = MemoryLayout<Float>.size * (aRows * aStride + bRows * bStride)
    let memory = recall_take_scratch(bytes)!
    defer { recall_give_scratch(memory, bytes) }
    let first = memory.assumingMemoryBound(to: Float.self)
    let second = first + aRows * aStride
    recall_round_bf16(aRows, aColumns, a.values, a.stride, first, aStride)
    recall_round_bf16(bRows, bColumns, b.values, b.stride, second, bStride)
    body(
      MatrixOperand(first, stride: aStride, transposed: a.transposed),
      MatrixOperand(second, stride: bStride, transposed: b.transposed))
  }
}
