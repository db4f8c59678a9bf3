import Autodiff

extension LanguageModel {
  /// The share of a pass's positions for which the last layer computes outputs, in sixteenths. It is the smallest
  /// share that has room for all positions with a label; 16, all positions, where leaving some out saves too little.
  ///
  /// Passes of equal shape and equal share do the same operations on the same shapes. Sixteenths keep the number of
  /// different passes small, because memory is laid out once for each.
  public static func sixteenthsOfLastBlock(labelled: Int, of positions: Int) -> Int {
    let unit = rowsOfSixteenth(positions)
    let sixteenths = max(1, (labelled + unit - 1) / unit)
    return sixteenths <= 12 && sixteenths * unit < positions ? sixteenths : 16
  }
}

private func rowsOfSixteenth(_ count: Int) -> Int { (count + 15) / 16 }

extension Tape {
  /// The rows whose outputs the last layer computes: all rows with a label, and others until the sixteenths are
  /// full; nil for all rows. Labels [batch, length].
  func labelledRows(_ labels: UnsafePointer<Int32>, batch: Int, length: Int) -> PositionSelection? {
    let count = batch * length
    let labelled = (0..<count).reduce(0) { $0 + (labels[$1] >= 0 ? 1 : 0) }
    let sixteenths = LanguageModel.sixteenthsOfLastBlock(labelled: labelled, of: count)
    guard sixteenths < 16 else { return nil }
    let wanted = sixteenths * rowsOfSixteenth(count)
    let rows = arena.allocate(wanted, of: Int32.self)
    // The other rows are the first ones, which cost attention least because they see the fewest tokens.
    var (next, others) = (0, wanted - labelled)
    for row in 0..<count where labels[row] >= 0 || others > 0 {
      if labels[row] < 0 { others -= 1 }
      rows[next] = Int32(row)
      next += 1
    }
    return PositionSelection(UnsafeBufferPointer(start: rows, count: wanted), length: length)
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
