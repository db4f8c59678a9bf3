import Autodiff

extension LanguageModel {
  /// How many sixteenths of a pass's positions go through the last block: those with labels, and as many others as
  /// make it a whole number of sixteenths, so that passes come in few kinds. 16 where leaving out the rest would not pay.
  ///
  /// Passes of the same shape and with the same sixteenths do the same operations on the same shapes.
  public static func sixteenthsOfLastBlock(labelled: Int, of positions: Int) -> Int {
    let unit = rowsOfSixteenth(positions)
    let sixteenths = max(1, (labelled + unit - 1) / unit)
    return sixteenths <= 12 && sixteenths * unit < positions ? sixteenths : 16
  }
}

private func rowsOfSixteenth(_ count: Int) -> Int { (count + 15) / 16 }

extension Tape {
  /// The rows that the last block goes on with; nil: all. Labels [batch, time].
  func labelledRows(_ labels: UnsafePointer<Int32>, batch: Int, time: Int) -> PositionSelection? {
    let count = batch * time
    let labelled = (0..<count).reduce(0) { $0 + (labels[$1] >= 0 ? 1 : 0) }
    let sixteenths = LanguageModel.sixteenthsOfLastBlock(labelled: labelled, of: count)
    guard sixteenths < 16 else { return nil }
    let wanted = sixteenths * rowsOfSixteenth(count)
    let rows = arena.allocate(wanted, of: Int32.self)
    // The first rows without a label are the cheapest.
    var (next, others) = (0, wanted - labelled)
    for row in 0..<count where labels[row] >= 0 || others > 0 {
      if labels[row] < 0 { others -= 1 }
      rows[next] = Int32(row)
      next += 1
    }
    return PositionSelection(UnsafeBufferPointer(start: rows, count: wanted), length: time)
  }

  /// The labels of selected rows, in order.
  func labels(of selection: PositionSelection, _ labels: UnsafePointer<Int32>) -> UnsafePointer<
    Int32
  > {
    let chosen = arena.allocate(selection.count, of: Int32.self)
    for (index, row) in selection.rows.enumerated() { chosen[index] = labels[Int(row)] }
    return UnsafePointer(chosen)
  }
}
