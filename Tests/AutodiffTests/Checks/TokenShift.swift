import Autodiff

extension OperationChecks {
  static let tokenShiftChecks = [
    (1, 1, 1, 1), (3, 7, 16, 2), (1, 16, 17, 3), (2, 17, 7, 6), (1, 65, 33, 1),
  ].map { batch, length, channels, count in
    OperationCheck(
      "token shift \(batch)×\(length)×\(channels), \(count) weights",
      activations: [.init(batch, length, channels)],
      weights: .init(repeating: .init([channels]), count: count)
    ) { tape, x, w in
      [tape.tokenShift(x[0], by: w)]
    } reference: { x, w in
      [
        eachExample(batch, length, state: .init(repeating: 0, count: channels)) {
          TokenStep.tokenShift(x[0].row($0, of: channels), by: w, before: &$1)
        }
      ]
    }
  }
}
