import Autodiff

extension OperationChecks {
  /// (batch, length, width of a group, groups)
  private static let gatedNormSizes = [
    (1, 1, 1, 1), (3, 7, 16, 1), (1, 16, 17, 2), (1, 17, 7, 3), (2, 33, 128, 1),
  ]

  static let gatedNormChecks = gatedNormSizes.map { batch, length, width, groups in
    let channels = width * groups
    return OperationCheck(
      "gated RMS norm \(batch)×\(length)×\(channels) in \(groups)",
      activations: [
        .init(batch, length, channels), .init(batch, length, channels, .normal(scale: 2)),
      ],
      weights: [.init([channels])]
    ) { tape, x, w in
      [tape.gatedRMSNorm(x[0], gate: x[1], weight: w[0], groups: groups)]
    } reference: { x, w in
      [
        (0..<batch * length).flatMap {
          TokenStep.gatedRMSNorm(
            x[0].row($0, of: channels), gate: x[1].row($0, of: channels), weight: w[0],
            groups: groups)
        }
      ]
    }
  }
}
