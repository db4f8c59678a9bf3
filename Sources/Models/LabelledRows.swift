import Autodiff

extension LanguageModel {
  /// For how many sixteenths of a pass's rows the last layer computes outputs: enough for the rows with labels.
  /// Counting in sixteenths makes few kinds of passes. 16 stands for all rows, where leaving some out would save
  /// too little.
  ///
  /// Passes of equal shape and equal sixteenths do the same operations on the same shapes.
  public static func sixteenthsOfLastBlock(
    _ labels: UnsafePointer<Int32>, batch: Int, time: Int
  ) -> Int {
    let unit = rowsOfSixteenth(batch * time)
    let sixteenths = max(1, (labelledCount(labels, batch * time) + unit - 1) / unit)
    return sixteenths <= 12 && sixteenths * unit < batch * time ? sixteenths : 16
  }
}

private func rowsOfSixteenth(_ count: Int) -> Int { (count + 15) / 16 }

private func labelledCount(_ labels: UnsafePointer<Int32>, _ count: Int) -> Int {
  (0..<count).reduce(0) { $0 + (labels[$1] >= 0 ? 1 : 0) }
}

extension Tape {
  /// The rows whose outputs the last layer computes: all with labels, and as many others as fill the last
  /// sixteenth; nil for all rows. Labels [batch, time].
  func labelledRows(_ labels: UnsafePointer<Int32>, batch: Int, time: Int) -> RowSelection? {
    let count = batch * time
    let sixteenths = LanguageModel.sixteenthsOfLastBlock(labels, batch: batch, time: time)
    guard sixteenths < 16 else { return nil }
    let wanted = sixteenths * rowsOfSixteenth(count)
    let rows = arena.allocate(wanted, of: Int32.self)
    // Of the rows without a label the first are the cheapest: they look back on the fewest tokens.
    var (next, others) = (0, wanted - labelledCount(labels, count))
    for row in 0..<count where labels[row] >= 0 || others > 0 {
      if labels[row] < 0 { others -= 1 }
      rows[next] = Int32(row)
      next += 1
    }
    return RowSelection(UnsafeBufferPointer(start: rows, count: wanted), time: time)
  }

  /// The labels of selected rows, in order.
  func labels(of selection: RowSelection, _ labels: UnsafePointer<Int32>) -> UnsafePointer<Int32> {
    let chosen = arena.allocate(selection.count, of: Int32.self)
    for (index, row) in selection.rows.enumerated() { chosen[index] = labels[Int(row)] }
    return UnsafePointer(chosen)
  }
}
