import Autodiff

extension OperationChecks {
  static let groupNormChecks = [
    (1, 1, 1, 2), (3, 7, 2, 16), (1, 16, 1, 17), (2, 17, 3, 7), (1, 65, 2, 33),
  ].map { batch, length, groups, width in
    let channels = groups * width
    return OperationCheck(
      "group norm \(batch)×\(length), \(groups) groups of \(width)",
      activations: [.init(batch, length, channels)],
      weights: [.init([channels]), .init([channels])]
    ) { tape, x, w in
      [tape.groupNorm(x[0], groups: groups, weight: w[0], bias: w[1], epsilon: 0.1)]
    } reference: { x, w in
      [
        (0..<batch * length).flatMap {
          TokenStep.groupNorm(
            x[0].row($0, of: channels), groups: groups, weight: w[0], bias: w[1],
            epsilon: Double(Float(0.1)))
        }
      ]
    }
  }
}
