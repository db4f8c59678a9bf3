import Kernels

extension Tape {
  /// y = x + (z − x) ⊙ w; x, z, w, y [batch, length, channels].
  public func interpolate(_ x: Tensor, _ z: Tensor, by w: Tensor) -> Tensor {
    precondition(
      w.channels == x.channels && w.rows == x.rows, "[\(w.rows), \(w.channels)] weights")
    return interpolate(x, z, weights: w.valueRows, .tensor(w))
  }

  /// The same with one weight per channel, w [channels].
  public func interpolate(_ x: Tensor, _ z: Tensor, by w: Parameter) -> Tensor {
    precondition(w.count == x.channels, "\(w.count) weights of \(x.channels) channels")
    return interpolate(
      x, z, weights: Rows(UnsafeMutablePointer(mutating: values(of: w)), stride: 0), .parameter(w))
  }

  private func interpolate(
    _ x: Tensor, _ z: Tensor, weights: Rows, _ source: Interpolation.Weights
  ) -> Tensor {
    precondition(
      z.channels == x.channels && z.rows == x.rows && z.slot != x.slot,
      "from [\(x.rows), \(x.channels)] to [\(z.rows), \(z.channels)]")
    let y = tensor(batch: x.batch, length: x.length, channels: x.channels)
    Kernels.interpolate(
      x.rows, x.channels, x.valueRows, z.valueRows, by: weights, into: y.valueRows)
    record(Interpolation(x: x, z: z, weights: weights, source: source, result: y))
    return y
  }
}

private struct Interpolation: RecordedOperation {
  enum Weights {
    case tensor(Tensor)
    case parameter(Parameter)
  }

  let x: Tensor, z: Tensor
  let weights: Rows
  let source: Weights
  let result: Tensor

  func backward(on tape: Tape) {
    let target =
      switch source {
      case .tensor(let w): tape.gradientRows(of: w)
      case .parameter(let w):
        GradientRows(Rows(tape.gradient(of: w), stride: 0), accumulates: true)
      }
    Kernels.interpolateBackward(
      x.rows, x.channels, x.valueRows, z.valueRows, by: weights, dy: result.gradientRows,
      dx: tape.gradientRows(of: x), dz: tape.gradientRows(of: z), dw: target)
  }
}

extension TokenStep {
  /// x + (z − x) ⊙ w.
  public static func interpolate(_ x: [Double], _ z: [Double], by w: [Double]) -> [Double] {
    x.indices.map { x[$0] + (z[$0] - x[$0]) * w[$0] }
  }
}
