/// One use of an operation, with the sizes that it has in a training pass of common models.
package struct OperationBenchmark: Sendable {
  /// The operation's file.
  package let file: String
  package let description: String
  package let activations: [(batch: Int, length: Int, channels: Int)]
  package let weights: [[Int]]
  /// Multiply-adds of the forward pass, counted from the shapes. The backward pass has twice as many.
  package let multiplyAdds: Int
  /// Exponentials, sigmoids and the like of both passes; those that the forward pass keeps for the backward pass count once.
  package var exponentials = 0
  /// What the largest input is, about: recurrences must not grow.
  package var inputScale: Float = 0.5
  package let run: @Sendable (Tape, [Tensor], [Parameter]) -> Tensor
}

extension OperationBenchmark {
  static let length = 1024
  static let d = 64

  /// At least one use of every operation: sequences of 1024 tokens, d_model 64, 128 inner channels, V 8192, 256 labels.
  package static let all: [OperationBenchmark] =
    [
      linear(d, 3 * d), linear(d, 386), linear(2 * d, d),
      attention(batch: 1, length: length), attention(batch: 4, length: 64),
      ssd(states: 64), ssd(states: 256), ssd(batch: 4, length: 64, states: 16), scan(states: 16),
      crossEntropy(vocabulary: 8192, labelled: 256), convolution(channels: 256), residualNorm,
      gatedNorm,
      embedding, gather, dropout, activation, blockDiagonalLinear,
    ] + recurrences + small + filters + matrices

  private static func linear(_ inputs: Int, _ outputs: Int) -> OperationBenchmark {
    OperationBenchmark(
      file: "Linear", description: "linear \(inputs)→\(outputs)",
      activations: [(1, length, inputs)], weights: [[outputs, inputs]],
      multiplyAdds: length * inputs * outputs
    ) { tape, x, w in tape.linear(x[0], weight: w[0]) }
  }

  private static var activation: OperationBenchmark {
    OperationBenchmark(
      file: "GatedActivation", description: "GELU gate",
      activations: [(1, length, 4 * d), (1, length, 4 * d)], weights: [], multiplyAdds: 0,
      exponentials: 2 * length * 4 * d
    ) { tape, x, _ in tape.activation(.gelu, of: x[0], times: x[1]) }
  }

  private static var blockDiagonalLinear: OperationBenchmark {
    OperationBenchmark(
      file: "BlockDiagonalLinear", description: "block-diagonal linear \(d)→\(8 * d), 4 blocks",
      activations: [(1, length, d)], weights: [[4, 2 * d, d / 4]],
      multiplyAdds: length * 2 * d * d
    ) { tape, x, w in tape.blockDiagonalLinear(x[0], weight: w[0]) }
  }

  private static func attention(batch: Int, length: Int) -> OperationBenchmark {
    OperationBenchmark(
      file: "Attention", description: "attention, L \(length)",
      activations: [(batch, length, 3 * d)], weights: [],
      multiplyAdds: batch * length * (length + 1) * d,
      exponentials: batch * length * (length + 1) / 2
    ) { tape, x, _ in tape.causalAttention(x[0], heads: 1) }
  }

  private static func ssd(batch: Int = 1, length: Int = length, states: Int) -> OperationBenchmark {
    let (inner, heads, chunk) = (2 * d, 2, 64)
    let pairs = batch * (length / chunk) * chunk * (chunk + 1) / 2
    let crossing = 2 * batch * (length - chunk) * states * inner
    return OperationBenchmark(
      file: "SSD", description: "SSD, N \(states), L \(length)",
      activations: [
        (batch, length, inner), (batch, length, heads), (batch, length, states),
        (batch, length, states),
      ],
      weights: [[heads], [heads], [heads]], multiplyAdds: pairs * (states + inner) + crossing,
      // A decay for each pair of tokens and head.
      exponentials: 2 * heads * pairs
    ) { tape, x, w in
      tape.ssd(
        x[0], dt: x[1], B: x[2], C: x[3], aLog: w[0], D: w[1], dtBias: w[2],
        headDimension: inner / heads, groups: 1)
    }
  }

  /// Three multiply-adds per state scalar: decay, input, output.
  private static func scan(states: Int) -> OperationBenchmark {
    let inner = 2 * d
    return OperationBenchmark(
      file: "SelectiveScan", description: "selective scan, N \(states)",
      activations: [
        (1, length, inner), (1, length, inner), (1, length, states), (1, length, states),
        (1, length, inner),
      ],
      weights: [[inner, states], [inner]], multiplyAdds: 3 * length * inner * states,
      exponentials: 2 * length * inner * (states + 1)
    ) { tape, x, w in
      tape.selectiveScan(
        x[0], dt: x[1], B: x[2], C: x[3], gate: x[4], aLog: w[0], D: w[1])
    }
  }

  private static func crossEntropy(vocabulary: Int, labelled: Int) -> OperationBenchmark {
    let labels = (0..<length).map { $0 < labelled ? Int32($0 * 31 % vocabulary) : -1 }
    return OperationBenchmark(
      file: "CrossEntropy", description: "cross-entropy, V \(vocabulary), \(labelled) labels",
      activations: [(1, length, d)], weights: [[vocabulary, d]],
      multiplyAdds: labelled * vocabulary * d, exponentials: labelled * vocabulary
    ) { tape, x, w in
      tape.crossEntropy(x[0], labels: labels, tokenEmbedding: w[0], weight: 1 / Float(labelled))
    }
  }

  private static func convolution(channels: Int) -> OperationBenchmark {
    OperationBenchmark(
      file: "Convolution", description: "convolution + SiLU, \(channels) channels",
      activations: [(1, length, channels)], weights: [[channels, 1, 4], [channels]],
      multiplyAdds: 4 * length * channels, exponentials: 2 * length * channels
    ) { tape, x, w in tape.causalConvolution(x[0], weight: w[0], bias: w[1]) }
  }

  private static let residualNorm = OperationBenchmark(
    file: "ResidualNorm", description: "residual + RMSNorm",
    activations: [(1, length, d), (1, length, d)],
    weights: [[d]], multiplyAdds: 3 * length * d
  ) { tape, x, w in
    tape.residualNorm(x[0], residual: x[1], Normalization(weight: w[0]), keepsResidual: false)
      .normed
  }

  private static let gatedNorm = OperationBenchmark(
    file: "GatedNorm", description: "gated RMSNorm",
    activations: [(1, length, 2 * d), (1, length, 2 * d)], weights: [[2 * d]],
    multiplyAdds: 4 * length * 2 * d, exponentials: 2 * length * 2 * d
  ) { tape, x, w in tape.gatedRMSNorm(x[0], gate: x[1], weight: w[0], groups: 1) }

  private static let embedding = OperationBenchmark(
    file: "Embedding", description: "embedding", activations: [],
    weights: [[length, d], [length, d]],
    multiplyAdds: length * d
  ) { tape, _, w in
    let tokens = tape.arena.allocate(length, of: Int32.self)
    for index in 0..<length { tokens[index] = Int32(index * 31 % length) }
    return tape.embedding(tokens, batch: 1, length: length, tokenEmbedding: w[0], positions: w[1])
  }

  private static let gather = OperationBenchmark(
    file: "Gather", description: "gather", activations: [(1, length, d)], weights: [],
    multiplyAdds: 0
  ) { tape, x, _ in
    tape.gather(.every(1, batch: 1, length: length, on: tape), of: x[0])
  }

  private static let dropout = OperationBenchmark(
    file: "Dropout", description: "dropout", activations: [(1, length, d)], weights: [],
    multiplyAdds: length * d
  ) { tape, x, _ in
    tape.dropout = DropoutStream(key: 1, firstExample: 0)
    return tape.dropout(x[0], rate: 0.1)
  }
}

/// Runs one benchmark repeatedly on the same operands.
package final class OperationRunner {
  private let benchmark: OperationBenchmark
  private let arena = Arena()
  private let tape: Tape
  private let values: ParameterBuffer
  private let gradients: ParameterBuffer
  private let handles: [Parameter]
  private var result: Tensor?
  /// The least bytes that forward and backward pass move between cache levels for operands, results and gradients. What is
  /// written counts twice, because the cache fetches its lines first.
  package private(set) var bytes = 0
  /// Bytes of operands, results and their gradients together.
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
      setGradient()
      backward()
    }
    let operands = benchmark.activations.reduce(0) { $0 + $1.batch * $1.length * $1.channels }
    let results = result!.rows * result!.channels
    let learned = handles.reduce(0) { $0 + $1.count }
    // The forward pass reads operands and writes results. The backward pass reads operands and the results'
    // gradients, writes the operands' gradients, and adds to those of weights.
    bytes = 4 * ((operands + learned + 2 * results) + (3 * operands + results + 3 * learned))
    footprint = 8 * (operands + learned + results)
  }

  package func forward() {
    tape.reset()
    // Every call takes the same rows.
    let activations = benchmark.activations.map {
      tape.tensor(batch: $0.batch, length: $0.length, channels: $0.channels)
    }
    if result == nil {
      for x in activations {
        for index in 0..<x.rows * x.channels {
          x.values[index] = (Float(index % 17) / 17 - 0.5) * 2 * benchmark.inputScale
        }
      }
    }
    result = benchmark.run(tape, activations, handles)
  }

  /// What later operations would have left for the backward pass: 1 for every number of the result.
  package func setGradient() {
    let y = result!
    _ = tape.accumulates(y)
    for row in 0..<y.rows {
      (y.gradient + row * y.rowStride).update(repeating: 1, count: y.channels)
    }
  }

  package func backward() { tape.backward() }
}
