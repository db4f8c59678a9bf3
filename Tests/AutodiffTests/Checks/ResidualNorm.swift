import Autodiff

extension OperationChecks {
  /// Which of residualNorm's results a check uses.
  private enum ResidualUse: String, CaseIterable {
    case none = "no residual"
    case kept = "a residual, kept"
    case unread = "a residual, kept but not used"
    case dropped = "a residual, dropped"
  }

  static let residualNormChecks = [(1, 1, 7), (3, 7, 16), (1, 16, 17), (2, 65, 64)].flatMap {
    size in
    ResidualUse.allCases.flatMap { use in
      [false, true].map { residualNormCheck(size, use, hasBias: $0) }
    }
  }

  private static func residualNormCheck(
    _ size: (batch: Int, length: Int, channels: Int), _ use: ResidualUse, hasBias: Bool
  ) -> OperationCheck {
    let (batch, length, channels) = size
    let activations = use == .none ? 1 : 2
    return OperationCheck(
      "\(hasBias ? "layer" : "RMS") norm \(batch)×\(length)×\(channels), \(use.rawValue)",
      activations: .init(repeating: .init(batch, length, channels), count: activations),
      weights: .init(repeating: .init([channels]), count: hasBias ? 2 : 1)
    ) { tape, x, w in
      let norm = Normalization(weight: w[0], bias: hasBias ? w[1] : nil)
      let (sum, normed) = tape.residualNorm(
        x[0], residual: use == .none ? nil : x[1], norm, keepsResidual: use != .dropped)
      return use == .kept ? [sum, normed] : [normed]
    } reference: { x, w in
      let sum = use == .none ? x[0] : zip(x[0], x[1]).map { $0 + $1 }
      let normed = (0..<batch * length).flatMap {
        TokenStep.norm(sum.row($0, of: channels), weight: w[0], bias: hasBias ? w[1] : nil)
      }
      return use == .kept ? [sum, normed] : [normed]
    }
  }
}
