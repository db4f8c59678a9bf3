import Autodiff

extension OperationChecks {
  static let softplusDecayChecks: [OperationCheck] =
    [(1, 1, 1, 1), (2, 7, 2, 8), (1, 17, 3, 7), (1, 65, 16, 1)].map {
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
