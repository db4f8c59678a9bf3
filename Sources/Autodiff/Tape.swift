import Kernels

/// The record of one forward pass and the way back: one per thread, reset for each microbatch.
///
/// Operations are methods (`Operations/`). Each computes its result, and on a differentiating tape
/// records a closure that turns the result's gradient into its operands' gradients.
/// An activation's gradient is *assigned* by the first backward closure that reaches it and
/// *accumulated* by later ones: see `accumulates`. Parameter gradients always accumulate.
public final class Tape {
  public let arena: Arena
  private let parameterValues: UnsafePointer<Float>
  private let parameterGradients: UnsafeMutablePointer<Float>?
  private var records: [(name: StaticString, backward: () -> Void)] = []
  private var slots: [Slot] = []

  /// What dropout draws from; nil switches dropout off.
  public var dropout: DropoutStream?

  private struct Slot {
    var written = false
    var parent = -1
    /// Column views whose gradient nobody has written yet.
    var unwrittenViews = 0
    var hasViews = false
  }

  /// A tape over one flat buffer of parameters; with `gradients` (same offsets) it differentiates.
  public init(
    arena: Arena, parameters: UnsafePointer<Float>, gradients: UnsafeMutablePointer<Float>? = nil
  ) {
    self.arena = arena
    parameterValues = parameters
    parameterGradients = gradients
  }

  public var differentiates: Bool { parameterGradients != nil }

  public func values(of parameter: Parameter) -> UnsafePointer<Float> {
    parameterValues + parameter.offset
  }

  /// Where an operation adds its part of the parameter's gradient. Differentiating tapes only.
  public func gradient(of parameter: Parameter) -> UnsafeMutablePointer<Float> {
    parameterGradients! + parameter.offset
  }

  /// A new uninitialised activation [batch, time, channels].
  public func tensor(batch: Int, time: Int, channels: Int) -> Tensor {
    let count = batch * time * channels
    let values = arena.allocate(count)
    let gradient = differentiates ? arena.allocate(count) : values
    slots.append(Slot())
    return Tensor(
      batch: batch, time: time, channels: channels, rowStride: channels, values: values,
      gradient: gradient, slot: slots.count - 1)
  }

  /// Columns of a tensor, as an operand of their own, without a copy. Views of one tensor do not overlap,
  /// and together they cover every column whose gradient its producer needs.
  public func columns(_ range: Range<Int>, of x: Tensor) -> Tensor {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= x.channels,
      "columns \(range) of a tensor with \(x.channels)")
    var slot = Slot()
    slot.parent = x.slot
    slots.append(slot)
    slots[x.slot].unwrittenViews += 1
    slots[x.slot].hasViews = true
    return Tensor(
      batch: x.batch, time: x.time, channels: range.count, rowStride: x.rowStride,
      values: x.values + range.lowerBound, gradient: x.gradient + range.lowerBound,
      slot: slots.count - 1)
  }

  /// Records how to go back through an operation. `name` is for error messages.
  public func record(_ name: StaticString, _ backward: @escaping () -> Void) {
    if differentiates { records.append((name, backward)) }
  }

  /// Whether the gradient of `x` already holds something, to which a backward closure must add; if not,
  /// the closure must assign every element. Asked once per operand by each closure, before it writes.
  public func accumulates(_ x: Tensor) -> Bool {
    let written = slots[x.slot].written
    if !written {
      slots[x.slot].written = true
      if slots[x.slot].parent >= 0 { slots[slots[x.slot].parent].unwrittenViews -= 1 }
    }
    return written
  }

  /// The same as a matrix product's beta: 0 to assign, 1 to accumulate.
  public func beta(_ x: Tensor) -> Float { accumulates(x) ? 1 : 0 }

  /// Whether the gradient of an operation's result is complete: its consumers, or those of all its views,
  /// have written it.
  func hasGradient(_ y: Tensor) -> Bool {
    let slot = slots[y.slot]
    return slot.written || (slot.hasViews && slot.unwrittenViews == 0)
  }

  /// Traps unless the gradient of an operation's result is complete. Called first in a backward closure.
  public func expectGradient(of y: Tensor, in name: StaticString) {
    precondition(hasGradient(y), "\(name): nothing gave its result a gradient")
  }

  /// Where a backward closure puts the gradient of its operand x. Asked once per operand by each closure.
  func gradientRows(of x: Tensor) -> GradientRows {
    GradientRows(x.gradientRows, accumulates: accumulates(x))
  }

  /// Runs every recorded closure, last first. Results nobody consumed must have been seeded before.
  public func backward() {
    for record in records.reversed() { record.backward() }
    records.removeAll(keepingCapacity: true)
  }

  /// Forgets everything, for the next microbatch.
  public func reset() {
    records.removeAll(keepingCapacity: true)
    slots.removeAll(keepingCapacity: true)
    dropout?.sites = 0
    arena.reset()
  }
}
