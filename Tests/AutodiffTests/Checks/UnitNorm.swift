import Autodiff

extension OperationChecks {
  static let unitNormChecks =
    [(1, 1, 1, 1), (3, 7, 2, 16), (1, 16, 1, 17), (2, 17, 3, 7), (1, 65, 2, 33)].flatMap { size in
      [false, true].flatMap { hasWeight in
        // Without an offset a norm of one channel is ±1, and its gradient 0.
        [LengthGuard.epsilon(1e-6), .epsilon(0.5), .floor(size.3 == 1 ? 10 : 1e-12), .floor(3)].map
        {
          unitNormCheck(size, hasWeight: hasWeight, guard: $0)
        }
      }
    }

  private static func unitNormCheck(
    _ size: (batch: Int, length: Int, heads: Int, width: Int), hasWeight: Bool,
    guard lengthGuard: LengthGuard
  ) -> OperationCheck {
    let (batch, length, channels) = (size.batch, size.length, size.heads * size.width)
    return OperationCheck(
      "unit norm \(batch)×\(length), \(size.heads) heads of \(size.width), \(lengthGuard)"
        + (hasWeight ? ", weighted" : ""),
      activations: [.init(batch, length, channels)],
      weights: hasWeight ? [.init([channels])] : []
    ) { tape, x, w in
      [
        tape.unitNorm(
          x[0], heads: size.heads, weight: w.first, scale: 0.5, guard: lengthGuard)
      ]
    } reference: { x, w in
      [
        (0..<batch * length).flatMap {
          TokenStep.unitNorm(
            x[0].row($0, of: channels), heads: size.heads, weight: w.first, scale: 0.5,
            guard: lengthGuard)
        }
      ]
    }
  }
}
