import Kernels

/// How a length of nearly 0 is divided by.
public enum LengthGuard: Sendable {
  /// √(Σ u² + epsilon).
  case epsilon(Float)
  /// max(√Σ u², floor).
  case floor(Float)
}

extension Tape {
  /// y = scale · u / ‖u‖ per head, with u = x, or x ⊙ weight: x, y [batch, length, channels], weight [channels].
  public func unitNorm(
    _ x: Tensor, heads: Int, weight: Parameter? = nil, scale: Float = 1,
    guard lengthGuard: LengthGuard = .epsilon(1e-6)
  ) -> Tensor {
    precondition(
      heads > 0 && x.channels % heads == 0 && (weight?.count ?? x.channels) == x.channels,
      "\(heads) heads of \(x.channels) channels with \(weight?.count ?? 0) weights")
    let y = tensor(batch: x.batch, length: x.length, channels: x.channels)
    let start = arena.mark
    let operation = UnitNormOperation(
      x: x, heads: heads, weight: weight, scale: scale, lengthGuard: lengthGuard,
      inverse: arena.allocate(heads * x.rows), result: y)
    operation.forward(on: self)
    if !differentiates { arena.release(to: start) }
    record(operation)
    return y
  }
}

private struct UnitNormOperation: RecordedOperation {
  let x: Tensor
  let heads: Int
  let weight: Parameter?
  let scale: Float
  let lengthGuard: LengthGuard
  let inverse: UnsafeMutablePointer<Float>  // [head, row]
  let result: Tensor

  private var width: Int { x.channels / heads }

  private func kernel(_ head: Int, on tape: Tape) -> UnitNorm {
    let (epsilon, floor): (Float, Float) =
      switch lengthGuard {
      case .epsilon(let epsilon): (epsilon, 0)
      case .floor(let floor): (0, floor)
      }
    return UnitNorm(
      rows: x.rows, columns: width, x: x.valueRows.block(0, column: head * width),
      weight: weight.map { tape.values(of: $0) + head * width }, epsilon: epsilon, floor: floor,
      scale: scale, inverse: inverse + head * x.rows)
  }

  func forward(on tape: Tape) {
    for head in 0..<heads {
      kernel(head, on: tape).forward(into: result.valueRows.block(0, column: head * width))
    }
  }

  func backward(on tape: Tape) {
    let target = tape.gradientRows(of: x)
    for head in 0..<heads {
      kernel(head, on: tape).backward(
        dy: result.gradientRows.block(0, column: head * width),
        dx: target.columns(from: head * width),
        weightGradient: weight.map { tape.gradient(of: $0) + head * width })
    }
  }
}

extension GradientRows {
  /// From this column on.
  func columns(from column: Int) -> GradientRows {
    GradientRows(rows.block(0, column: column), accumulates: accumulates)
  }
}

extension TokenStep {
  /// scale · u / ‖u‖ per head, with u = x ⊙ weight, or x without one.
  public static func unitNorm(
    _ x: [Double], heads: Int, weight: [Double]? = nil, scale: Double = 1,
    guard lengthGuard: LengthGuard = .epsilon(1e-6)
  ) -> [Double] {
    let (width, u) = (x.count / heads, weight.map { zip(x, $0).map(*) } ?? x)
    return (0..<heads).flatMap { head in
      let u = u[head * width..<(head + 1) * width]
      let squares = dot(u, u)
      let length =
        switch lengthGuard {
        case .epsilon(let epsilon): (squares + Double(epsilon)).squareRoot()
        case .floor(let floor): max(squares.squareRoot(), Double(floor))
        }
      return u.map { scale * $0 / length }
    }
  }
}
