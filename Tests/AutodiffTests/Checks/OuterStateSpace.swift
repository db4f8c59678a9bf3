import Autodiff
import Foundation

extension OperationChecks {
  /// (batch, length, heads, P, M)
  static let outerStateSpaceChecks = [
    (1, 1, 1, 1, 1), (2, 7, 3, 2, 4), (1, 17, 17, 2, 3), (3, 16, 16, 1, 2), (1, 70, 2, 3, 5),
  ].map { batch, length, heads, width, states in
    let channels = heads * width
    return OperationCheck(
      "outer state space \(batch)×\(length), \(heads) heads of \(width), \(states) states",
      activations: .init(repeating: .init(batch, length, channels), count: 3),
      weights: [
        .init([heads], .uniform(log(1e-2), log(0.5))), .init([heads, states], .uniform(-2, 0)),
        .init([heads, states], .uniform(0, 6)), .init([heads, states, 2]),
        .init([1, heads, states, 2]), .init([heads]),
      ]
    ) { tape, x, w in
      [
        tape.outerStateSpace(
          x[0], x[1], x[2],
          DiagonalStateSpace(
            logStep: w[0], logReal: w[1], imaginary: w[2], inputs: w[3], outputs: w[4]),
          D: w[5])
      ]
    } reference: { x, w in
      [
        eachExample(
          batch, length, state: .init(repeating: 0, count: 2 * states * width * channels)
        ) {
          TokenStep.outerStateSpace(
            x[0].row($0, of: channels), x[1].row($0, of: channels), x[2].row($0, of: channels),
            logStep: w[0], logReal: w[1], imaginary: w[2], inputs: w[3], outputs: w[4],
            D: w[5], state: &$1)
        }
      ]
    }
  }
}
