import Autodiff
import Kernels

extension OperationChecks {
  private static let activationSizes = [
    (1, 1, 1), (3, 7, 16), (1, 16, 17), (1, 17, 7), (2, 65, 33),
  ]

  static let activationChecks: [OperationCheck] =
    activationSizes.flatMap { batch, length, channels in
      Activation.allCases.map { function in
        OperationCheck(
          "\(function) \(batch)×\(length)×\(channels)",
          activations: [.init(batch, length, channels, .normal(scale: 3))]
        ) { tape, x, _ in
          [tape.activation(x[0], function, scale: -0.7)]
        } reference: { x, _ in
          [x[0].map { -Double(Float(0.7)) * TokenStep.activation($0, function) }]
        }
      }
    }
    + [(1, 1, 1, 1), (2, 7, 2, 8), (1, 17, 3, 7), (1, 65, 16, 1)].map {
      batch, length, heads, width in
      OperationCheck(
        "softplus decay \(batch)×\(length), \(heads) heads of \(width)",
        activations: [.init(batch, length, heads * width, .normal(scale: 3))],
        weights: [.init([heads], .uniform(-1, 3))]
      ) { tape, x, w in
        [tape.softplusDecay(x[0], aLog: w[0])]
      } reference: { x, w in
        [
          (0..<batch * length).flatMap {
            TokenStep.softplusDecay(x[0].row($0, of: heads * width), aLog: w[0])
          }
        ]
      }
    }
}
