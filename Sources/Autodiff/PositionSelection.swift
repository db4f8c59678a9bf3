/// Some rows of activations [batch, length], in order.
public struct PositionSelection {
  /// example · length + position of each; ascending.
  public let rows: UnsafeBufferPointer<Int32>
  public let length: Int

  /// `rows` must stay valid until the backward pass is over.
  public init(_ rows: UnsafeBufferPointer<Int32>, length: Int) {
    self.rows = rows
    self.length = length
  }

  public var count: Int { rows.count }

  /// Where the row stands in its example.
  func position(_ index: Int) -> Int { Int(rows[index]) % length }

  /// The index after an example's last row, if its first is `start`.
  func end(ofExample example: Int, from start: Int) -> Int {
    var end = start
    while end < count, Int(rows[end]) < (example + 1) * length { end += 1 }
    return end
  }
}
