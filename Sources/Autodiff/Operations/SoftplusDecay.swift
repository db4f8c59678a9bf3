import Foundation
import Kernels

extension Tape {
  /// Log-decays g = −exp(aLog) softplus(x): x, g [batch, length, heads · width], aLog [heads].
  ///
  /// Mamba-2's decay (Dao and Gu 2024), as Gated DeltaNet has it with width 1 and KDA per key channel.
  public func softplusDecay(_ x: Tensor, aLog: Parameter) -> Tensor {
    precondition(
      x.channels % aLog.count == 0, "\(aLog.count) rates for \(x.channels) log-decays")
    let y = tensor(batch: x.batch, length: x.length, channels: x.channels)
    let rates = arena.allocate(aLog.count)
    let factors = arena.allocate(x.channels)
    Kernels.exponential(aLog.count, values(of: aLog), into: rates)
    for channel in 0..<x.channels { factors[channel] = -rates[channel * aLog.count / x.channels] }
    let kernel = GatedActivation(
      rows: x.rows, columns: x.channels, .softplus, gate: x.valueRows,
      factor: Rows(factors, stride: 0))
    Kernels.activation(kernel, into: y.valueRows)
    record(SoftplusDecay(x: x, aLog: aLog, factors: factors, kernel: kernel, result: y))
    return y
  }
}

private struct SoftplusDecay: RecordedOperation {
  static let roundsResult = false
  let x: Tensor
  let aLog: Parameter
  let factors: UnsafeMutablePointer<Float>  // [heads · width]
  let kernel: GatedActivation
  let result: Tensor

  /// g = f softplus(x), f = −exp(aLog)  →  daLog = Σ f df.
  func backward(on tape: Tape) {
    tape.arena.withScratch {
      let gradients = tape.arena.allocate(x.channels)
      gradients.update(repeating: 0, count: x.channels)
      Kernels.activationBackward(
        kernel, gradient: result.gradientRows, gate: tape.gradientRows(of: x),
        factor: GradientRows(Rows(gradients, stride: 0), accumulates: true))
      let target = tape.gradient(of: aLog)
      for channel in 0..<x.channels {
        target[channel * aLog.count / x.channels] += factors[channel] * gradients[channel]
      }
    }
  }
}

extension TokenStep {
  /// Log-decays g = −exp(aLog) softplus(x): x, g [heads · width], aLog [heads].
  public static func softplusDecay(_ x: [Double], aLog: [Double]) -> [Double] {
    let width = x.count / aLog.count
    return x.indices.map { -exp(aLog[$0 / width]) * softplus(x[$0]) }
  }
}
