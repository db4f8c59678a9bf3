extension OperationBenchmark {
  /// Linear recurrences with two heads of 64 × 64 states, and long convolutions.
  static let recurrences: [OperationBenchmark] = [
    linearAttention("no decay", gates: 0) { _ in .none },
    linearAttention("a decay per head", gates: 2) { .perHead($0) },
    linearAttention("a decay per channel", gates: 2 * d) { .perChannel($0) },
    taylorAttention,
    deltaRule("no decay", gates: 0) { _ in .none },
    deltaRule("a decay per head", gates: 2) { .perHead($0) },
    deltaRule("a decay per channel", gates: 2 * d) { .perChannel($0) },
    diagonalPlusLowRank, longConvolution,
  ]

  /// Multiply-adds of a chunk's causal half, per channel of the pairs or of what they are multiplied by.
  private static func pairs(chunk: Int) -> Int { length / chunk * chunk * (chunk + 1) / 2 }

  private static func linearAttention(
    _ what: String, gates: Int, decay: @escaping @Sendable (Tensor) -> LogDecay
  ) -> OperationBenchmark {
    let (heads, width) = (2, 2 * d)
    return OperationBenchmark(
      file: "LinearAttention", description: "linear attention, \(what)",
      activations: .init(repeating: (1, length, width), count: 3) + [(1, length, max(1, gates))],
      weights: [], multiplyAdds: pairs(chunk: 64) * 2 * width + 2 * length * d * width,
      inputScale: 0.1
    ) { tape, x, _ in tape.linearAttention(x[0], x[1], x[2], heads: heads, decay: decay(x[3])) }
  }

  private static let taylorAttention = OperationBenchmark(
    file: "LinearAttention", description: "Taylor attention, 16 features",
    activations: [(1, length, 16), (1, length, 16), (1, length, d)], weights: [],
    multiplyAdds: pairs(chunk: 64) * (16 + d) + 2 * length * 153 * d
  ) { tape, x, _ in
    tape.linearAttention(x[0], x[1], x[2], heads: 1, features: .taylor, normalized: true)
  }

  private static func deltaRule(
    _ what: String, gates: Int, decay: @escaping @Sendable (Tensor) -> LogDecay
  ) -> OperationBenchmark {
    let (heads, width) = (2, 2 * d)
    return OperationBenchmark(
      file: "DeltaRule", description: "delta rule, \(what)",
      activations: .init(repeating: (1, length, width), count: 3)
        + [(1, length, heads), (1, length, max(1, gates))],
      weights: [], multiplyAdds: pairs(chunk: 64) * 4 * width + 3 * length * d * width,
      inputScale: 0.1
    ) { tape, x, _ in
      tape.deltaRule(x[0], x[1], x[2], beta: x[3], heads: heads, decay: decay(x[4]))
    }
  }

  private static let diagonalPlusLowRank = OperationBenchmark(
    file: "DiagonalPlusLowRank", description: "diagonal plus low rank",
    activations: .init(repeating: (1, length, 2 * d), count: 6), weights: [],
    multiplyAdds: pairs(chunk: 32) * 8 * 2 * d + 4 * length * d * 2 * d, inputScale: 0.1
  ) { tape, x, _ in
    tape.diagonalPlusLowRank(
      r: x[0], logDecay: x[1], k: x[2], v: x[3], removal: x[4], rate: x[5], heads: 2)
  }

  /// The arithmetic is counted as that of products with Toeplitz matrices; Fourier transforms need far less.
  private static let longConvolution = OperationBenchmark(
    file: "LongConvolution", description: "long convolution",
    activations: [(1, length, d), (1, length, d)], weights: [[d]],
    multiplyAdds: length * (length + 1) / 2 * d
  ) { tape, x, w in tape.longConvolution(x[0], kernel: x[1], skip: .weighted(w[0])) }
}

extension OperationBenchmark {
  /// What is done to every element, or nearly so.
  static let small: [OperationBenchmark] = [
    elementwise("SoftplusDecay", "softplus decay", operands: 1, exponentials: 2, weights: [[2]]) {
      tape, x, w in
      tape.softplusDecay(x[0], aLog: w[0])
    },
    elementwise("Sine", "sine", operands: 1, weights: [[2 * d]]) { tape, x, w in
      tape.sine(x[0], frequency: w[0])
    },
    elementwise("Product", "product", operands: 2) { tape, x, _ in tape.product(x[0], x[1]) },
    elementwise("Interpolate", "interpolation", operands: 3) { tape, x, _ in
      tape.interpolate(x[0], x[1], by: x[2])
    },
    elementwise("TokenShift", "token shift", operands: 1, weights: [[2 * d]]) { tape, x, w in
      tape.tokenShift(x[0], by: w)
    },
    elementwise("UnitNorm", "unit norm", operands: 1) { tape, x, _ in
      tape.unitNorm(x[0], heads: 2)
    },
    elementwise("NormGate", "RMS norm per head, gate", operands: 2, exponentials: 1, weights: [[d]])
    {
      tape, x, w in
      tape.rmsNormGate(x[0], gate: x[1], weight: w[0])
    },
    elementwise("GroupNorm", "group norm", operands: 1, weights: [[2 * d], [2 * d]]) {
      tape, x, w in
      tape.groupNorm(x[0], groups: 2, weight: w[0], bias: w[1], epsilon: 1e-5)
    },
    elementwise("Rotary", "rotary", operands: 1) { tape, x, _ in tape.rotary(x[0], rotations) },
    elementwise("BonusGate", "bonus and gate", operands: 5, weights: [[2, d]]) { tape, x, w in
      tape.bonusGate(x[0], r: x[1], k: x[2], v: x[3], gate: x[4], weight: w[0])
    },
  ]

  /// What makes the kernels of long convolutions.
  static let filters: [OperationBenchmark] = [
    OperationBenchmark(
      file: "ParameterRows", description: "rows of a parameter", activations: [],
      weights: [[1, length, d]], multiplyAdds: length * d
    ) { tape, _, w in tape.rows(length, of: w[0]) },
    OperationBenchmark(
      file: "DecayWindow", description: "decay window", activations: [(1, length, d)],
      weights: [], multiplyAdds: length * d
    ) { tape, x, _ in
      tape.decayWindow(x[0], times: windowTimes, rates: windowRates)
    },
    OperationBenchmark(
      file: "ShiftKernel", description: "shift kernel", activations: [],
      weights: [[d, d / 4], [1, d, d / 4]], multiplyAdds: d * d / 4 * d / 8
    ) { tape, _, w in tape.shiftKernel(inputs: w[0], outputs: w[1]) },
    // Convolutions counted as products with Toeplitz matrices.
    OperationBenchmark(
      file: "OuterStateSpace", description: "outer state space, 32 heads",
      activations: .init(repeating: (1, length, d), count: 3),
      weights: [[d / 2], [d / 2, 8], [d / 2, 8], [d / 2, 8, 2], [1, d / 2, 8, 2], [d / 2]],
      multiplyAdds: length * (length + 1) / 2 * 2 * d
    ) { tape, x, w in
      tape.outerStateSpace(
        x[0], x[1], x[2],
        DiagonalStateSpace(
          logStep: w[0], logReal: w[1], imaginary: w[2], inputs: w[3], outputs: w[4]),
        D: w[5])
    },
  ]

  private static let windowTimes = (0..<length).map { Float($0) / Float(length) }
  private static let windowRates = [Float](repeating: -5, count: d)
  private static let rotations = RotaryTable(length: length, width: d)

  /// One multiply-add an element and operand; `exponentials` an element in each pass.
  private static func elementwise(
    _ file: String, _ description: String, operands: Int, exponentials: Int = 0,
    weights: [[Int]] = [],
    run: @escaping @Sendable (Tape, [Tensor], [Parameter]) -> Tensor
  ) -> OperationBenchmark {
    OperationBenchmark(
      file: file, description: description,
      activations: .init(repeating: (1, length, 2 * d), count: operands), weights: weights,
      multiplyAdds: operands * length * 2 * d, exponentials: 2 * exponentials * length * 2 * d,
      run: run)
  }
}
