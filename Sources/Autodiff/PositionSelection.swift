/// Some rows of activations [batch, length], in ascending order.
public struct PositionSelection {
  /// The number of each row: example · length + position.
  public let rows: UnsafeBufferPointer<Int32>
  public let length: Int

  /// `rows` must stay valid until the backward pass is over.
  public init(_ rows: UnsafeBufferPointer<Int32>, length: Int) {
    self.rows = rows
    self.length = length
  }

  public var count: Int { rows.count }

  /// The position of selected row `index` in its example.
  func position(_ index: Int) -> Int { Int(rows[index]) % length }

  /// The index after the example's last selected row; `start` is the index of its first.
  func end(ofExample example: Int, from start: Int) -> Int {
    var end = start
    while end < count, Int(rows[end]) < (example + 1) * length { end += 1 }
    return end
  }

  /// Every `step`-th row of a batch, from row `first` on.
  package static func every(
    _ step: Int, from first: Int = 0, batch: Int, length: Int, on tape: Tape
  ) -> PositionSelection {
    let count = (batch * length - first + step - 1) / step
    let rows = tape.arena.allocate(count, of: Int32.self)
    for index in 0..<count { rows[index] = Int32(first + index * step) }
    return PositionSelection(UnsafeBufferPointer(start: rows, count: count), length: length)
  }
}
