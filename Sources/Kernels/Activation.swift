import CKernels

/// A function of one number that a layer applies to its channels.
public enum Activation: Int32, Sendable, CaseIterable {
  /// x σ(x)
  case silu
  /// x Φ(x), with the normal distribution Φ: the form with the error function.
  case gelu
}

/// y = f(gate) ∘ factor over `rows` rows of `columns` channels, or f(gate) without a factor.
public struct GatedActivation {
  public let rows: Int, columns: Int
  public let activation: Activation
  public let gate: Rows
  public let factor: Rows?

  public init(rows: Int, columns: Int, _ activation: Activation, gate: Rows, factor: Rows?) {
    (self.rows, self.columns, self.activation) = (rows, columns, activation)
    (self.gate, self.factor) = (gate, factor)
  }

  private var operands: recall_activation_rows {
    recall_activation_rows(
      rows: rows, columns: columns, kind: activation.rawValue, gate: gate.values,
      gate_stride: gate.stride, factor: factor?.values, factor_stride: factor?.stride ?? 0)
  }

  public func forward(into y: Rows) { recall_activation(operands, y.values, y.stride) }

  /// dgate = dy ∘ factor ∘ f′(gate), dfactor = dy ∘ f(gate); `factorGradient` is nil exactly where there is no
  /// factor.
  public func backward(_ dy: Rows, gate: GradientRows, factor factorGradient: GradientRows?) {
    precondition((factor == nil) == (factorGradient == nil), "a factor has a gradient")
    recall_activation_backward(
      operands, dy.values, dy.stride, gate.cStruct,
      factorGradient?.cStruct ?? recall_gradient_rows())
  }
}

extension GradientRows {
  fileprivate var cStruct: recall_gradient_rows {
    recall_gradient_rows(
      values: rows.values, stride: rows.stride, accumulates: accumulates ? 1 : 0)
  }
}
