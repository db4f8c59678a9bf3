import Autodiff

private struct LowRankCase {
  let batch: Int, length: Int, heads: Int, width: Int
  let chunk: Int

  init(_ batch: Int, _ length: Int, _ heads: Int, _ width: Int, chunk: Int) {
    (self.batch, self.length, self.heads) = (batch, length, heads)
    (self.width, self.chunk) = (width, chunk)
  }

  /// What is removed has a length of about 1.
  func check(_ decay: OperationCheck.Values = .uniform(-0.6, 0)) -> OperationCheck {
    let channels = heads * width
    let normal = OperationCheck.Activation(batch, length, channels)
    return OperationCheck(
      "diagonal plus low rank \(batch)×\(length), \(heads) heads of \(width), chunk \(chunk), "
        + "decay \(decay)",
      activations: [
        normal, .init(batch, length, channels, decay), normal, normal,
        .init(batch, length, channels, .normal(scale: 0.9 / Double(width).squareRoot())),
        .init(batch, length, channels, .uniform(0, 1)),
      ]
    ) { tape, x, _ in
      [
        tape.diagonalPlusLowRank(
          r: x[0], logDecay: x[1], k: x[2], v: x[3], removal: x[4], rate: x[5], heads: heads,
          chunkLength: chunk)
      ]
    } reference: { x, _ in
      [
        eachExample(batch, length, state: .init(repeating: 0, count: channels * width)) {
          row, state in
          let x = x.map { $0.row(row, of: channels) }
          return TokenStep.diagonalPlusLowRank(
            r: x[0], logDecay: x[1], k: x[2], v: x[3], removal: x[4], rate: x[5], heads: heads,
            state: &state)
        }
      ]
    }
  }
}

extension OperationChecks {
  static let diagonalPlusLowRankChecks =
    [
      LowRankCase(1, 1, 1, 1, chunk: 64), LowRankCase(1, 7, 2, 7, chunk: 7),
      LowRankCase(3, 16, 2, 16, chunk: 16), LowRankCase(2, 17, 1, 5, chunk: 1),
      LowRankCase(1, 17, 3, 4, chunk: 7), LowRankCase(1, 70, 1, 17, chunk: 64),
      LowRankCase(1, 50, 2, 3, chunk: 33), LowRankCase(1, 40, 1, 2, chunk: 64),
    ].map { $0.check() } + [
      LowRankCase(1, 259, 1, 3, chunk: 32).check(),
      // Every channel forgets as fast as it may, for as long as a chunk is.
      LowRankCase(1, 130, 1, 4, chunk: 64).check(.uniform(-0.607, -0.6)),
      LowRankCase(1, 70, 1, 4, chunk: 64).check(.alternating(-0.607, -1e-4)),
    ]
}
