import Autodiff

extension OperationChecks {
  /// (batch, length, channels)
  private static let directionSizes = [(1, 1, 1), (1, 2, 16), (3, 7, 17), (2, 33, 5)]

  static let directionsChecks = directionSizes.flatMap { size in
    [
      bothDirections(size), sharedDirections(size), sameTensor(size), separate(size),
      sideBySide(size),
    ]
      + [false, true].map { join(size, delayed: $0) }
  }

  /// Rows [batch, length, channels] of each example from the last to the first.
  private static func flipped(
    _ x: [Double], _ size: (batch: Int, length: Int, channels: Int)
  ) -> [Double] {
    (0..<size.batch).flatMap { example in
      (0..<size.length).reversed().flatMap {
        x.row(example * size.length + $0, of: size.channels)
      }
    }
  }

  private static func bothDirections(
    _ size: (batch: Int, length: Int, channels: Int)
  ) -> OperationCheck {
    let x = OperationCheck.Activation(size.batch, size.length, size.channels)
    return OperationCheck("both directions \(size)", activations: [x, x]) { tape, x, _ in
      [tape.bothDirections(x[0], x[1])]
    } reference: { x, _ in
      [x[0] + flipped(x[1], size)]
    }
  }

  /// All examples share the rows.
  private static func sharedDirections(
    _ size: (batch: Int, length: Int, channels: Int)
  ) -> OperationCheck {
    let x = OperationCheck.Activation(1, size.length, size.channels)
    return OperationCheck("both directions of shared rows \(size)", activations: [x, x]) {
      tape, x, _ in
      [tape.bothDirections(x[0], x[1], batch: size.batch)]
    } reference: { x, _ in
      let backward = flipped(x[1], (1, size.length, size.channels))
      let copies = { (x: [Double]) in (0..<size.batch).flatMap { _ in x } }
      return [copies(x[0]) + copies(backward)]
    }
  }

  /// One tensor in both directions, and beside itself.
  private static func sameTensor(
    _ size: (batch: Int, length: Int, channels: Int)
  ) -> OperationCheck {
    let x = OperationCheck.Activation(size.batch, size.length, size.channels)
    return OperationCheck("one tensor in both directions \(size)", activations: [x]) {
      tape, x, _ in
      [tape.bothDirections(x[0], x[0]), tape.sideBySide(x[0], x[0])]
    } reference: { x, _ in
      let rows = (0..<size.batch * size.length).map { x[0].row($0, of: size.channels) }
      return [x[0] + flipped(x[0], size), rows.flatMap { $0 + $0 }]
    }
  }

  private static func separate(
    _ size: (batch: Int, length: Int, channels: Int)
  ) -> OperationCheck {
    let count = size.batch * size.length * size.channels
    return OperationCheck(
      "separate directions \(size)",
      activations: [.init(2 * size.batch, size.length, size.channels)]
    ) { tape, x, _ in
      [tape.separateDirections(x[0])]
    } reference: { x, _ in
      let (forward, backward) = (Array(x[0][..<count]), flipped(Array(x[0][count...]), size))
      return [
        (0..<size.batch * size.length).flatMap {
          forward.row($0, of: size.channels) + backward.row($0, of: size.channels)
        }
      ]
    }
  }

  private static func sideBySide(
    _ size: (batch: Int, length: Int, channels: Int)
  ) -> OperationCheck {
    OperationCheck(
      "side by side \(size)",
      activations: [
        .init(size.batch, size.length, size.channels), .init(size.batch, size.length, 3),
      ]
    ) { tape, x, _ in
      [tape.sideBySide(x[0], x[1])]
    } reference: { x, _ in
      [
        (0..<size.batch * size.length).flatMap {
          x[0].row($0, of: size.channels) + x[1].row($0, of: 3)
        }
      ]
    }
  }

  private static func join(
    _ size: (batch: Int, length: Int, channels: Int), delayed: Bool
  ) -> OperationCheck {
    let (length, channels) = (size.length, size.channels)
    let count = size.batch * length * channels
    return OperationCheck(
      "joined directions \(size)\(delayed ? ", delayed" : "")",
      activations: [.init(2 * size.batch, length, channels)]
    ) { tape, x, _ in
      [tape.joinDirections(x[0], delayed: delayed)]
    } reference: { x, _ in
      let (forward, backward) = (Array(x[0][..<count]), flipped(Array(x[0][count...]), size))
      func row(_ x: [Double], _ example: Int, _ token: Int) -> [Double] {
        (0..<length).contains(token)
          ? x.row(example * length + token, of: channels) : .init(repeating: 0, count: channels)
      }
      let delay = delayed ? 1 : 0
      return [
        (0..<size.batch).flatMap { example in
          (0..<length).flatMap {
            zip(row(forward, example, $0 - delay), row(backward, example, $0 + delay)).map(+)
          }
        }
      ]
    }
  }

  static let headProductChecks = [(1, 1, 1, 1), (3, 7, 2, 5), (2, 33, 3, 16)].map {
    batch, length, heads, width in
    let x = OperationCheck.Activation(batch, length, heads * width)
    return OperationCheck(
      "head product \(batch)×\(length), \(heads) heads of \(width)",
      activations: [x, .init(batch, length, heads), x]
    ) { tape, x, _ in
      [tape.headProduct(x[0], factors: x[1], adding: x[2])]
    } reference: { x, _ in
      [
        (0..<batch * length).flatMap {
          TokenStep.headProduct(
            x[0].row($0, of: heads * width), factors: x[1].row($0, of: heads),
            adding: x[2].row($0, of: heads * width))
        }
      ]
    }
  }
}
