import Foundation
import Kernels
import Synchronization

/// Cosines and sines of the angles t · 10000^(−2i/K), for positions t and pairs i of K channels. They are made when
/// they are first needed.
public final class RotaryTable: Sendable {
  public let length: Int, width: Int
  private let filled = Mutex<Table?>(nil)

  private struct Table: @unchecked Sendable {
    let values: UnsafeMutablePointer<Float>  // [length, 2, K / 2]
    var pointer: UnsafePointer<Float> { UnsafePointer(values) }
  }

  public init(length: Int, width: Int) {
    precondition(width % 2 == 0, "a rotation of \(width) channels")
    (self.length, self.width) = (length, width)
  }

  deinit { filled.withLock { $0?.values.deallocate() } }

  fileprivate var values: UnsafePointer<Float> {
    filled.withLock { table in
      let ready = table ?? Table(values: makeValues())
      table = ready
      return ready
    }.pointer
  }

  private func makeValues() -> UnsafeMutablePointer<Float> {
    let values = UnsafeMutablePointer<Float>.allocate(capacity: max(1, length * width))
    for position in 0..<length {
      for pair in 0..<width / 2 {
        let angle = Self.angle(position: position, pair: pair, width: width)
        values[position * width + pair] = Float(cos(angle))
        values[position * width + width / 2 + pair] = Float(sin(angle))
      }
    }
    return values
  }

  fileprivate static func angle(position: Int, pair: Int, width: Int) -> Double {
    Double(position) * pow(10000, -2 * Double(pair) / Double(width))
  }
}

extension Tape {
  /// Channels i and i + K/2 of each head turn by the angle of their position and i, times `scale`: x, y
  /// [batch, length, heads · K] (Su et al. 2021, in RetNet's and Llama's order of channels).
  public func rotary(_ x: Tensor, _ table: RotaryTable, scale: Float = 1) -> Tensor {
    precondition(
      x.channels % table.width == 0 && x.length <= table.length,
      "\(x.length) positions of \(x.channels) channels by a table [\(table.length), \(table.width)]"
    )
    let y = tensor(batch: x.batch, length: x.length, channels: x.channels)
    let operation = Rotary(x: x, table: table, scale: scale, result: y)
    operation.rotate(x.valueRows, into: GradientRows(y.valueRows, accumulates: false))
    record(operation)
    return y
  }
}

private struct Rotary: RecordedOperation {
  let x: Tensor
  let table: RotaryTable
  let scale: Float
  let result: Tensor

  func rotate(_ rows: Rows, backwards: Bool = false, into target: GradientRows) {
    let values = table.values
    for example in 0..<x.batch {
      for column in stride(from: 0, to: x.channels, by: table.width) {
        Kernels.rotate(
          x.length, half: table.width / 2, rows.block(example * x.length, column: column),
          table: values, backwards: backwards, scale: scale,
          into: GradientRows(
            target.rows.block(example * x.length, column: column),
            accumulates: target.accumulates))
      }
    }
  }

  /// A rotation's transpose turns back.
  func backward(on tape: Tape) {
    rotate(result.gradientRows, backwards: true, into: tape.gradientRows(of: x))
  }
}

extension TokenStep {
  /// Channels i and i + K/2 of each head turned by position · 10000^(−2i/K), times `scale`; x [heads · K].
  public static func rotary(
    _ x: [Double], position: Int, width: Int, scale: Double = 1
  ) -> [Double] {
    (0..<x.count / width).flatMap { head in
      let x = x.run(head, of: width)
      let pairs = (0..<width / 2).map { pair in
        let angle = RotaryTable.angle(position: position, pair: pair, width: width)
        let (a, b) = (x[pair], x[pair + width / 2])
        return (
          scale * (a * cos(angle) - b * sin(angle)), scale * (b * cos(angle) + a * sin(angle))
        )
      }
      return pairs.map(\.0) + pairs.map(\.1)
    }
  }
}
