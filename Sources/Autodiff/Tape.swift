import Kernels

/// A key for passes that record the same operations on the same shapes.
public struct ShapeKey: Hashable, Sendable {
  /// Sequences of a pass, and tokens of each.
  public let batch: Int, length: Int
  /// The number of rows that the last layer computes, or any number that determines it.
  public let outputRows: Int

  public init(batch: Int, length: Int, outputRows: Int) {
    (self.batch, self.length, self.outputRows) = (batch, length, outputRows)
  }
}

/// Records a forward pass and computes its gradients. Each thread has one tape and resets it for each microbatch.
///
/// Operations are methods (`Operations/`). Each computes its result; on a tape that differentiates it also records its
/// backward pass, a `RecordedOperation`. The first consumer that writes an activation's gradient assigns it, the
/// others add to it (`accumulates`). Gradients of parameters are always added to.
public final class Tape {
  /// The memory of activations, their gradients and scratch.
  public let arena: Arena
  private let parameterValues: UnsafePointer<Float>
  /// The buffer to which gradients of parameters are added. It may be changed between passes.
  public var parameterGradients: UnsafeMutablePointer<Float>?
  private var records: [Record] = []
  private var slots: [Slot] = []
  private var gradients = GradientRing()

  /// Tensors that were made before the pass, which `shared` finds.
  public var sharedTensors: [SharedTensor] = []

  /// The random numbers of dropout; nil turns dropout off.
  public var dropout: DropoutStream?

  /// A recorded operation, which is stored in the arena.
  private struct Record {
    let type: any RecordedOperation.Type
    let address: UnsafeMutableRawPointer
    /// The gradient ring's position after the gradients of the operation's results.
    let position: Int
  }

  /// The state of one tensor's gradient.
  private struct Slot {
    var written = false
    /// The slot of the tensor that this one is a slice of, or −1.
    var parent = -1
    /// The start of the gradient in the gradient ring.
    var position = 0
    /// Number of slices whose gradient has not been written yet.
    var unwrittenViews = 0
    var hasViews = false
  }

  /// A tape for the parameters in one flat buffer. With `gradients`, a buffer of the same layout, it differentiates.
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

  /// The parameter's gradient, to which operations add. Only for tapes that differentiate.
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

  /// A shared tensor on this tape. Its gradient counts as written, so that every consumer adds to it.
  func view(of shared: SharedTensor) -> Tensor {
    var slot = Slot()
    slot.written = true
    slots.append(slot)
    return Tensor(
      batch: 1, length: shared.length, channels: shared.channels, rowStride: shared.rowStride,
      values: shared.values, gradient: shared.gradient, slot: slots.count - 1)
  }

  /// An activation [x.batch, x.length, channels] with the same value everywhere, for operands that are not learned. Its
  /// gradient is written but not used.
  public func constant(_ value: Float, channels: Int, like x: Tensor) -> Tensor {
    let constant = tensor(batch: x.batch, length: x.length, channels: channels)
    constant.values.update(repeating: value, count: constant.rows * channels)
    return constant
  }

  /// Some channels of a tensor as a tensor, without a copy. Slices of one tensor must not overlap, and together they
  /// must cover every channel whose gradient the tensor's producer needs. A slice may be sliced again.
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

  /// Rounds the result of an operation, if this thread rounds values.
  func complete(_ y: Tensor) {
    Kernels.roundValues(y.rows, y.channels, y.valueRows)
  }

  /// Records the backward pass of an operation whose result has been computed.
  func record<Operation: RecordedOperation>(_ operation: Operation) {
    if Operation.roundsResult { complete(operation.result) }
    guard differentiates else { return }
    let address = arena.allocateBytes(MemoryLayout<Operation>.size)
    address.initializeMemory(as: Operation.self, to: operation)
    records.append(
      Record(type: Operation.self, address: address, position: gradients.position))
  }

  /// Whether another consumer has already written the gradient of `x`. If so, `backward` must add to it, otherwise
  /// assign every element. Each `backward` must call this once per operand, before it writes.
  public func accumulates(_ x: Tensor) -> Bool {
    let written = slots[x.slot].written
    if !written {
      gradients.write(at: slots[x.slot].position)
      markWritten(x.slot)
    }
    return written
  }

  /// A slice whose own slices are all written is written, too.
  private func markWritten(_ slot: Int) {
    slots[slot].written = true
    let parent = slots[slot].parent
    guard parent >= 0 else { return }
    slots[parent].unwrittenViews -= 1
    if slots[parent].unwrittenViews == 0, slots[parent].parent >= 0, !slots[parent].written {
      markWritten(parent)
    }
  }

  /// The same as the factor beta of a matrix product: 0 to assign, 1 to add.
  public func beta(_ x: Tensor) -> Float { accumulates(x) ? 1 : 0 }

  /// Whether consumers of an operation's result, or of all its slices, have written its gradient.
  func hasGradient(_ y: Tensor) -> Bool {
    let slot = slots[y.slot]
    return slot.written || (slot.hasViews && slot.unwrittenViews == 0)
  }

  /// The rows for the gradient of operand x, and whether to add to them. Each `backward` must call this once per
  /// operand.
  func gradientRows(of x: Tensor) -> GradientRows {
    GradientRows(x.gradientRows, accumulates: accumulates(x))
  }

  /// Runs the backward pass of every operation, last first. Before that the caller writes the gradient of the final
  /// result. Traps if an operation's result has no gradient.
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

  /// Removes all records and activations, for the next microbatch. Passes with the same key must record the same
  /// operations on the same shapes; from the second on, gradients of activations share memory.
  public func reset(shapeKey: ShapeKey? = nil) {
    forgetRecords()
    slots.removeAll(keepingCapacity: true)
    dropout?.sites = 0
    arena.reset()
    gradients.reset(shapeKey: shapeKey, in: arena)
  }
}
