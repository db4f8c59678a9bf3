import Autodiff

/// The rows of x [rows, width], row major, for a reference.
func selectedRows(_ rows: [Int], of x: [Double], width: Int) -> [Double] {
  rows.flatMap { row in Array(x[(row * width)..<((row + 1) * width)]) }
}

extension OperationChecks {
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
