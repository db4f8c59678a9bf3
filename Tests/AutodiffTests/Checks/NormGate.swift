import Autodiff
import Kernels

extension OperationChecks {
  static let normGateChecks =
    [(1, 1, 1, 1), (3, 7, 2, 16), (1, 16, 1, 17), (2, 17, 3, 7), (1, 65, 2, 33), (1, 3, 1, 300)]
    .flatMap { size in
      [nil, .silu, .sigmoid].map { normGateCheck(size, $0) }
    }

  private static func normGateCheck(
    _ size: (batch: Int, length: Int, heads: Int, width: Int), _ gate: NormGate.Gate?
  ) -> OperationCheck {
    let (batch, length, channels) = (size.batch, size.length, size.heads * size.width)
    return OperationCheck(
      "RMS norm \(batch)×\(length), \(size.heads) heads of \(size.width), gate "
        + (gate.map { "\($0)" } ?? "none"),
      activations: .init(
        repeating: .init(batch, length, channels, .normal(scale: 2)), count: gate == nil ? 1 : 2),
      weights: [.init([size.width])]
    ) { tape, x, w in
      [
        tape.rmsNormGate(
          x[0], gate: gate == nil ? nil : x[1], gate ?? .silu, weight: w[0])
      ]
    } reference: { x, w in
      [
        (0..<batch * length).flatMap {
          TokenStep.rmsNormGate(
            x[0].row($0, of: channels), gate: gate == nil ? nil : x[1].row($0, of: channels),
            gate ?? .silu, weight: w[0])
        }
      ]
    }
  }
}
