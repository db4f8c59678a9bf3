extension OperationBenchmark {
  /// Mixers whose matrix is made of queries and keys, filters or weights: 128 inner channels in one head, m 16.
  static let matrices: [OperationBenchmark] = [
    directions, headProduct, lowRank,
    matrix("attention", multiplyAdds: rank) { .attention(q: $0, k: $1) },
    matrix("Cauchy", multiplyAdds: rank) { .cauchy(q: $0, k: $1, bias: nil) },
    matrix("Vandermonde", multiplyAdds: 4 * rank) { .vandermonde(q: $0, k: $1) },
    toeplitz,
  ]

  private static let (inner, rank, tokens) = (2 * d, 16, 256)

  private static let directions = OperationBenchmark(
    file: "Directions", description: "both directions, joined", activations: [(1, length, inner)],
    weights: [], multiplyAdds: 0
  ) { tape, x, _ in tape.joinDirections(tape.bothDirections(x[0], x[0]), delayed: true) }

  private static let headProduct = OperationBenchmark(
    file: "HeadProduct", description: "head product",
    activations: [(1, length, inner), (1, length, 2), (1, length, inner)], weights: [],
    multiplyAdds: length * inner
  ) { tape, x, _ in tape.headProduct(x[0], factors: x[1], adding: x[2]) }

  private static let lowRank = OperationBenchmark(
    file: "LowRankMix", description: "low rank, m \(rank)",
    activations: [(1, length, inner), (1, length, rank), (1, length, rank)], weights: [],
    multiplyAdds: 2 * length * rank * inner
  ) { tape, x, _ in tape.lowRankMix(x[0], x[1], x[2], heads: 1, scale: 0.01) }

  /// The arithmetic is counted as that of the product; Fourier transforms need far less.
  private static let toeplitz = OperationBenchmark(
    file: "ToeplitzMix", description: "Toeplitz matrix, L \(tokens)",
    activations: [(1, tokens, inner), (1, tokens, 1), (1, tokens, 1)], weights: [],
    multiplyAdds: tokens * tokens * inner
  ) { tape, x, _ in tape.toeplitzMix(x[0], forward: x[1], backward: x[2], scale: 0.01) }

  /// `multiplyAdds` for each number of the matrix, beside the product with it.
  private static func matrix(
    _ name: String, multiplyAdds: Int,
    _ rule: @escaping @Sendable (Tensor, Tensor) -> MixingRule
  ) -> OperationBenchmark {
    OperationBenchmark(
      file: "MatrixMix", description: "\(name) matrix, L \(tokens)",
      activations: [(1, tokens, inner), (1, tokens, rank), (1, tokens, rank)], weights: [],
      multiplyAdds: tokens * tokens * (inner + multiplyAdds)
    ) { tape, x, _ in tape.matrixMix(x[0], by: rule(x[1], x[2]), heads: 1, scale: 0.01) }
  }
}
