import Foundation
import Kernels

/// The plain twins of the kernels in Activation.swift.
extension Kernels {
  package static func plainActivation(_ activation: GatedActivation, into y: Rows) {
    activation.visit { row, column, gate, factor in
      y.values[row * y.stride + column] = Float(activation.value(gate).function * factor)
    }
  }

  package static func plainActivationBackward(
    _ activation: GatedActivation, gradient: Rows, gate gateGradient: GradientRows,
    factor factorGradient: GradientRows?
  ) {
    activation.visit { row, column, gate, factor in
      let dy = Double(gradient.values[row * gradient.stride + column])
      let value = activation.value(gate)
      gateGradient.put(dy * factor * value.derivative, row, column)
      factorGradient?.put(dy * value.function, row, column)
    }
  }
}

extension GatedActivation {
  /// f and f′, in Double.
  fileprivate func value(_ x: Double) -> (function: Double, derivative: Double) {
    switch activation {
    case .silu:
      let s = 1 / (1 + exp(-x))
      return (x * s, s * (1 + x * (1 - s)))
    case .gelu:
      let share = erfc(-x / 2.0.squareRoot()) / 2
      return (x * share, share + x * exp(-x * x / 2) / (2 * Double.pi).squareRoot())
    case .sigmoid:
      let s = 1 / (1 + exp(-x))
      return (s, s / (1 + exp(x)))
    case .tanh: return (tanh(x), 1 / (cosh(x) * cosh(x)))
    case .relu: return (max(x, 0), x > 0 ? 1 : 0)
    case .softplus: return (max(x, 0) + log1p(exp(-abs(x))), 1 / (1 + exp(-x)))
    case .logSigmoid: return (min(x, 0) - log1p(exp(-abs(x))), 1 / (1 + exp(x)))
    case .eluPlusOne: return x > 0 ? (x + 1, 1) : (exp(x), exp(x))
    }
  }

  fileprivate func visit(_ body: (Int, Int, _ gate: Double, _ factor: Double) -> Void) {
    for row in 0..<rows {
      for column in 0..<columns {
        body(
          row, column, Double(gate.values[row * gate.stride + column]),
          factor.map { Double($0.values[row * $0.stride + column]) } ?? 1)
      }
    }
  }
}

extension GradientRows {
  fileprivate func put(_ value: Double, _ row: Int, _ column: Int) {
    let pointer = rows.values + row * rows.stride + column
    pointer.pointee = Float(value) + (accumulates ? pointer.pointee : 0)
  }
}
