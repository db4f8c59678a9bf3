import Autodiff
import Foundation
import Models
import Support
import Testing

/// Small models of every mixer, with shapes for which mistakes in parallel forms show.
struct ModelCase: Sendable, CustomTestStringConvertible {
  let values: [String: SettingValue]
  let length: Int

  var testDescription: String { "\(SettingValue.object(values)) length \(length)" }

  init(_ kind: String, _ length: Int, layers: Int = 2, _ mixer: [String: SettingValue] = [:]) {
    self.length = length
    values = [
      "kind": .string(kind), "d_model": 12, "n_layers": .int(layers), "vocab_size": 11,
      "max_length": .int(length),
    ].merging(mixer) { $1 }
  }

  func configuration() throws -> ModelConfiguration {
    WorkedExample.register()
    return try ModelConfiguration(values)
  }

  /// Whether a result has the same bits whatever comes later: a Fourier transform rounds by the whole sequence.
  var isCausalToTheBit: Bool {
    !["-1", "hyena", "h3"].contains { testDescription.contains($0) }
  }

  static let all: [ModelCase] =
    [1, 2, 17, 70].map { ModelCase("attention", $0, ["num_heads": 1]) }
    + [
      ModelCase("attention", 33, layers: 1, ["num_heads": 3]),
      ModelCase("attention", 33, ["position_embedding": "sinusoidal", "position_std": 0.5]),
    ]
    + [1, 5, 16, 67].map { ModelCase("mamba", $0, ["d_state": 4]) }
    + [
      ModelCase("mamba", 9, ["d_state": 1, "expand": 3]), ModelCase("mamba", 20, ["d_state": 17]),
    ]
    + [1, 7, 23, 64].flatMap { chunk in
      [1, 7, 23, 64, 70].map {
        ModelCase("ssd", $0, ["d_state": 5, "headdim": 8, "chunk_length": .int(chunk)])
      }
    }
    + [
      ModelCase("ssd", 19, ["d_state": 6, "headdim": 4, "ngroups": 3, "chunk_length": 7]),
      ModelCase("ssd", 19, ["d_state": 3, "headdim": 1, "expand": 1, "chunk_length": 5]),
      ModelCase("ssd", 12, ["d_state": 2, "headdim": 24, "chunk_length": 12]),
    ] + recurrences + convolutions + hybrids + blocks + fixtures + matrices + bidirectional

  /// Lengths of one and two tokens, ragged ones, and chunks of all lengths.
  private static func lengths(
    _ kind: String, _ mixer: [String: SettingValue], chunks: [Int] = [7, 16, 64]
  ) -> [ModelCase] {
    [1, 2, 70].map { ModelCase(kind, $0, mixer) }
      + chunks.map { chunk in
        ModelCase(kind, 33, mixer.merging(["chunk_length": .int(chunk)]) { $1 })
      }
      + [ModelCase(kind, 17, layers: 1, mixer.merging(["chunk_length": 1]) { $1 })]
  }

  private static let recurrences: [ModelCase] =
    lengths("linear_attention", ["feature_dim": 5])
    + lengths("linear_attention", ["feature_dim": 3, "num_heads": 3, "feature_name": "pos_elu"])
    + [ModelCase("linear_attention", 9, ["feature_dim": 2, "num_heads": 2])]
    + lengths("retnet", ["num_heads": 2]) + [
      ModelCase("retnet", 20, ["num_heads": 3, "expand_v": 1])
    ]
    + lengths("gla", ["num_heads": 2, "gate_low_rank_dim": 3])
    + [ModelCase("gla", 20, ["num_heads": 3, "expand_k": 1, "gate_logit_normalizer": 0.1])]
    + lengths("deltanet", ["num_heads": 2])
    + [
      ModelCase(
        "deltanet", 20,
        [
          "num_heads": 3, "expand_k": 2, "expand_v": 0.5, "use_gate": true,
          "allow_neg_eigval": true, "conv_size": 3,
        ])
    ]
    + lengths("gated_deltanet", ["num_heads": 2, "use_gate": false])
    + [
      ModelCase(
        "gated_deltanet", 20,
        ["num_heads": 3, "head_dim": 5, "expand_v": 1, "allow_neg_eigval": true])
    ]
    + lengths("kda", ["num_heads": 2])
    + [
      ModelCase(
        "kda", 20, ["num_heads": 3, "head_dim": 6, "expand_v": 0.5, "allow_neg_eigval": true])
    ]
    + lengths("rwkv7", rwkv, chunks: [7, 16, 32])
    + [
      ModelCase("rwkv7", 20, layers: 3, rwkv.merging(["value_residual": false]) { $1 }),
      ModelCase("rwkv7", 20, layers: 3, rwkv.merging(["init": "zoology", "head_dim": 12]) { $1 }),
    ]

  private static let rwkv: [String: SettingValue] = [
    "head_dim": 4, "decay_low_rank_dim": 3, "a_low_rank_dim": 3, "v_low_rank_dim": 2,
    "gate_low_rank_dim": 5,
  ]

  private static let convolutions: [ModelCase] =
    [1, 2, 17, 70].flatMap { length in
      [
        ModelCase("sliding_window", length, ["window_size": 5]),
        ModelCase("base_conv", length, ["kernel_size": [3, -1]]),
        ModelCase("hyena", length, ["filter_order": 5]),
        ModelCase("h3", length, ["d_state": 4]),
      ]
    } + [
      ModelCase("sliding_window", 70, ["window_size": 1, "num_heads": 3]),
      ModelCase("sliding_window", 33, ["window_size": 33, "num_heads": 2]),
      ModelCase("sliding_window", 20, ["window_size": 64]),
      ModelCase("base_conv", 20, layers: 3, ["kernel_size": 1]),
      ModelCase("base_conv", 20, layers: 3, ["kernel_size": [-1, 4, -1], "filter_init": "torch"]),
      ModelCase("hyena", 20, ["filter_order": 16, "filter_init": "torch"]),
      ModelCase("h3", 20, ["d_state": 12, "head_dim": 3]),
      ModelCase("h3", 20, ["d_state": 2, "head_dim": 1]),
    ]

  /// The mixers of the catalogue, and the worked example.
  static let kinds = MixerCatalog.builtIn.map { $0.kind } + [WorkedExample.kind]

  /// The name of a kind's fixture.
  static func fixture(_ kind: String) -> String {
    kind == "bidirectional_ssd" ? "bidirectional_ssd_add" : kind
  }

  /// Of other settings of matrix mixers.
  static let otherMatrixFixtures = [
    "bidirectional_ssd_multiply", "bidirectional_ssd_concat", "quasiseparable_di", "low_rank_di",
    "matrix_attention_di", "toeplitz_di", "cauchy_di", "vandermonde_dft",
  ]

  /// The model of each mixer's fixture, so that a mixer is tested as soon as it has one.
  private static let fixtures: [ModelCase] = kinds.flatMap { kind in
    let keys = keys(ofFixture: fixture(kind))
    let own = keys.filter { !["kind", "vocab_size", "max_length"].contains($0.key) }
    return [1, 7, 70].map { ModelCase(kind, $0, own) }
  }

  static func keys(ofFixture name: String) -> [String: SettingValue] {
    let file = Bundle.module.resourceURL!.appending(path: "Fixtures/\(name).json")
    return try! JSONDecoder().decode([String: SettingValue].self, from: Data(contentsOf: file))
  }

  private static let entries: [SettingValue] = [
    ["kind": "ssd", "d_state": 5, "headdim": 8, "ngroups": 3, "chunk_length": 7],
    ["kind": "attention", "num_heads": 3], ["kind": "mamba", "d_state": 3],
  ]

  /// Fewer layers than entries, as many, and more, so that the last layer is of each kind.
  private static let hybrids: [ModelCase] =
    [1, 2, 3, 5].map { layers in
      ModelCase("hybrid", 19, layers: layers, ["mixers": .array(entries)])
    } + [
      ModelCase(
        "hybrid", 33,
        ["mixers": .array(entries.reversed()), "position_embedding": "sinusoidal"]),
      ModelCase("hybrid", 9, ["mixers": .array([entries[2]]), "block": "pre_norm"]),
    ] + others.map { ModelCase("hybrid", 19, ["mixers": .array([["kind": "base_conv"], $0])]) }
    + [
      // The second mixer of its kind gets what the first one gave, over other layers.
      ModelCase("hybrid", 19, layers: 6, ["mixers": .array([["kind": "base_conv"]] + others)]),
      ModelCase(
        "hybrid", 19, layers: 7,
        ["mixers": .array([["kind": "base_conv", "kernel_size": [3, -1]], others[0], others[1]])]),
    ]

  private static let others: [SettingValue] = [
    .object(rwkv.merging(["kind": "rwkv7"]) { $1 }), ["kind": "hyena", "filter_order": 5],
    .object(rwkv.merging(["kind": "rwkv7", "head_dim": 6]) { $1 }),
    ["kind": "gated_deltanet", "num_heads": 2], ["kind": "h3", "d_state": 4],
    ["kind": "sliding_window", "window_size": 4], ["kind": "linear_attention", "feature_dim": 4],
    ["kind": "gla", "num_heads": 2], ["kind": "kda", "num_heads": 2],
    ["kind": "deltanet", "num_heads": 2], ["kind": "retnet", "num_heads": 2],
  ]

  /// Mixers that see later tokens. Sequences are also shorter than the longest, on which M2's filters depend.
  private static let bidirectional: [ModelCase] =
    (1...40).flatMap { length in
      [
        ModelCase("attention", length, ["causal": false, "num_heads": 3, "max_length": 41]),
        ModelCase("bert", length, layers: 1, ["num_heads": 2, "d_ff": 7, "max_length": 40]),
        ModelCase(
          "m2", length, layers: 1, m2.merging(["block": "common", "max_length": 41]) { $1 }),
      ]
    } + [
      ModelCase("attention", 130, ["causal": false, "block": "common"]),
      ModelCase("bert", 70, ["num_heads": 3, "mlm_head": true]),
      ModelCase("bert", 13, ["mlp": "glu"]), ModelCase("bert", 13, ["mlp": "none"]),
      ModelCase("bert", 13, ["frame": "plain"]),
      ModelCase("bert", 13, ["frame": "plain", "block": "zoology"]),
      ModelCase("m2", 19, m2), ModelCase("m2", 20, m2.merging(["mlp": "glu", "d_ff": 10]) { $1 }),
      ModelCase("m2", 20, m2.merging(["mlp": "gelu", "mlm_head": true]) { $1 }),
      ModelCase("m2", 33, m2.merging(["residual_long_conv": false, "max_length": 50]) { $1 }),
      ModelCase("m2", 20, m2.merging(["block": "zoology", "emb_dim": 3]) { $1 }),
      ModelCase("m2", 70, ["block": "m2", "frame": "plain", "mlp": "swiglu", "filter_order": 6]),
      // A causal mixer in BERT's frame, and a hybrid of both kinds.
      ModelCase(
        "ssd", 19, ["headdim": 8, "block": "post_norm", "frame": "bert", "mlm_head": true]),
      ModelCase(
        "hybrid", 19, layers: 3,
        [
          "mixers": [
            ["kind": "m2", "filter_order": 4], ["kind": "gla", "num_heads": 2], ["kind": "bert"],
          ]
        ]),
    ]

  private static let m2: [String: SettingValue] = ["filter_order": 5, "emb_dim": 7]

  /// Every block with every channel mixer.
  private static let blocks: [ModelCase] = ["zoology", "pre_norm", "post_norm"].flatMap { block in
    ChannelMixerKind.allCases.flatMap { mlp in
      entries.map { entry in
        guard case .object(var keys) = entry, case .string(let kind)? = keys["kind"] else {
          preconditionFailure("an entry without a kind")
        }
        keys["kind"] = nil
        keys["block"] = .string(block)
        keys["mlp"] = .string(mlp.rawValue)
        if kind != "attention", mlp != .none { keys["d_ff"] = 20 }
        return ModelCase(kind, 13, keys)
      }
    }
  }
}

/// A model with random weights and tokens.
struct ModelTrial {
  let model: LanguageModel
  let values: ParameterBuffer
  let length: Int
  var batch: Int
  var tokens: [Int32]

  init(_ test: ModelCase, batch: Int) throws {
    model = LanguageModel(try test.configuration())
    values = model.initialValues(seed: 3)
    length = test.length
    self.batch = batch
    var stream = RandomStream(5)
    tokens = (0..<(batch * length)).map { _ in Int32(stream.below(11)) }
    // Many initial values are 0 or 1, which could hide mistakes.
    for parameter in model.parameters where parameter.isTrained {
      // Three sines of frequency 10 would make rounding a thousand times larger.
      if parameter.name.hasSuffix(".freq") { values.elements(of: parameter).update(repeating: 1) }
      for index in values.elements(of: parameter).indices {
        values.elements(of: parameter)[index] += Float(0.3 * stream.normal())
      }
    }
  }

  /// Logits at every position [batch, length, V].
  func logits() -> [Float] {
    let labels = [Int32](repeating: 0, count: tokens.count)
    var logits = [Float](repeating: .nan, count: tokens.count * 11)
    let tape = Tape(arena: Arena(), parameters: values.values)
    model.logits(tokens, labels: labels, batch: batch, length: length, into: &logits, on: tape)
    return logits
  }
}
