/// One use of an operation at the size that a training pass of the usual models gives it.
package struct OperationBenchmark: Sendable {
  /// The operation's file.
  package let file: String
  package let description: String
  package let activations: [(batch: Int, time: Int, channels: Int)]
  package let weights: [[Int]]
  /// Of the forward pass, counted from the shapes; the backward pass has twice as many.
  package let multiplyAdds: Int
  package let run: @Sendable (Tape, [Tensor], [Parameter]) -> Tensor
}

extension OperationCatalog {
  private static let time = 1024
  private static let d = 64

  /// At least one use of every operation: sequences of 1024 tokens, d_model 64, inner 128, V 8192, 256 labels.
  package static let benchmarks: [OperationBenchmark] =
    [
      linear(d, 3 * d), linear(d, 386), linear(2 * d, d),
      attention(batch: 1, time: time), attention(batch: 4, time: 64),
      ssd(states: 64), ssd(states: 256), ssd(batch: 4, time: 64, states: 16), scan(states: 16),
      crossEntropy(words: 8192, labelled: 256), convolution(channels: 256), residualNorm, gatedNorm,
      embedding, gather, dropout, activation, blockDiagonalLinear,
    ]

  private static func linear(_ inputs: Int, _ outputs: Int) -> OperationBenchmark {
    OperationBenchmark(
      file: "Linear", description: "linear \(inputs)→\(outputs)",
      activations: [(1, time, inputs)], weights: [[outputs, inputs]],
      multiplyAdds: time * inputs * outputs
    ) { tape, x, w in tape.linear(x[0], weight: w[0]) }
  }

  private static var activation: OperationBenchmark {
    OperationBenchmark(
      file: "GatedActivation", description: "GELU gate",
      activations: [(1, time, 4 * d), (1, time, 4 * d)], weights: [], multiplyAdds: 0
    ) { tape, x, _ in tape.activation(.gelu, of: x[0], times: x[1]) }
  }

  private static var blockDiagonalLinear: OperationBenchmark {
    OperationBenchmark(
      file: "BlockDiagonalLinear", description: "block-diagonal linear \(d)→\(8 * d), 4 blocks",
      activations: [(1, time, d)], weights: [[4, 2 * d, d / 4]],
      multiplyAdds: time * 2 * d * d
    ) { tape, x, w in tape.blockDiagonalLinear(x[0], weight: w[0]) }
  }

  private static func attention(batch: Int, time: Int) -> OperationBenchmark {
    OperationBenchmark(
      file: "Attention", description: "attention, L \(time)",
      activations: [(batch, time, 3 * d)], weights: [],
      multiplyAdds: batch * time * (time + 1) * d
    ) { tape, x, _ in tape.causalAttention(x[0], heads: 1) }
  }

  private static func ssd(batch: Int = 1, time: Int = time, states: Int) -> OperationBenchmark {
    let (inner, heads, chunk) = (2 * d, 2, 64)
    let pairs = batch * (time / chunk) * chunk * (chunk + 1) / 2
    let crossing = 2 * batch * (time - chunk) * states * inner
    return OperationBenchmark(
      file: "SSD", description: "SSD, N \(states), L \(time)",
      activations: [
        (batch, time, inner), (batch, time, heads), (batch, time, states), (batch, time, states),
      ],
      weights: [[heads], [heads], [heads]], multiplyAdds: pairs * (states + inner) + crossing
    ) { tape, x, w in
      tape.ssd(
        x[0], timeStep: x[1], B: x[2], C: x[3], decay: w[0], skip: w[1], timeStepBias: w[2],
        headDimension: inner / heads, groups: 1)
    }
  }

  /// Three multiply-adds per state scalar: decay, input, output.
  private static func scan(states: Int) -> OperationBenchmark {
    let inner = 2 * d
    return OperationBenchmark(
      file: "SelectiveScan", description: "selective scan, N \(states)",
      activations: [
        (1, time, inner), (1, time, inner), (1, time, states), (1, time, states), (1, time, inner),
      ],
      weights: [[inner, states], [inner]], multiplyAdds: 3 * time * inner * states
    ) { tape, x, w in
      tape.selectiveScan(
        x[0], timeStep: x[1], B: x[2], C: x[3], gate: x[4], decay: w[0], skip: w[1])
    }
  }

  private static func crossEntropy(words: Int, labelled: Int) -> OperationBenchmark {
    let labels = (0..<time).map { $0 < labelled ? Int32($0 * 31 % words) : -1 }
    return OperationBenchmark(
      file: "CrossEntropy", description: "cross-entropy, V \(words), \(labelled) labels",
      activations: [(1, time, d)], weights: [[words, d]], multiplyAdds: labelled * words * d
    ) { tape, x, w in
      tape.crossEntropy(x[0], labels: labels, words: w[0], weight: 1 / Float(labelled))
    }
  }

  private static func convolution(channels: Int) -> OperationBenchmark {
    OperationBenchmark(
      file: "Convolution", description: "convolution + SiLU, \(channels) channels",
      activations: [(1, time, channels)], weights: [[channels, 1, 4], [channels]],
      multiplyAdds: 4 * time * channels
    ) { tape, x, w in tape.causalConvolution(x[0], weight: w[0], bias: w[1]) }
  }

  private static let residualNorm = OperationBenchmark(
    file: "ResidualNorm", description: "residual + RMSNorm",
    activations: [(1, time, d), (1, time, d)],
    weights: [[d]], multiplyAdds: 3 * time * d
  ) { tape, x, w in
    tape.residualNorm(x[0], residual: x[1], Normalization(weight: w[0]), keepsResidual: false)
      .normed
  }

  private static let gatedNorm = OperationBenchmark(
    file: "GatedNorm", description: "gated RMSNorm",
    activations: [(1, time, 2 * d), (1, time, 2 * d)], weights: [[2 * d]],
    multiplyAdds: 4 * time * 2 * d
  ) { tape, x, w in tape.gatedRMSNorm(x[0], gate: x[1], weight: w[0], groups: 1) }

  private static let embedding = OperationBenchmark(
    file: "Embedding", description: "embedding", activations: [],
    weights: [[time, d], [time, d]],
    multiplyAdds: time * d
  ) { tape, _, w in
    let tokens = tape.arena.allocate(time, of: Int32.self)
    for index in 0..<time { tokens[index] = Int32(index * 31 % time) }
    return tape.embedding(tokens, batch: 1, time: time, words: w[0], positions: w[1])
  }

  private static let gather = OperationBenchmark(
    file: "Gather", description: "gather", activations: [(1, time, d)], weights: [],
    multiplyAdds: 0
  ) { tape, x, _ in
    tape.gather(.every(1, batch: 1, time: time, on: tape), of: x[0])
  }

  private static let dropout = OperationBenchmark(
    file: "Dropout", description: "dropout", activations: [(1, time, d)], weights: [],
    multiplyAdds: time * d
  ) { tape, x, _ in
    tape.dropout = DropoutStream(key: 1, firstExample: 0)
    return tape.dropout(x[0], rate: 0.1)
  }
}

/// Memory with operands for one benchmark, to run it again and again.
package final class OperationRunner {
  private let benchmark: OperationBenchmark
  private let arena = Arena()
  private let tape: Tape
  private let values: ParameterBuffer
  private let gradients: ParameterBuffer
  private let handles: [Parameter]
  private var result: Tensor?
  /// Bytes of operands and results that must be read or written at least, forward and backward.
  package private(set) var bytes = 0
  /// Bytes of operands, results and the gradients of both.
  package private(set) var footprint = 0

  package init(_ benchmark: OperationBenchmark) {
    self.benchmark = benchmark
    let layout = ParameterLayout()
    handles = benchmark.weights.enumerated().map {
      layout.add("w\($0)", $1, .uniform(bound: 0.5))
    }
    values = ParameterBuffer(count: layout.count)
    gradients = ParameterBuffer(count: layout.count)
    values.initialize(layout.parameters, seed: 0)
    tape = Tape(arena: arena, parameters: values.values, gradients: gradients.values)
    for _ in 0..<2 {
      forward()
      backward()
    }
    let operands = benchmark.activations.reduce(0) { $0 + $1.batch * $1.time * $1.channels }
    let results = result!.rows * result!.channels
    let learned = handles.reduce(0) { $0 + $1.count }
    // Forward reads operands and writes results; backward reads both gradients' sides, and adds to weights'.
    bytes = 4 * ((operands + learned + results) + (2 * operands + results + 3 * learned))
    footprint = 8 * (operands + learned + results)
  }

  package func forward() {
    tape.reset()
    // The same places every time.
    let activations = benchmark.activations.map {
      tape.tensor(batch: $0.batch, time: $0.time, channels: $0.channels)
    }
    if result == nil {
      for x in activations {
        for index in 0..<x.rows * x.channels { x.values[index] = Float(index % 17) / 17 - 0.5 }
      }
    }
    result = benchmark.run(tape, activations, handles)
  }

  package func backward() {
    let y = result!
    _ = tape.accumulates(y)
    for row in 0..<y.rows {
      (y.gradient + row * y.rowStride).update(repeating: 1, count: y.channels)
    }
    tape.backward()
  }
}
