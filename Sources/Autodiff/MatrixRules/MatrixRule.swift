import Kernels

/// How the rows of a mixing matrix are made, and how their gradient goes back to what they are made of.
protocol MatrixRule {
  /// Tables for one matrix, in scratch memory.
  associatedtype Scratch
  /// Whether each example has a matrix of its own.
  var isPerExample: Bool { get }
  /// Whether the matrix has operands with gradients.
  var isTrained: Bool { get }
  /// Whether making rows takes longer than reading them.
  var isWorthSaving: Bool { get }

  /// Tells the tape that the operands' gradients are written, and sets them to 0 if nothing was written before.
  func clearGradients(on tape: Tape)

  /// The tables of the matrix of an example and head; for the backward pass also gradients of tables, set to 0.
  func prepare(
    _ example: Int, _ head: Int, _ length: Int, forGradient: Bool, on tape: Tape
  ) -> Scratch

  /// Makes some rows of the matrix. m starts with the first of them.
  func make(_ rows: Range<Int>, _ scratch: Scratch, into m: Rows)

  /// From the gradient of some rows. dm may be changed; its rows are as far apart as those of m.
  func addGradients(_ rows: Range<Int>, _ scratch: Scratch, m: Rows, dm: Rows, on tape: Tape)

  /// Adds the gradients of tables to those of the operands.
  func finish(_ scratch: Scratch, _ example: Int, _ head: Int, _ length: Int, on tape: Tape)
}

extension Tape {
  /// Sets the gradient of x to 0 if nobody has written it, so that all parts of it can be added to.
  func clearGradient(of x: Tensor) {
    guard !accumulates(x) else { return }
    for row in 0..<x.rows {
      (x.gradient + row * x.rowStride).update(repeating: 0, count: x.channels)
    }
  }

  /// Zeros in scratch memory.
  func zeros(_ count: Int) -> UnsafeMutablePointer<Float> {
    let values = arena.allocate(count)
    values.update(repeating: 0, count: count)
    return values
  }
}

/// Queries and keys of heads [batch, length, heads · m].
struct QueriesKeys {
  let q: Tensor, k: Tensor
  let heads: Int

  var rank: Int { q.channels / heads }
  var isPerExample: Bool { q.batch > 1 }

  /// A head's block of an example [length, m].
  func block(_ rows: Rows, _ example: Int, _ head: Int) -> Rows {
    rows.block((isPerExample ? example : 0) * q.length, column: head * rank)
  }

  /// factor · x, without gaps [length, m].
  func copy(_ x: Rows, factor: Float, on tape: Tape) -> UnsafeMutablePointer<Float> {
    let copy = tape.arena.allocate(q.length * rank)
    for row in 0..<q.length {
      for i in 0..<rank { copy[row * rank + i] = factor * x.values[row * x.stride + i] }
    }
    return copy
  }
}

/// A rule that makes a matrix of queries and keys.
protocol QueryKeyRule: MatrixRule {
  var operands: QueriesKeys { get }
}

extension QueryKeyRule {
  var isPerExample: Bool { operands.isPerExample }
  var isTrained: Bool { true }
  var isWorthSaving: Bool { true }
  /// m
  var rank: Int { operands.rank }

  func clearGradients(on tape: Tape) {
    tape.clearGradient(of: operands.q)
    tape.clearGradient(of: operands.k)
  }
}
