import CKernels

/// Operands of one chunk of one head of the recurrence S ← diag(exp w) S + b uᵀ + k vᵀ, u = Sᵀ α of the S before,
/// α = −removal, b = removal ⊙ rate, and what its products are made of: see `recall_dplr`.
public struct LowRankOperands {
  private var operands = recall_dplr()
  public let stride: Int
  private let capacity: Int

  /// `memory` holds 9 · capacity · stride floats.
  public init(_ memory: UnsafeMutablePointer<Float>, capacity: Int, channels: Int, stride: Int) {
    checkRows(capacity, channels, stride: stride)
    (self.stride, self.capacity) = (stride, capacity)
    let size = capacity * stride
    (operands.channels, operands.stride) = (channels, stride)
    operands.prefix = memory
    operands.inverse = memory + size
    operands.suffix = memory + 2 * size
    operands.reads = memory + 3 * size
    operands.removals = memory + 4 * size
    operands.writes = memory + 5 * size
    operands.corrections = memory + 6 * size
    operands.writes_until_end = memory + 7 * size
    operands.corrections_until_end = memory + 8 * size
  }

  public mutating func fill(length: Int, r: Rows, w: Rows, k: Rows, removal: Rows, rate: Rows) {
    precondition(
      length > 0 && length <= capacity, "a chunk of \(length) rows in memory for \(capacity)")
    checkRows(
      length, operands.channels,
      stride: min(r.stride, w.stride, k.stride, removal.stride, rate.stride))
    operands.length = length
    (operands.r, operands.w, operands.k) = (r.operand, w.operand, k.operand)
    (operands.removal, operands.rate) = (removal.operand, rate.operand)
    withUnsafePointer(to: &operands) { recall_dplr_operands($0) }
  }

  private func rows(_ values: UnsafeMutablePointer<Float>) -> Rows { Rows(values, stride: stride) }

  public var length: Int { operands.length }
  /// The decay of the whole chunk [channels].
  public var chunkDecay: UnsafePointer<Float> {
    UnsafePointer(operands.prefix + (operands.length - 1) * stride)
  }
  /// r, α times their decay since the chunk's start; α's own token's not included.
  public var reads: Rows { rows(operands.reads) }
  public var removals: Rows { rows(operands.removals) }
  /// k, b over the same decay.
  public var writes: Rows { rows(operands.writes) }
  public var corrections: Rows { rows(operands.corrections) }
  /// k, b times their decay until the chunk's end.
  public var writesUntilEnd: Rows { rows(operands.writes_until_end) }
  public var correctionsUntilEnd: Rows { rows(operands.corrections_until_end) }

  /// The gradients of r, w, k, removal and rate.
  public struct Gradients {
    public let r: GradientRows, w: GradientRows, k: GradientRows
    public let removal: GradientRows, rate: GradientRows

    public init(
      r: GradientRows, w: GradientRows, k: GradientRows, removal: GradientRows, rate: GradientRows
    ) {
      (self.r, self.w, self.k, self.removal, self.rate) = (r, w, k, removal, rate)
    }
  }

  /// Computes the operands' gradients from those of what the products are made of, rows of `stride`. `carry` is the
  /// gradient of the whole chunk's log-decay, and is overwritten.
  public func backward(
    reads: Rows, removals: Rows, writes: Rows, corrections: Rows, writesUntilEnd: Rows,
    correctionsUntilEnd: Rows, carry: UnsafeMutablePointer<Float>, into target: Gradients
  ) {
    // Not a list of six, which would allocate.
    precondition(
      reads.stride == stride && removals.stride == stride && writes.stride == stride
        && corrections.stride == stride && writesUntilEnd.stride == stride
        && correctionsUntilEnd.stride == stride,
      "gradients of other strides than the operands' \(stride)")
    checkRows(
      length, operands.channels,
      stride: min(
        target.r.rows.stride, target.w.rows.stride, target.k.rows.stride,
        target.removal.rows.stride, target.rate.rows.stride))
    let gradient = recall_dplr_gradients(
      reads: reads.values, removals: removals.values, writes: writes.values,
      corrections: corrections.values, writes_until_end: writesUntilEnd.values,
      corrections_until_end: correctionsUntilEnd.values, r: target.r.target, w: target.w.target,
      k: target.k.target, removal: target.removal.target, rate: target.rate.target, carry: carry)
    withUnsafePointer(to: operands) { operands in
      withUnsafePointer(to: gradient) { recall_dplr_gradient(operands, $0) }
    }
  }
}
