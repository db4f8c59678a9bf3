import Autodiff

extension OperationChecks {
  /// More heads than are transformed together, and blocks of 16 channels with one head, several, and parts of heads.
  static let toeplitzMixChecks =
    (mixCases + [
      MixCase(2, 6, 18, 1, 1), MixCase(1, 5, 17, 3, 1), MixCase(1, 9, 2, 40, 1),
      MixCase(2, 4, 5, 7, 1, shared: true), MixCase(1, 2, 1, 3, 1),
      MixCase(2, 3, 18, 2, 1, shared: true),
    ]).flatMap { [toeplitz($0), lags($0)] }

  private static func toeplitz(_ test: MixCase) -> OperationCheck {
    OperationCheck(
      "Toeplitz mix \(test.text)", activations: [test.values, test.operand(1), test.operand(1)]
    ) { tape, x, _ in
      [
        tape.toeplitzMix(x[0], forward: x[1], backward: x[2], scale: 0.3)
      ]
    } reference: { x, _ in
      [
        test.mixed(x[0], scale: 0.3) { example, head in
          let forward = test.block(x[1], example, head, of: 1)
          let backward = test.block(x[2], example, head, of: 1)
          return { t, s in t >= s ? forward[t - s][0] : backward[s - t][0] }
        }
      ]
    }
  }

  /// Weights of one distance more than the sequence has, on both sides.
  private static func lags(_ test: MixCase) -> OperationCheck {
    let lags = 2 * test.length + 1
    return OperationCheck(
      "learned Toeplitz mix \(test.text)", activations: [test.values],
      weights: [.init([test.heads, lags])]
    ) { tape, x, w in
      [tape.toeplitzMix(x[0], lags: w[0], scale: 0.3)]
    } reference: { x, w in
      [
        test.mixed(x[0], scale: 0.3) { _, head in
          { t, s in w[0][head * lags + t - s + test.length] }
        }
      ]
    }
  }
}
