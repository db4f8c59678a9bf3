import Autodiff
import Kernels

extension OperationChecks {
  static let gatedActivationChecks = Activation.allCases.flatMap { activation in
    [(1, 1, 1), (3, 7, 16), (1, 16, 17), (2, 33, 64)].flatMap { size in
      [false, true].map { activationCheck(activation, size, isGated: $0) }
    }
  }

  /// y = scale · f(x).
  static let scaledActivationChecks = Activation.allCases.map { activation in
    OperationCheck(
      "\(activation) times a number 2×33×7", activations: [.init(2, 33, 7, .normal(scale: 3))]
    ) { tape, x, _ in
      [tape.activation(activation, of: x[0], scale: -0.75)]
    } reference: { x, _ in
      [x[0].map { -0.75 * TokenStep.activation(activation, of: $0) }]
    }
  }

  private static func activationCheck(
    _ activation: Activation, _ size: (batch: Int, length: Int, channels: Int), isGated: Bool
  ) -> OperationCheck {
    let (batch, length, channels) = size
    return OperationCheck(
      "\(activation)\(isGated ? " gate" : "") \(batch)×\(length)×\(channels)",
      activations: [.init(batch, length, channels, .normal(scale: 2))]
        + (isGated ? [.init(batch, length, channels)] : [])
    ) { tape, x, _ in
      [tape.activation(activation, of: x[0], times: isGated ? x[1] : nil)]
    } reference: { x, _ in
      [TokenStep.activation(activation, of: x[0], times: isGated ? x[1] : nil)]
    }
  }
}
