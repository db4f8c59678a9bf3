import Kernels

extension Tape {
  /// Copies the selected rows of x [batch, length, channels] to y [1, rows, channels].
  public func gather(_ selection: PositionSelection, of x: Tensor) -> Tensor {
    let y = tensor(batch: 1, length: selection.count, channels: x.channels)
    for (index, row) in selection.rows.enumerated() {
      (y.values + index * y.rowStride).update(
        from: x.values + Int(row) * x.rowStride, count: x.channels)
    }
    record(Gather(x: x, rows: selection.rows, result: y))
    return y
  }

  /// Writes gradients of some rows [rows, channels] into the gradient of x, or adds them to it; that of other rows is 0
  /// or stays.
  func scatter(_ gradient: Rows, to rows: UnsafeBufferPointer<Int32>, of x: Tensor) {
    let target = gradientRows(of: x)
    var next = 0
    for (index, row) in rows.enumerated() {
      let (from, to) = (gradient.values + index * gradient.stride, target.row(Int(row)))
      if target.accumulates {
        Kernels.add(x.channels, from, to: to)
      } else {
        target.clear(next..<Int(row), channels: x.channels)
        to.update(from: from, count: x.channels)
        next = Int(row) + 1
      }
    }
    if !target.accumulates { target.clear(next..<x.rows, channels: x.channels) }
  }
}

extension GradientRows {
  fileprivate func row(_ row: Int) -> UnsafeMutablePointer<Float> {
    rows.values + row * rows.stride
  }

  fileprivate func clear(_ range: Range<Int>, channels: Int) {
    for index in range { row(index).update(repeating: 0, count: channels) }
  }
}

private struct Gather: RecordedOperation {
  let x: Tensor
  let rows: UnsafeBufferPointer<Int32>
  let result: Tensor

  /// y_i = x_row(i)  →  dx_row(i) = dy_i
  func backward(on tape: Tape) { tape.scatter(result.gradientRows, to: rows, of: x) }
}
