import Kernels

extension Tape {
  /// y [1, rows, channels] = the selected rows of x [batch, length, channels].
  public func gather(_ selection: PositionSelection, of x: Tensor) -> Tensor {
    let y = tensor(batch: 1, length: selection.count, channels: x.channels)
    for (index, row) in selection.rows.enumerated() {
      (y.values + index * y.rowStride).update(
        from: x.values + Int(row) * x.rowStride, count: x.channels)
    }
    record(Gather(x: x, rows: selection.rows, result: y))
    return y
  }

  /// Puts gradients of some rows [rows, channels] into that of x; other rows get none.
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

// MARK: - Checks

extension PositionSelection {
  /// Every `step`th row from `first` on.
  static func every(_ step: Int, from first: Int = 0, batch: Int, length: Int, on tape: Tape)
    -> PositionSelection
  {
    let count = (batch * length - first + step - 1) / step
    let rows = tape.arena.allocate(count, of: Int32.self)
    for index in 0..<count { rows[index] = Int32(first + index * step) }
    return PositionSelection(UnsafeBufferPointer(start: rows, count: count), length: length)
  }
}

/// The rows of x [rows, width], row major, for a reference.
func selectedRows(_ rows: [Int], of x: [Double], width: Int) -> [Double] {
  rows.flatMap { row in Array(x[(row * width)..<((row + 1) * width)]) }
}

extension OperationCatalog {
  /// (batch, length, channels, every how many rows one is selected, from which on)
  private static let gatherSizes = [
    (1, 1, 1, 1, 0), (3, 7, 16, 2, 0), (1, 16, 17, 3, 15), (2, 33, 64, 40, 1), (2, 5, 3, 1, 0),
  ]

  static let gatherChecks: [OperationCheck] = gatherSizes.map { size in
    let (batch, length, channels, step, first) = size
    let rows = Array(stride(from: first, to: batch * length, by: step))
    return OperationCheck(
      "gather of \(batch)×\(length)×\(channels), every \(step) from \(first)",
      activations: [.init(batch, length, channels)]
    ) { tape, x, _ in
      [tape.gather(.every(step, from: first, batch: batch, length: length, on: tape), of: x[0])]
    } reference: { x, _ in
      [selectedRows(rows, of: x[0], width: channels)]
    }
  }
}
