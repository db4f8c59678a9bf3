/// The way back through one use of an operation, with the operands that it needs.
///
/// A value on the tape, in the arena; a closure in its place would ask the heap for memory each time.
protocol RecordedOperation {
  /// Its gradient is complete when `backward` is called.
  var result: Tensor { get }
  /// Turns the gradient of the result into those of the operands.
  func backward(on tape: Tape)
}

extension RecordedOperation {
  static func backward(at address: UnsafeMutableRawPointer, on tape: Tape) {
    let operation = address.assumingMemoryBound(to: Self.self)
    precondition(
      tape.hasGradient(operation.pointee.result), "\(Self.self): nothing gave its result a gradient"
    )
    operation.pointee.backward(on: tape)
  }

  static func destroy(at address: UnsafeMutableRawPointer) {
    address.assumingMemoryBound(to: Self.self).deinitialize(count: 1)
  }
}
