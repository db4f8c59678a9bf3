import CKernels

/// A function that is applied to each channel.
public enum Activation: Int32, Sendable, CaseIterable {
  /// x σ(x)
  case silu
  /// x Φ(x) with the normal distribution function Φ: the exact form, not the tanh approximation.
  case gelu
  case sigmoid, tanh, relu
  /// log(1 + exp x)
  case softplus
  /// −log(1 + exp −x)
  case logSigmoid
  /// elu(x) + 1: x + 1 above 0, exp x below
  case eluPlusOne
}

/// y = f(gate) ∘ factor, or f(gate) without a factor; all [rows, columns]. A factor of stride 0 is one row for all.
public struct GatedActivation {
  public let rows: Int, columns: Int
  public let activation: Activation
  public let gate: Rows
  public let factor: Rows?

  public init(rows: Int, columns: Int, _ activation: Activation, gate: Rows, factor: Rows?) {
    gate.check(rows, columns)
    if let factor, factor.stride != 0 { factor.check(rows, columns) }
    (self.rows, self.columns, self.activation) = (rows, columns, activation)
    (self.gate, self.factor) = (gate, factor)
  }

  fileprivate var operands: recall_gated_activation {
    recall_gated_activation(
      rows: rows, columns: columns, kind: activation.rawValue, gate: gate.operand,
      factor: factor?.operand ?? recall_rows(values: nil, stride: 0))
  }
}

extension Kernels {
  public static func activation(_ activation: GatedActivation, into y: Rows) {
    y.check(activation.rows, activation.columns)
    withUnsafePointer(to: activation.operands) { recall_activation($0, y.values, y.stride) }
  }

  /// dgate = dy ∘ factor ∘ f′(gate), and dfactor = dy ∘ f(gate) if it is wanted. The gradient of a factor of stride 0
  /// is summed over rows and added to [columns].
  public static func activationBackward(
    _ activation: GatedActivation, gradient: Rows, gate: GradientRows, factor: GradientRows?
  ) {
    precondition(factor == nil || activation.factor != nil, "a gradient of no factor")
    checkRows(
      activation.rows, activation.columns, stride: min(gradient.stride, gate.rows.stride))
    if let factor {
      precondition(factor.rows.stride != 0 || factor.accumulates, "a sum that is assigned")
      if factor.rows.stride != 0 { factor.rows.check(activation.rows, activation.columns) }
    }
    let gradients = recall_gated_activation_gradients(
      dy: gradient.operand, dgate: gate.target,
      dfactor: factor?.target ?? recall_target_rows(values: nil, stride: 0, adds: 0))
    withUnsafePointer(to: activation.operands) { operands in
      withUnsafePointer(to: gradients) { recall_activation_backward(operands, $0) }
    }
  }
}
