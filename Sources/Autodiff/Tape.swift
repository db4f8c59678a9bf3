import Kernels

/// Names passes that record the same operations on the same shapes.
public struct ShapeKey: Hashable, Sendable {
  /// Sequences of a pass, and tokens of each.
  public let batch: Int, length: Int
  /// How many rows the last block computes, or any number that stands for it.
  public let outputRows: Int

  public init(batch: Int, length: Int, outputRows: Int) {
    (self.batch, self.length, self.outputRows) = (batch, length, outputRows)
  }
}

/// Records one forward pass, and differentiates it backwards: one tape per thread, reset for each microbatch.
///
/// Operations are methods (`Operations/`). Each computes its result, and on a tape that differentiates it
/// records how to turn the result's gradient into its operands' gradients: see `RecordedOperation`.
/// The first `backward` that reaches an activation's gradient *assigns* it, later ones *add* to it: see
/// `accumulates`. Gradients of parameters are always added to.
public final class Tape {
  /// Where activations, their gradients and scratch lie.
  public let arena: Arena
  private let parameterValues: UnsafePointer<Float>
  /// Where the gradients of parameters are added; changed between passes only.
  public var parameterGradients: UnsafeMutablePointer<Float>?
  private var records: [Record] = []
  private var slots: [Slot] = []
  private var gradients = GradientRing()

  /// What dropout draws from; nil switches dropout off.
  public var dropout: DropoutStream?

  /// An operation that lies in the arena.
  private struct Record {
    let type: any RecordedOperation.Type
    let address: UnsafeMutableRawPointer
    /// The gradient ring's position after the gradients of its results.
    let position: Int
  }

  /// What the tape knows about the gradient of one tensor.
  private struct Slot {
    var written = false
    /// The slot of the tensor that this one is a slice of; −1: none.
    var parent = -1
    /// Where the gradient starts in the gradient ring.
    var position = 0
    /// Slices whose gradient nobody has written yet.
    var unwrittenViews = 0
    var hasViews = false
  }

  /// A tape over one flat buffer of parameters; with `gradients` (same offsets) it differentiates.
  public init(
    arena: Arena, parameters: UnsafePointer<Float>, gradients: UnsafeMutablePointer<Float>? = nil
  ) {
    _ = BLAS.singleThreaded
    self.arena = arena
    parameterValues = parameters
    parameterGradients = gradients
  }

  deinit { forgetRecords() }

  /// Whether operations are recorded, so that `backward` may be called.
  public var differentiates: Bool { parameterGradients != nil }

  /// The parameter's elements, row major.
  public func values(of parameter: Parameter) -> UnsafePointer<Float> {
    parameterValues + parameter.offset
  }

  /// Where an operation adds its part of the parameter's gradient. Differentiating tapes only.
  public func gradient(of parameter: Parameter) -> UnsafeMutablePointer<Float> {
    parameterGradients! + parameter.offset
  }

  /// A new uninitialised activation [batch, length, channels].
  public func tensor(batch: Int, length: Int, channels: Int) -> Tensor {
    let count = batch * length * channels
    let values = arena.allocate(count)
    let gradient = differentiates ? gradients.allocate(count, in: arena) : values
    var slot = Slot()
    slot.position = gradients.start
    slots.append(slot)
    return Tensor(
      batch: batch, length: length, channels: channels, rowStride: channels, values: values,
      gradient: gradient, slot: slots.count - 1)
  }

  /// An activation [x.batch, x.length, channels] that holds one value everywhere: an operand that is not learned. Its
  /// gradient is written and never read.
  public func constant(_ value: Float, channels: Int, like x: Tensor) -> Tensor {
    let constant = tensor(batch: x.batch, length: x.length, channels: channels)
    constant.values.update(repeating: value, count: constant.rows * channels)
    return constant
  }

  /// Some channels of a tensor as an operand of their own, without a copy. Slices of one tensor must not
  /// overlap, and together they must cover every channel whose gradient its producer needs.
  public func slice(_ range: Range<Int>, of x: Tensor) -> Tensor {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= x.channels,
      "channels \(range) of a tensor with \(x.channels)")
    var slot = Slot()
    slot.parent = x.slot
    slot.position = slots[x.slot].position
    slots.append(slot)
    slots[x.slot].unwrittenViews += 1
    slots[x.slot].hasViews = true
    return Tensor(
      batch: x.batch, length: x.length, channels: range.count, rowStride: x.rowStride,
      values: x.values + range.lowerBound, gradient: x.gradient + range.lowerBound,
      slot: slots.count - 1)
  }

  /// Records how to go back through an operation.
  func record<Operation: RecordedOperation>(_ operation: Operation) {
    guard differentiates else { return }
    let address = arena.allocateBytes(MemoryLayout<Operation>.size)
    address.initializeMemory(as: Operation.self, to: operation)
    records.append(
      Record(type: Operation.self, address: address, position: gradients.position))
  }

  /// Whether the gradient of `x` already holds something, to which `backward` must add; if not, `backward`
  /// must assign every element. Each `backward` asks once per operand, before it writes.
  public func accumulates(_ x: Tensor) -> Bool {
    let written = slots[x.slot].written
    if !written {
      gradients.write(at: slots[x.slot].position)
      slots[x.slot].written = true
      if slots[x.slot].parent >= 0 { slots[slots[x.slot].parent].unwrittenViews -= 1 }
    }
    return written
  }

  /// The same as a matrix product's beta: 0 to assign, 1 to accumulate.
  public func beta(_ x: Tensor) -> Float { accumulates(x) ? 1 : 0 }

  /// Whether the gradient of an operation's result is complete: its consumers, or those of all its slices,
  /// have written it.
  func hasGradient(_ y: Tensor) -> Bool {
    let slot = slots[y.slot]
    return slot.written || (slot.hasViews && slot.unwrittenViews == 0)
  }

  /// Where `backward` puts the gradient of its operand x. Each `backward` asks once per operand.
  func gradientRows(of x: Tensor) -> GradientRows {
    GradientRows(x.gradientRows, accumulates: accumulates(x))
  }

  /// Goes back through every operation, last first. The caller writes the gradient of the final result before.
  /// Traps where an operation's result has no gradient.
  public func backward() {
    for record in records.reversed() {
      gradients.position = record.position
      record.type.backward(at: record.address, on: self)
    }
    gradients.finish()
    forgetRecords()
  }

  private func forgetRecords() {
    for record in records { record.type.destroy(at: record.address) }
    records.removeAll(keepingCapacity: true)
  }

  /// Forgets everything, for the next microbatch. Passes with the same key record the same operations on the
  /// same shapes; after the first of them, activations' gradients share memory.
  public func reset(shapeKey: ShapeKey? = nil) {
    forgetRecords()
    slots.removeAll(keepingCapacity: true)
    dropout?.sites = 0
    arena.reset()
    gradients.reset(shapeKey: shapeKey, in: arena)
  }
}
