import Foundation
import Kernels

extension Tape {
  /// y = f(g) ∘ w, or f(g) without w; all [batch, length, channels].
  public func activation(_ activation: Activation, of g: Tensor, times w: Tensor? = nil) -> Tensor {
    precondition(
      w.map { $0.channels == g.channels && $0.rows == g.rows } ?? true,
      "an activation of \(g.channels) channels times \(w?.channels ?? 0)")
    let y = tensor(batch: g.batch, length: g.length, channels: g.channels)
    let kernel = GatedActivation(
      rows: g.rows, columns: g.channels, activation, gate: g.valueRows, factor: w?.valueRows)
    Kernels.activation(kernel, into: y.valueRows)

    record(ActivationBackward(g: g, w: w, kernel: kernel, result: y))
    return y
  }

  /// y = scale · f(x), elementwise.
  public func activation(_ activation: Activation, of x: Tensor, scale: Float) -> Tensor {
    let y = tensor(batch: x.batch, length: x.length, channels: x.channels)
    let factors = arena.allocate(x.channels)
    factors.update(repeating: scale, count: x.channels)
    let kernel = GatedActivation(
      rows: x.rows, columns: x.channels, activation, gate: x.valueRows,
      factor: Rows(factors, stride: 0))
    Kernels.activation(kernel, into: y.valueRows)
    record(ActivationBackward(g: x, w: nil, kernel: kernel, result: y))
    return y
  }
}

private struct ActivationBackward: RecordedOperation {
  let g: Tensor, w: Tensor?
  let kernel: GatedActivation
  let result: Tensor

  /// y = f(g) ∘ w  →  dg = dy ∘ w ∘ f′(g),  dw = dy ∘ f(g)
  func backward(on tape: Tape) {
    Kernels.activationBackward(
      kernel, gradient: result.gradientRows, gate: tape.gradientRows(of: g),
      factor: w.map { tape.gradientRows(of: $0) })
  }
}

extension TokenStep {
  /// f(g) ∘ w, or f(g) without w; all [channels].
  public static func activation(
    _ activation: Activation, of g: [Double], times w: [Double]? = nil
  ) -> [Double] {
    let f = g.map { TokenStep.activation(activation, of: $0) }
    return w.map { zip(f, $0).map(*) } ?? f
  }

  /// f(x).
  public static func activation(_ activation: Activation, of x: Double) -> Double {
    switch activation {
    case .silu: silu(x)
    case .gelu: x * erfc(-x / 2.0.squareRoot()) / 2
    case .sigmoid: sigmoid(x)
    case .tanh: tanh(x)
    case .relu: max(x, 0)
    case .softplus: softplus(x)
    case .logSigmoid: -softplus(-x)
    case .eluPlusOne: x > 0 ? x + 1 : exp(x)
    }
  }
}
