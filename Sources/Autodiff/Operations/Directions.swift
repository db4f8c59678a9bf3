import Kernels

extension Tape {
  /// x, and then y from its last token to its first, as examples of one batch: x, y [batch, length, channels] →
  /// [2 batch, length, channels]. x and y may be the same tensor. If they have one example, all of `batch` share it.
  public func bothDirections(_ x: Tensor, _ y: Tensor, batch: Int? = nil) -> Tensor {
    precondition(
      x.channels == y.channels && x.rows == y.rows
        && (x.batch == (batch ?? x.batch) || x.batch == 1),
      "both directions of [\(x.rows), \(x.channels)] and [\(y.rows), \(y.channels)]")
    let examples = batch ?? x.batch
    return rearrange(
      RowMove(x: x, examples: examples),
      RowMove(x: y, examples: examples, target: examples, isReversed: true),
      into: tensor(batch: 2 * examples, length: x.length, channels: x.channels))
  }

  /// The sum of both directions' results z [2 batch, length, channels], which `bothDirections` had as its operands:
  /// y_t = f_t + b_t, or with `delayed` y_t = f_{t−1} + b_{t+1}, 0 where there is none.
  public func joinDirections(_ z: Tensor, delayed: Bool) -> Tensor {
    let examples = z.batch / 2
    let delay = delayed ? 1 : 0
    return rearrange(
      RowMove(x: z, examples: examples, delay: delay),
      RowMove(
        x: z, source: examples, examples: examples, isReversed: true, delay: delay, adds: true),
      into: tensor(batch: examples, length: z.length, channels: z.channels))
  }

  /// Both directions' results side by side: [2 batch, length, channels] → [batch, length, 2 channels], each token with
  /// its own.
  public func separateDirections(_ z: Tensor) -> Tensor {
    let examples = z.batch / 2
    return rearrange(
      RowMove(x: z, examples: examples),
      RowMove(
        x: z, source: examples, examples: examples, column: z.channels, isReversed: true),
      into: tensor(batch: examples, length: z.length, channels: 2 * z.channels))
  }

  /// The channels of x, then those of y, which may be the same tensor.
  public func sideBySide(_ x: Tensor, _ y: Tensor) -> Tensor {
    precondition(x.rows == y.rows, "\(x.rows) rows beside \(y.rows)")
    return rearrange(
      RowMove(x: x, examples: x.batch),
      RowMove(x: y, examples: x.batch, column: x.channels),
      into: tensor(batch: x.batch, length: x.length, channels: x.channels + y.channels))
  }

  private func rearrange(_ first: RowMove, _ second: RowMove, into y: Tensor) -> Tensor {
    first.forward(into: y)
    second.forward(into: y)
    record(Directions(first: first, second: second, result: y))
    return y
  }
}

/// Rows of x that are copied, or added, to rows of a result.
private struct RowMove {
  let x: Tensor
  /// The first example of x that is read.
  var source = 0
  /// Examples of the result.
  let examples: Int
  /// The first example of the result that is written, and the first channel.
  var target = 0, column = 0
  /// Whether token t of x belongs to token length − 1 − t of the result.
  var isReversed = false
  /// Tokens of x by which a row comes later in the result's order of x.
  var delay = 0
  /// Whether rows are added to what another move wrote.
  var adds = false

  /// Whether all examples of the result have the same rows of x.
  private var isShared: Bool { x.batch == 1 && examples > 1 }

  private func row(_ example: Int, _ token: Int) -> Int {
    (source + (isShared ? 0 : example)) * x.length + token
  }

  /// The row of the result for a token of x; nil if there is none.
  private func targetRow(_ example: Int, _ token: Int) -> Int? {
    let later = token + delay
    guard later < x.length else { return nil }
    return (target + example) * x.length + (isReversed ? x.length - 1 - later : later)
  }

  func forward(into y: Tensor) {
    for example in 0..<examples {
      for token in 0..<delay where !adds && token < x.length {
        let first = (target + example) * x.length + (isReversed ? x.length - 1 - token : token)
        (y.values + first * y.rowStride + column).update(repeating: 0, count: x.channels)
      }
      for token in 0..<x.length {
        guard let target = targetRow(example, token) else { continue }
        put(
          x.values + row(example, token) * x.rowStride, y.values + target * y.rowStride + column,
          adds: adds)
      }
    }
  }

  func backward(from y: Tensor, accumulates: Bool) {
    for example in 0..<examples {
      let accumulates = accumulates || (isShared && example > 0)
      for token in 0..<x.length {
        let to = x.gradient + row(example, token) * x.rowStride
        if let target = targetRow(example, token) {
          put(y.gradient + target * y.rowStride + column, to, adds: accumulates)
        } else if !accumulates {
          to.update(repeating: 0, count: x.channels)
        }
      }
    }
  }

  private func put(
    _ from: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>, adds: Bool
  ) {
    if adds {
      Kernels.add(x.channels, from, to: to)
    } else {
      to.update(from: from, count: x.channels)
    }
  }
}

private struct Directions: RecordedOperation {
  let first: RowMove, second: RowMove
  let result: Tensor

  func backward(on tape: Tape) {
    let accumulates = tape.accumulates(first.x)
    first.backward(from: result, accumulates: accumulates)
    // Of one tensor, both moves read other examples, or the same ones twice.
    let isOtherPart = first.x.slot == second.x.slot && first.source != second.source
    second.backward(
      from: result, accumulates: isOtherPart ? accumulates : tape.accumulates(second.x))
  }
}
