import Foundation
import Kernels

extension Tape {
  /// y = scale · f(x), elementwise.
  public func activation(_ x: Tensor, _ function: Activation, scale: Float = 1) -> Tensor {
    let y = tensor(batch: x.batch, length: x.length, channels: x.channels)
    let operation = ActivationOperation(x: x, function: function, scale: scale, result: y)
    operation.forward(on: self)
    record(operation)
    return y
  }

  /// Log-decays g = −exp(aLog) softplus(x): x, g [batch, length, heads · width], aLog [heads].
  ///
  /// Mamba-2's decay (Dao and Gu 2024), as Gated DeltaNet has it with width 1 and KDA per key channel.
  public func softplusDecay(_ x: Tensor, aLog: Parameter) -> Tensor {
    precondition(
      x.channels % aLog.count == 0, "\(aLog.count) rates for \(x.channels) log-decays")
    let y = tensor(batch: x.batch, length: x.length, channels: x.channels)
    let operation = SoftplusDecay(x: x, aLog: aLog, result: y)
    operation.forward(on: self)
    record(operation)
    return y
  }
}

private struct ActivationOperation: RecordedOperation {
  let x: Tensor
  let function: Activation
  let scale: Float
  let result: Tensor

  private func withFactors(on tape: Tape, _ body: (UnsafePointer<Float>) -> Void) {
    tape.arena.withScratch {
      let factors = tape.arena.allocate(x.channels)
      factors.update(repeating: scale, count: x.channels)
      body(factors)
    }
  }

  func forward(on tape: Tape) {
    withFactors(on: tape) {
      Kernels.activation(
        function, x.rows, x.channels, x.valueRows, factor: $0, into: result.valueRows)
    }
  }

  func backward(on tape: Tape) {
    withFactors(on: tape) {
      Kernels.activationBackward(
        function, x.rows, x.channels, x.valueRows, factor: $0, dy: result.gradientRows,
        dx: tape.gradientRows(of: x))
    }
  }
}

private struct SoftplusDecay: RecordedOperation {
  let x: Tensor
  let aLog: Parameter
  let result: Tensor

  private var width: Int { x.channels / aLog.count }

  /// −exp(aLog) of every channel.
  private func factors(on tape: Tape) -> UnsafeMutablePointer<Float> {
    let rates = tape.arena.allocate(aLog.count)
    let factors = tape.arena.allocate(x.channels)
    Kernels.exponential(aLog.count, tape.values(of: aLog), into: rates)
    for channel in 0..<x.channels { factors[channel] = -rates[channel / width] }
    return factors
  }

  func forward(on tape: Tape) {
    tape.arena.withScratch {
      Kernels.activation(
        .softplus, x.rows, x.channels, x.valueRows, factor: factors(on: tape),
        into: result.valueRows)
    }
  }

  /// g = f softplus(x), f = −exp(aLog)  →  daLog = Σ f df.
  func backward(on tape: Tape) {
    tape.arena.withScratch {
      let factors = factors(on: tape)
      let gradients = tape.arena.allocate(x.channels)
      gradients.update(repeating: 0, count: x.channels)
      Kernels.activationBackward(
        .softplus, x.rows, x.channels, x.valueRows, factor: factors, dy: result.gradientRows,
        dx: tape.gradientRows(of: x), factorGradient: gradients)
      let target = tape.gradient(of: aLog)
      for channel in 0..<x.channels {
        target[channel / width] += factors[channel] * gradients[channel]
      }
    }
  }
}

extension TokenStep {
  /// f(x).
  public static func activation(_ x: Double, _ function: Activation) -> Double {
    switch function {
    case .sigmoid: 1 / (1 + exp(-x))
    case .tanh: tanh(x)
    case .relu: max(x, 0)
    case .softplus: softplus(x)
    case .logSigmoid: -softplus(-x)
    case .eluPlusOne: x > 0 ? x + 1 : exp(x)
    }
  }

  /// Log-decays g = −exp(aLog) softplus(x): x, g [heads · width], aLog [heads].
  public static func softplusDecay(_ x: [Double], aLog: [Double]) -> [Double] {
    let width = x.count / aLog.count
    return x.indices.map { -exp(aLog[$0 / width]) * softplus(x[$0]) }
  }
}
