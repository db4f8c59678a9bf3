import Autodiff

extension OperationChecks {
  static let sineChecks = [(1, 1, 1), (3, 7, 16), (1, 16, 17), (1, 17, 7), (2, 65, 33)].map {
    batch, length, channels in
    OperationCheck(
      "sine \(batch)×\(length)×\(channels)",
      activations: [.init(batch, length, channels, .normal(scale: 3))],
      weights: [.init([channels], .uniform(0, 10))]
    ) { tape, x, w in
      [tape.sine(x[0], frequency: w[0])]
    } reference: { x, w in
      [
        (0..<batch * length).flatMap {
          TokenStep.sine(x[0].row($0, of: channels), frequency: w[0])
        }
      ]
    }
  }
}
