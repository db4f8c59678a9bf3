import Autodiff

extension OperationChecks {
  static let interpolateChecks = [
    (1, 1, 1), (3, 7, 16), (1, 16, 17), (1, 17, 7), (2, 65, 33), (1, 2, 300),
  ].flatMap { batch, length, channels in
    [false, true].map { isParameter in
      let size = OperationCheck.Activation(batch, length, channels)
      return OperationCheck(
        "interpolation \(batch)×\(length)×\(channels)\(isParameter ? " by channel" : "")",
        activations: .init(repeating: size, count: isParameter ? 2 : 3),
        weights: isParameter ? [.init([channels])] : []
      ) { tape, x, w in
        [
          isParameter
            ? tape.interpolate(x[0], x[1], by: w[0]) : tape.interpolate(x[0], x[1], by: x[2])
        ]
      } reference: { x, w in
        [
          (0..<batch * length).flatMap {
            TokenStep.interpolate(
              x[0].row($0, of: channels), x[1].row($0, of: channels),
              by: isParameter ? w[0] : x[2].row($0, of: channels))
          }
        ]
      }
    }
  }
}
