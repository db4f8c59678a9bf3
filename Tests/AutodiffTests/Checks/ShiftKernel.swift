import Autodiff

extension OperationChecks {
  /// The kernel is the recurrence's response to a single one.
  static let shiftKernelChecks = [(1, 1), (16, 7), (5, 16), (33, 17)].map { channels, states in
    OperationCheck(
      "shift kernel of \(channels) channels, \(states) states", activations: [],
      weights: [.init([channels, states]), .init([1, channels, states])]
    ) { tape, _, w in
      [tape.shiftKernel(inputs: w[0], outputs: w[1])]
    } reference: { _, w in
      [
        eachExample(1, states, state: .init(repeating: 0, count: channels * states)) {
          TokenStep.shift(
            .init(repeating: $0 == 0 ? 1 : 0, count: channels), inputs: w[0], outputs: w[1],
            D: .init(repeating: 0, count: channels), state: &$1)
        }
      ]
    }
  }
}
