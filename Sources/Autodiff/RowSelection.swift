/// Some rows of activations [batch, time], in order.
public struct RowSelection {
  /// example · time + position of each; ascending.
  public let rows: UnsafeBufferPointer<Int32>
  public let time: Int

  /// `rows` must stay valid until the backward pass is over.
  public init(_ rows: UnsafeBufferPointer<Int32>, time: Int) {
    self.rows = rows
    self.time = time
  }

  public var count: Int { rows.count }

  /// Where the row stands in its example.
  func position(_ index: Int) -> Int { Int(rows[index]) % time }

  /// The index after an example's last row, if its first is `start`.
  func end(ofExample example: Int, from start: Int) -> Int {
    var end = start
    while end < count, Int(rows[end]) < (example + 1) * time { end += 1 }
    return end
  }
}
