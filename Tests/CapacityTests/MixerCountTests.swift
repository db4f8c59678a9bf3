import Autodiff
import Capacity
import Models
import Support
import Testing

/// State, parameters and decoding of each mixer at d 16, counted by hand from the papers' equations.
@Suite struct MixerCountTests {
  private static let (length, d, vocabulary) = (40, 16, 64)

  struct Count: Sendable, CustomTestStringConvertible {
    let kind: String
    let keys: [String: SettingValue]
    /// Weights of projections and convolutions, each multiplied once a token.
    let weights: Int
    /// Multiply-adds of a token besides them.
    let recurrence: Int
    /// Biases, norms and all else that is learned.
    let others: Int
    let state: [StatePart: Int]
    var layers = 1

    var testDescription: String { "\(kind) \(SettingValue.object(keys))" }
  }

  private static let counts: [Count] = [
    Count(
      kind: "sliding_window", keys: ["window_size": 8, "num_heads": 2], weights: 4 * 256,
      recurrence: 2 * 16 * 7, others: 4 * 16, state: [.keyValueCache: 2 * 16 * 7]),
    // F = 1 + 4 + 10 features, V = 8.
    Count(
      kind: "linear_attention", keys: ["feature_dim": 4, "num_heads": 2],
      weights: 2 * 8 * 16 + 2 * 256, recurrence: 2 * 2 * 15 * 9, others: 0,
      state: [.recurrence: 2 * 15 * 9]),
    Count(
      kind: "linear_attention",
      keys: ["feature_dim": 4, "num_heads": 2, "feature_name": "pos_elu"],
      weights: 2 * 8 * 16 + 2 * 256, recurrence: 2 * 2 * 4 * 9, others: 0,
      state: [.recurrence: 2 * 4 * 9]),
    Count(
      kind: "retnet", keys: ["num_heads": 2], weights: 2 * 256 + 3 * 512,
      recurrence: 3 * 2 * 8 * 16, others: 16, state: [.recurrence: 2 * 8 * 16, .position: 1]),
    Count(
      kind: "gla", keys: ["num_heads": 2], weights: 2 * 128 + 3 * 256 + 256 + 8 * 16,
      recurrence: 3 * 2 * 4 * 8, others: 8 + 8, state: [.recurrence: 2 * 4 * 8]),
    Count(
      kind: "deltanet", keys: ["num_heads": 2], weights: 4 * 256 + 2 * 16 + 3 * 64,
      recurrence: 3 * 2 * 8 * 8, others: 8,
      state: [.recurrence: 2 * 8 * 8, .convolution: 3 * 48]),
    Count(
      kind: "gated_deltanet", keys: ["num_heads": 2],
      weights: 2 * 256 + 3 * 512 + 2 * 2 * 16 + 4 * 64, recurrence: 4 * 2 * 8 * 16,
      others: 16 + 2 + 2, state: [.recurrence: 2 * 8 * 16, .convolution: 3 * 64]),
    Count(
      kind: "kda", keys: ["num_heads": 2], weights: 4 * 256 + 2 * 16 + 3 * 64 + 4 * 8 * 16,
      recurrence: 4 * 2 * 8 * 8, others: 16 + 2 + 16 + 8,
      state: [.recurrence: 2 * 8 * 8, .convolution: 3 * 48]),
    // Six shifts, k_k, k_a, r_k, the norm; biases of decay and rate, in the second layer of the values' mixture.
    Count(
      kind: "rwkv7",
      keys: [
        "head_dim": 8, "decay_low_rank_dim": 3, "a_low_rank_dim": 3, "v_low_rank_dim": 2,
        "gate_low_rank_dim": 5,
      ], weights: 2 * (4 * 256 + 2 * 16 * (3 + 3 + 5)) + 2 * 16 * 2,
      recurrence: 2 * 5 * 16 * 8, others: 2 * (11 * 16 + 2 * 16) + 16,
      state: [.recurrence: 2 * 16 * 8, .shift: 2 * 16], layers: 2),
    Count(
      kind: "base_conv", keys: ["kernel_size": 3], weights: 256 + 48, recurrence: 0,
      others: 2 * 16, state: [.convolution: 2 * 16]),
    Count(
      kind: "base_conv", keys: ["kernel_size": -1], weights: 256, recurrence: 40 * 16,
      others: 16 + (16 * 3 + 16) + (16 * 16 + 16), state: [.inputs: 40 * 16]),
    Count(
      kind: "hyena", keys: ["filter_order": 5], weights: 3 * 256 + 3 * 48 + 256,
      recurrence: 40 * 16,
      others: 48 + 48 + 16 + 16 + (15 + 5) + 2 * (25 + 5) + 80 + 5 + 3 * 40,
      state: [.inputs: 40 * 16, .convolution: 2 * 48]),
    // 8 heads of 2; the shift, an input and an output each; the second state space, half a complex product more.
    Count(
      kind: "h3", keys: ["d_state": 4], weights: 4 * 256,
      recurrence: 2 * 64 + 4 * 2 * 16 * 4 + 2 * 2 * 16,
      others: 4 * 16 + 2 * 64 + 16 + 8 + 2 * 16 + 2 * 32 + 8,
      state: [.recurrence: 2 * 16 * 4, .convolution: 64]),
  ]

  @Test(arguments: counts)
  func isWhatTheEquationsImply(_ count: Count) throws {
    let (d, layers) = (Self.d, count.layers)
    let configuration = try model(
      count.kind, count.keys.merging(["d_model": .int(d), "n_layers": .int(layers)]) { $1 })
    let cost = try ModelCost(configuration, length: Self.length, labelled: 3)
    let head = Self.vocabulary * d
    #expect(cost.decodeMultiplyAdds == Double(head + count.weights + count.recurrence))
    // Embedding, the final norm, two norms a layer.
    let around = head + 2 * d + layers * 4 * d
    #expect(cost.parameters == around + count.weights + count.others)
    let state = try StateMeasurement(configuration, longest: Self.length)
      .after(tokens: Self.length)
    for part in state.parts { #expect(state[part] == count.state[part] ?? 0, "\(part.key)") }
    #expect(state.scalars == count.state.values.reduce(0, +))
  }

  /// What zoology's formulas leave out: short convolutions, the normaliser, H3's second factor P; a window's cache
  /// counts keys and values, BaseConv's one input too many, RWKV-7 d² whatever the heads.
  @Test(arguments: [
    ("sliding_window", 2 * 16 * 7), ("linear_attention", 15 * 16), ("deltanet", 128),
    ("gated_deltanet", 256), ("base_conv", 3 * 16), ("hyena", 40 * 16), ("h3", 16 * 4),
    ("retnet", 256), ("rwkv7", 16 * 16),
  ])
  func zoologysFormulas(kind: String, scalars: Int) throws {
    let count = try #require(Self.counts.first { $0.kind == kind })
    let configuration = try model(
      kind, count.keys.merging(["d_model": .int(Self.d), "n_layers": 1]) { $1 })
    let state = try StateMeasurement(configuration, longest: Self.length)
      .after(tokens: Self.length)
    #expect(try CapacityConvention.zoology.scalars(of: state, configuration) == Double(scalars))
  }

  /// Every convention counts the inputs of a long convolution; those of short ones count in `exact` alone.
  @Test(arguments: [("base_conv", ["kernel_size": -1], 0), ("hyena", [:], 2 * 3 * 16)])
  func allInputsOfALongConvolutionCount(
    kind: String, keys: [String: SettingValue], recent: Int
  ) throws {
    let configuration = try model(
      kind, keys.merging(["d_model": .int(Self.d), "n_layers": 1]) { $1 })
    let state = try StateMeasurement(configuration, longest: Self.length)
      .after(tokens: Self.length)
    let counts = try [CapacityConvention.modelChannels, .innerChannels, .exact].map {
      try $0.scalars(of: state, configuration)
    }
    #expect(counts == [640, 640, Double(640 + recent)])
  }
}
