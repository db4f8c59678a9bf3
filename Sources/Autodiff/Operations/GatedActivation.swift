import Foundation
import Kernels

extension Tape {
  /// y = f(g) ∘ w, or f(g) without w; all [batch, time, channels].
  public func activation(_ activation: Activation, of g: Tensor, times w: Tensor? = nil) -> Tensor {
    precondition(
      w.map { $0.channels == g.channels && $0.rows == g.rows } ?? true,
      "an activation of \(g.channels) channels times \(w?.channels ?? 0)")
    let y = tensor(batch: g.batch, time: g.time, channels: g.channels)
    let kernel = GatedActivation(
      rows: g.rows, columns: g.channels, activation, gate: g.valueRows, factor: w?.valueRows)
    kernel.forward(into: y.valueRows)

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
    kernel.backward(
      result.gradientRows, gate: tape.gradientRows(of: g),
      factor: w.map { tape.gradientRows(of: $0) })
  }
}

// MARK: - Checks

extension OperationCatalog {
  static let gatedActivationChecks = Activation.allCases.flatMap { activation in
    [(1, 1, 1), (3, 7, 16), (1, 16, 17), (2, 33, 64)].flatMap { size in
      [false, true].map { activationCheck(activation, size, isGated: $0) }
    }
  }

  private static func activationCheck(
    _ activation: Activation, _ size: (batch: Int, time: Int, channels: Int), isGated: Bool
  ) -> OperationCheck {
    let (batch, time, channels) = size
    return OperationCheck(
      "\(activation)\(isGated ? " gate" : "") \(batch)×\(time)×\(channels)",
      activations: [.init(batch, time, channels, .normal(scale: 2))]
        + (isGated ? [.init(batch, time, channels)] : [])
    ) { tape, x, _ in
      [tape.activation(activation, of: x[0], times: isGated ? x[1] : nil)]
    } reference: { x, _ in
      let f = x[0].map { x in
        switch activation {
        case .silu: x / (1 + exp(-x))
        case .gelu: x * (1 + erf(x / 2.0.squareRoot())) / 2
        }
      }
      return [isGated ? zip(f, x[1]).map(*) : f]
    }
  }
}
