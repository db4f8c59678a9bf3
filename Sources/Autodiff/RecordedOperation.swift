import Kernels

/// The backward pass of one use of an operation, with the operands that it needs.
///
/// It is stored in the arena. A closure would allocate heap memory for each use.
protocol RecordedOperation {
  /// Whether the result and its gradient are rounded where a thread rounds values. They are not along the residual stream, and
  /// for the loss and log-decays.
  static var roundsResult: Bool { get }
  /// The result, whose gradient is complete when `backward` is called.
  var result: Tensor { get }
  /// Computes the gradients of the operands from that of the result.
  func backward(on tape: Tape)
}

extension RecordedOperation {
  static var roundsResult: Bool { true }

  static func backward(at address: UnsafeMutableRawPointer, on tape: Tape) {
    let operation = address.assumingMemoryBound(to: Self.self)
    precondition(
      tape.hasGradient(operation.pointee.result), "\(Self.self): nothing gave its result a gradient"
    )
    if roundsResult {
      let y = operation.pointee.result
      Kernels.roundValues(y.rows, y.channels, y.gradientRows)
    }
    operation.pointee.backward(on: tape)
  }

  static func destroy(at address: UnsafeMutableRawPointer) {
    address.assumingMemoryBound(to: Self.self).deinitialize(count: 1)
  }
}
