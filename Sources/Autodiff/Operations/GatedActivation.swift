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
    let f = g.map { x in
      switch activation {
      case .silu: silu(x)
      case .gelu: x * erfc(-x / 2.0.squareRoot()) / 2
      }
    }
    return w.map { zip(f, $0).map(*) } ?? f
  }
}
