import Foundation

private struct SSDCase {
  let batch: Int, time: Int, heads: Int, headDimension: Int, groups: Int, stateDimension: Int
  let chunkLength: Int

  init(_ batch: Int, _ time: Int, _ heads: Int, _ p: Int, _ groups: Int, _ n: Int, chunk: Int) {
    (self.batch, self.time, self.heads, headDimension) = (batch, time, heads, p)
    (self.groups, stateDimension, chunkLength) = (groups, n, chunk)
  }

  /// The recurrence, one token after the other, in Double: x, dt, B, C and aLog, D, bias → y.
  func recurrence(_ activations: [[Double]], _ weights: [[Double]]) -> [Double] {
    let (x, timeStep, b, c) = (activations[0], activations[1], activations[2], activations[3])
    let (n, p) = (stateDimension, headDimension)
    var y = [Double](repeating: 0, count: x.count)
    for example in 0..<batch {
      for head in 0..<heads {
        let group = head / (heads / groups)
        var state = [Double](repeating: 0, count: p * n)  // [P, N]
        for row in (example * time)..<((example + 1) * time) {
          let dt = log1p(exp(timeStep[row * heads + head] + weights[2][head]))
          let decay = exp(-exp(weights[0][head]) * dt)
          let operands = (row * groups + group) * n
          for channel in 0..<p {
            let index = (row * heads + head) * p + channel
            var sum = weights[1][head] * x[index]
            for s in 0..<n {
              state[channel * n + s] =
                decay * state[channel * n + s] + dt * x[index] * b[operands + s]
              sum += state[channel * n + s] * c[operands + s]
            }
            y[index] = sum
          }
        }
      }
    }
    return y
  }

  /// `timeSteps` is what dt_raw is drawn around; −3 gives steps near 0.05, 3 a state forgotten at once.
  /// `cancellation` is that of aLog's gradient.
  func check(timeSteps: Double = -1, cancellation: Double = 1) -> OperationCheck {
    OperationCheck(
      "ssd \(batch)×\(time), \(heads) heads of \(headDimension), \(groups) groups, state "
        + "\(stateDimension), chunk \(chunkLength), time step \(timeSteps)",
      activations: [
        .init(batch, time, heads * headDimension),
        .init(batch, time, heads, .uniform(timeSteps - 1, timeSteps + 1)),
        .init(batch, time, groups * stateDimension), .init(batch, time, groups * stateDimension),
      ],
      weights: [
        .init([heads], .uniform(-1, 2), cancellation: cancellation), .init([heads]),
        .init([heads]),
      ]
    ) { tape, x, w in
      [
        tape.ssd(
          x[0], timeStep: x[1], B: x[2], C: x[3], decay: w[0], skip: w[1], timeStepBias: w[2],
          headDimension: headDimension, groups: groups, chunkLength: chunkLength)
      ]
    } reference: { x, w in
      [recurrence(x, w)]
    }
  }
}

extension OperationCatalog {
  static let ssdChecks =
    [
      SSDCase(1, 1, 1, 1, 1, 1, chunk: 64), SSDCase(1, 17, 1, 1, 1, 1, chunk: 1),
      SSDCase(1, 7, 2, 7, 1, 17, chunk: 7), SSDCase(3, 17, 2, 16, 2, 7, chunk: 7),
      SSDCase(1, 16, 4, 7, 2, 16, chunk: 16), SSDCase(3, 16, 2, 1, 1, 17, chunk: 1),
      SSDCase(1, 65, 2, 16, 1, 16, chunk: 64), SSDCase(1, 70, 4, 7, 2, 5, chunk: 33),
      SSDCase(1, 130, 2, 17, 1, 16, chunk: 64),
      // Products of blocks beyond 2²⁰ multiply-adds, the limit of those that may be packed.
      SSDCase(1, 130, 2, 32, 1, 257, chunk: 64),
    ].map { $0.check() } + [
      // The gradient of aLog is Σ_k a_k (y_k · dy_k − D x_k · dy_k − dt_k x_k · v_k), with v the gradient of dt x and
      // a_k the log-decay since the chunk's start, here down to −200: what rounding leaves of sums that cancel counts
      // that much. One rounding (2⁻²⁴) of each of their terms makes 4e-4 of this gradient in the root mean square
      // and 6e-3 at worst; 5 allows 5e-4, and 5e-5 and 1.1e-4 are seen (AVX2, SSE2).
      SSDCase(1, 150, 1, 16, 1, 16, chunk: 150).check(cancellation: 5),
      SSDCase(1, 100, 2, 7, 1, 3, chunk: 40).check(timeSteps: -3),
      SSDCase(1, 100, 2, 7, 1, 3, chunk: 40).check(timeSteps: 3),
    ]
}
