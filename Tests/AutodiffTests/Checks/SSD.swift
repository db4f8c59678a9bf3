import Autodiff

private struct SSDCase {
  let batch: Int, length: Int, heads: Int, headDimension: Int, groups: Int, stateDimension: Int
  let chunkLength: Int

  init(_ batch: Int, _ length: Int, _ heads: Int, _ p: Int, _ groups: Int, _ n: Int, chunk: Int) {
    (self.batch, self.length, self.heads, headDimension) = (batch, length, heads, p)
    (self.groups, stateDimension, chunkLength) = (groups, n, chunk)
  }

  /// `dtCentre` is what dt_raw is drawn around; −3 gives steps near 0.05, 3 a state forgotten at once.
  /// `cancellation` is that of the gradients of aLog and dtBias.
  func check(
    dtCentre: Double = -1, cancellation: Double = 1, hasD: Bool = true
  ) -> OperationCheck {
    OperationCheck(
      "ssd \(batch)×\(length), \(heads) heads of \(headDimension), \(groups) groups, state "
        + "\(stateDimension), chunk \(chunkLength), time step \(dtCentre)\(hasD ? "" : ", no D")",
      activations: [
        .init(batch, length, heads * headDimension),
        .init(batch, length, heads, .uniform(dtCentre - 1, dtCentre + 1)),
        .init(batch, length, groups * stateDimension),
        .init(batch, length, groups * stateDimension),
      ],
      weights: [
        .init([heads], .uniform(-1, 2), cancellation: cancellation),
        .init([heads], cancellation: cancellation),
      ] + (hasD ? [.init([heads])] : [])
    ) { tape, x, w in
      [
        tape.ssd(
          x[0], dt: x[1], B: x[2], C: x[3], aLog: w[0], D: hasD ? w[2] : nil, dtBias: w[1],
          headDimension: headDimension, groups: groups, chunkLength: chunkLength)
      ]
    } reference: { x, w in
      let (width, states) = (heads * headDimension, groups * stateDimension)
      return [
        eachExample(batch, length, state: .init(repeating: 0, count: width * stateDimension)) {
          TokenStep.ssd(
            x[0].row($0, of: width), dt: x[1].row($0, of: heads), B: x[2].row($0, of: states),
            C: x[3].row($0, of: states), aLog: w[0],
            D: hasD ? w[2] : .init(repeating: 0, count: heads), dtBias: w[1], groups: groups,
            state: &$1)
        }
      ]
    }
  }
}

extension OperationChecks {
  static let ssdChecks =
    [
      SSDCase(1, 1, 1, 1, 1, 1, chunk: 64), SSDCase(1, 17, 1, 1, 1, 1, chunk: 1),
      SSDCase(1, 7, 2, 7, 1, 17, chunk: 7), SSDCase(3, 17, 2, 16, 2, 7, chunk: 7),
      SSDCase(1, 16, 4, 7, 2, 16, chunk: 16), SSDCase(3, 16, 2, 1, 1, 17, chunk: 1),
      SSDCase(1, 65, 2, 16, 1, 16, chunk: 64), SSDCase(1, 70, 4, 7, 2, 5, chunk: 33),
      SSDCase(1, 130, 2, 17, 1, 16, chunk: 64),
    ].map { $0.check() } + [
      SSDCase(2, 17, 2, 16, 2, 7, chunk: 7).check(hasD: false),
      // Products of blocks beyond 2²⁰ multiply-adds, the limit of those that may be packed. Where sums are not
      // vectorised, as under AddressSanitizer, 2e-4 is seen, and 5.8e-4 with AVX-512: 8 allows 8e-4.
      SSDCase(1, 130, 2, 32, 1, 257, chunk: 64).check(cancellation: 8),
      // The gradient of aLog is Σ_k a_k (y_k · dy_k − D x_k · dy_k − dt_k x_k · v_k), with v the gradient of dt x and
      // a_k the log-decay since the chunk's start, here down to −200: what rounding leaves of sums that cancel counts
      // that much. One rounding (2⁻²⁴) of each of their terms makes 4e-4 of this gradient in the root mean square
      // and 6e-3 at worst; 5 allows 5e-4, and 5e-5 and 1.1e-4 are seen (AVX2, SSE2).
      SSDCase(1, 150, 1, 16, 1, 16, chunk: 150).check(cancellation: 5),
      SSDCase(1, 100, 2, 7, 1, 3, chunk: 40).check(dtCentre: -3),
      SSDCase(1, 100, 2, 7, 1, 3, chunk: 40).check(dtCentre: 3),
    ]
}
