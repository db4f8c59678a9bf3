import Kernels

extension Tape {
  /// y = (x − mean) / √(variance + epsilon) ⊙ weight + bias, mean and variance over each group of channels: x, y
  /// [batch, length, channels], weight, bias [channels] (Wu and He 2018, within one token).
  public func groupNorm(
    _ x: Tensor, groups: Int, weight: Parameter, bias: Parameter, epsilon: Float
  ) -> Tensor {
    precondition(
      groups > 0 && x.channels % groups == 0 && weight.count == x.channels
        && bias.count == x.channels,
      "norm of \(x.channels) channels in \(groups) groups by \(weight.count) weights")
    let y = tensor(batch: x.batch, length: x.length, channels: x.channels)
    let start = arena.mark
    let operation = GroupNorm(
      x: x, groups: groups, weight: weight, bias: bias, epsilon: epsilon,
      statistics: arena.allocate(2 * groups * x.rows), result: y)
    operation.forward(on: self)
    if !differentiates { arena.release(to: start) }
    record(operation)
    return y
  }
}

/// A layer norm of each group by itself.
private struct GroupNorm: RecordedOperation {
  let x: Tensor
  let groups: Int
  let weight: Parameter, bias: Parameter
  let epsilon: Float
  let statistics: UnsafeMutablePointer<Float>  // [group, row, 2]
  let result: Tensor

  private var width: Int { x.channels / groups }

  private func kernel(_ group: Int, on tape: Tape) -> ResidualNorm {
    ResidualNorm(
      rows: x.rows, channels: width, weight: tape.values(of: weight) + group * width,
      bias: tape.values(of: bias) + group * width, epsilon: epsilon,
      sum: x.valueRows.block(0, column: group * width),
      statistics: statistics + 2 * group * x.rows)
  }

  func forward(on tape: Tape) {
    for group in 0..<groups {
      let rows = x.valueRows.block(0, column: group * width)
      Kernels.residualNorm(
        kernel(group, on: tape), h: rows, residual: nil,
        into: result.valueRows.block(0, column: group * width))
    }
  }

  func backward(on tape: Tape) {
    let target = tape.gradientRows(of: x)
    tape.arena.withScratch {
      let scratch = tape.arena.allocate(width)
      for group in 0..<groups {
        Kernels.residualNormBackward(
          kernel(group, on: tape),
          gradient: result.gradientRows.block(0, column: group * width), outside: nil,
          scratch: scratch, weightGradient: tape.gradient(of: weight) + group * width,
          biasGradient: tape.gradient(of: bias) + group * width,
          h: target.columns(from: group * width), residual: nil)
      }
    }
  }
}

extension TokenStep {
  /// (x − mean) / √(variance + epsilon) ⊙ weight + bias, mean and variance over each group of channels.
  public static func groupNorm(
    _ x: [Double], groups: Int, weight: [Double], bias: [Double], epsilon: Double
  ) -> [Double] {
    let width = x.count / groups
    return (0..<groups).flatMap {
      norm(
        x.run($0, of: width), weight: weight.run($0, of: width), bias: bias.run($0, of: width),
        epsilon: epsilon)
    }
  }
}
