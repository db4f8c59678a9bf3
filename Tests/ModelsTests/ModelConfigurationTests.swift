import Autodiff
import Foundation
import Models
import Support
import Testing

@Suite struct ModelConfigurationTests {
  /// The layer with the most decides; a convolution has none.
  @Test func keyDimensionsOfHybrids() throws {
    func dimensions(_ mixers: SettingValue) throws -> Int? {
      try ModelConfiguration(["kind": "hybrid", "d_model": 64, "n_layers": 2, "mixers": mixers])
        .keyDimensions(length: 48)
    }
    let ssd: SettingValue = ["kind": "ssd", "d_state": 8, "ngroups": 2]
    let window: SettingValue = ["kind": "sliding_window", "window_size": 20, "num_heads": 2]
    #expect(try dimensions([ssd, ["kind": "base_conv"]]) == 16)
    #expect(try dimensions([ssd, window]) == 2 * 20)
    #expect(try dimensions([window, ["kind": "attention", "num_heads": 2]]) == 2 * 48)
    #expect(try dimensions([["kind": "base_conv"]]) == nil)
  }

  @Test(
    arguments: [
      (["kind": "mamba2"], "kind"), ([:], "kind"),
      (["kind": "attention", "num_heads": 5], "num_heads"),
      (["kind": "attention", "dropout": 1.0], "dropout"),
      (["kind": "mamba", "d_state": 0], "d_state"), (["kind": "ssd", "headdim": 7], "headdim"),
      (["kind": "ssd", "headdim": 8, "ngroups": 5], "ngroups"),
      (["kind": "ssd", "d_model": 33], "d_model"),
      (["kind": "ssd", "d_model": 33, "headdim": 8], "headdim"),
      (["kind": "ssd", "n_layers": 0], "n_layers"), (["kind": "ssd", "d_sate": 4], "d_sate"),
      (["kind": "ssd", "d_state": "big"], "d_state"),
      (["kind": "ssd", "block": "post"], "block"), (["kind": "ssd", "mlp": "swish"], "mlp"),
      (["kind": "ssd", "mlp": "monarch_glu", "mlp_blocks": 3], "mlp_blocks"),
      (["kind": "ssd", "mlp": "monarch_glu", "d_ff": 10], "mlp_blocks"),
      (["kind": "ssd", "d_ff": -1], "d_ff"), (["kind": "ssd", "mlm_head": true], "mlm_head"),
      (["kind": "ssd", "frame": "bert"], "block"), (["kind": "bert", "block": "common"], "block"),
      (["kind": "bert", "final_norm": "rms"], "final_norm"),
      (["kind": "m2", "mlp": "none"], "mlp"), (["kind": "m2", "emb_dim": 4], "emb_dim"),
      (["kind": "m2", "block": "common", "mlm_head": true], "mlm_head"),
      (["kind": "bert", "d_model": 33, "num_heads": 2], "num_heads"),
      (["kind": "mamba", "position_std": 0], "position_std"),
      (["kind": "mamba", "embedding_dropout": 1.0], "embedding_dropout"),
      (["kind": "ssd", "mixers": [["kind": "ssd"]]], "mixers"), (["kind": "hybrid"], "mixers"),
      (["kind": "hybrid", "mixers": []], "mixers"),
      (["kind": "hybrid", "mixers": "ssd"], "mixers"),
      (["kind": "hybrid", "mixers": ["ssd"]], "mixers[0]"),
      (["kind": "hybrid", "mixers": [["kind": "ssd"]], "d_state": 4], "d_state"),
      (["kind": "hybrid", "mixers": [["kind": "ssd"], ["kind": "sdd"]]], "mixers[1].kind"),
      (["kind": "hybrid", "mixers": [["d_state": 4]]], "mixers[0].kind"),
      (["kind": "hybrid", "mixers": [["kind": "hybrid"]]], "mixers[0].kind"),
      (["kind": "hybrid", "mixers": [["kind": "ssd", "d_model": 64]]], "mixers[0].d_model"),
      (
        ["kind": "hybrid", "mixers": [["kind": "mamba"], ["kind": "attention", "num_heads": 5]]],
        "mixers[1].num_heads"
      ),
      (["kind": "hybrid", "mixers": [["kind": "ssd", "d_state": 0]]], "mixers[0].d_state"),
      (["kind": "hybrid", "d_model": 33, "mixers": [["kind": "ssd"]]], "d_model"),
    ] as [([String: SettingValue], String)])
  func whatIsNotAllowedIsNamed(_ values: [String: SettingValue], _ key: String) throws {
    let error = #expect(throws: SettingsError.self) { try ModelConfiguration(values) }
    #expect(error?.key == key)
  }

  /// `common` is another name for pre-norm, and `own` for the mixer's published block.
  @Test func blocksHaveTwoMoreNames() throws {
    func block(_ kind: String, _ block: String) throws -> BlockKind {
      try ModelConfiguration(["kind": .string(kind), "block": .string(block)]).shape.block
    }
    #expect(try block("attention", "own") == .zoology && block("attention", "common") == .preNorm)
    #expect(try block("mamba", "own") == .preNorm && block("ssd", "zoology") == .zoology)
    let plain = try ModelConfiguration(["kind": "ssd"])
    for word in ["own", "common", "pre_norm"] {
      #expect(try ModelConfiguration(["kind": "ssd", "block": .string(word)]) == plain)
    }
  }

  /// M2 has BERT's embeddings and an MLP in its own block, and neither in others, where it is a mixer like others.
  @Test func defaultsOfM2AreThoseOfItsBlock() throws {
    func shape(_ keys: [String: SettingValue]) throws -> ModelShape {
      try ModelConfiguration(keys.merging(["kind": "m2"]) { $1 }).shape
    }
    for keys: [String: SettingValue] in [[:], ["block": "own"], ["block": "m2"]] {
      let own = try shape(keys)
      #expect(own.block == .m2 && own.frame == .bert && own.mlp == .monarchGLU)
      #expect(own.positionEmbedding == .learned && own.embeddingDropout == 0.1)
    }
    let common = try shape(["block": "common"])
    #expect(common.block == .preNorm && common.frame == .plain && common.mlp == .none)
    #expect(common.positionEmbedding == .none && common.embeddingDropout == 0)
    #expect(try shape(["block": "common", "mlp": "gelu"]).mlp == .gelu)
  }

  /// What differs from the defaults tells models apart: each of these has a hash of its own, and comes back from its
  /// record.
  @Test func defaultsTellModelsApart() throws {
    let models: [[String: SettingValue]] = [
      ["kind": "bert"], ["kind": "bert", "mlp": "none"], ["kind": "bert", "frame": "plain"],
      ["kind": "bert", "mlm_head": true], ["kind": "m2"], ["kind": "m2", "block": "common"],
      ["kind": "m2", "block": "zoology"], ["kind": "m2", "mlp": "glu"],
      ["kind": "m2", "frame": "plain"], ["kind": "attention"],
      ["kind": "attention", "causal": false],
    ]
    let configurations = try models.map { try ModelConfiguration($0) }
    #expect(
      Set(configurations.map { SettingValue.object($0.hashedValues).json }).count == models.count)
    for configuration in configurations {
      let record = try JSONEncoder().encode(configuration)
      #expect(try JSONDecoder().decode(ModelConfiguration.self, from: record) == configuration)
      // Short records leave out what has its default.
      #expect(try ModelConfiguration(record: configuration.hashedValues) == configuration)
    }
    #expect(
      try ModelConfiguration(["kind": "attention", "causal": true]).hashedValues
        == configurations[9].hashedValues)
  }

  /// Norms of BERT's embeddings and of M2's block have ε = 1e-12: the size of what they get does not matter.
  @Test func normsOfBERTAndM2HaveASmallEpsilon() throws {
    func logits(_ keys: [String: SettingValue], _ names: [String], factor: Float) throws -> [Float]
    {
      var trial = try ModelTrial(ModelCase("m2", 9, keys), batch: 1)
      if keys["kind"] != nil { trial = try ModelTrial(ModelCase("bert", 9), batch: 1) }
      for parameter in trial.model.parameters {
        let values = trial.values.elements(of: parameter)
        if parameter.name.contains(".wo.") { values.update(repeating: 0) }
        guard names.contains(where: { parameter.name.contains($0) }) else { continue }
        for index in values.indices { values[index] *= factor }
      }
      let isHead = names.contains("word_embeddings")
      return trial.logits().map { isHead ? $0 / factor : $0 }
    }
    let embeddings = ["word_embeddings", "position_embeddings", "token_type_embeddings"]
    for (keys, names): ([String: SettingValue], [String]) in [
      (["kind": "bert"], embeddings), ([:], embeddings), ([:], ["out_linear"]),
    ] {
      let pairs = try zip(logits(keys, names, factor: 1), logits(keys, names, factor: 1e-3))
      #expect(pairs.allSatisfy { abs($0 - $1) < 1e-3 }, "\(keys) \(names)")
    }
  }

  /// Every layer of a hybrid has zoology's block, no position embeddings, and parameter names with one more part.
  @Test func hybridsHaveZoologysBlock() throws {
    let keys: [String: SettingValue] = [
      "kind": "hybrid", "n_layers": 3, "vocab_size": 8, "max_length": 8,
      "mixers": [["kind": "mamba"], ["kind": "attention"]],
    ]
    let names = LanguageModel(try ModelConfiguration(keys)).parameters.map(\.name)
    func layer(_ index: Int, _ own: [String]) -> [String] {
      let names =
        own.map { "sequence_mixer.mixer.\($0)" } + [
          "norm1.weight", "norm1.bias", "norm2.weight", "norm2.bias",
        ]
      return names.map { "backbone.layers.\(index).\($0)" }
    }
    let mamba = [
      "in_proj.weight", "conv1d.weight", "conv1d.bias", "x_proj.weight", "dt_proj.weight",
      "dt_proj.bias", "A_log", "D", "out_proj.weight",
    ]
    let attention = ["Wqkv.weight", "Wqkv.bias", "out_proj.weight", "out_proj.bias"]
    #expect(
      names == ["backbone.embeddings.word_embeddings.weight"] + layer(0, mamba)
        + layer(1, attention) + layer(2, mamba) + ["backbone.ln_f.weight", "backbone.ln_f.bias"])
    let learned = keys.merging(["position_embedding": "learned"]) { $1 }
    #expect(
      LanguageModel(try ModelConfiguration(learned)).parameters.contains {
        $0.name == "backbone.embeddings.position_embeddings.weight"
      })
    let configuration = try ModelConfiguration(keys)
    #expect(configuration.kind == "hybrid" && configuration.shape.embeddingDropout == 0.1)
    #expect(
      (0..<3).map { type(of: configuration.mixer(ofLayer: $0)).kind }
        == ["mamba", "attention", "mamba"])
  }

  /// In zoology's block linear weights start as N(0, 0.02), output projections divided by √(2 n_layers); time steps,
  /// decays and convolutions start as in the mixer's own publication.
  @Test func zoologysBlockHasItsOwnStart() throws {
    let model = LanguageModel(
      try ModelConfiguration([
        "kind": "hybrid", "n_layers": 8, "d_model": 64, "vocab_size": 50, "max_length": 8,
        "mlp": "gelu", "mixers": [["kind": "mamba"], ["kind": "ssd"]],
      ]))
    let own = LanguageModel(
      try ModelConfiguration(["kind": "mamba", "vocab_size": 50, "max_length": 8]))
    let (values, ownValues) = (model.initialValues(seed: 1), own.initialValues(seed: 1))
    for parameter in model.parameters {
      let numbers = Array(values.elements(of: parameter))
      let size = (numbers.reduce(0) { $0 + Double($1 * $1) } / Double(numbers.count)).squareRoot()
      if parameter.shape.count == 2, parameter.isMatrix {
        let isOutput = ["out_proj", "fc2"].contains { parameter.name.contains($0) }
        let expected = isOutput ? 0.02 / 4 : 0.02
        #expect(abs(size - expected) < 0.1 * expected, "\(parameter.name) \(size)")
      } else if parameter.name.hasSuffix("conv1d.weight") {
        #expect(numbers.map(abs).max()! <= 0.5 && size > 0.25)
      }
    }
    func ownNumbers(_ name: String) -> [Float] {
      let parameter = own.parameters.first { $0.name == "backbone.layers.0.mixer.\(name)" }!
      return Array(ownValues.elements(of: parameter))
    }
    for name in ["A_log", "D"] {
      let parameter = model.parameters.first {
        $0.name.hasSuffix("layers.0.sequence_mixer.mixer.\(name)")
      }!
      #expect(Array(values.elements(of: parameter)) == ownNumbers(name))
    }
  }

  /// A hybrid's description comes back from its JSON, with every key.
  @Test func hybridsAreCodable() throws {
    let configuration = try ModelConfiguration([
      "kind": "hybrid", "n_layers": 3,
      "mixers": [["kind": "ssd", "d_state": 4], ["kind": "mamba"]],
    ])
    let again = try JSONDecoder().decode(
      ModelConfiguration.self, from: JSONEncoder().encode(configuration))
    #expect(again == configuration && again.isHybrid)
    #expect(again.value(at: "mixers.0.d_state") == 4)
    #expect(again.value(at: "mixers.1.expand") == 2)
    let changed = try configuration.setting("mixers.1.d_state", to: 5)
    #expect(changed.value(at: "mixers.1.d_state") == 5 && changed != configuration)
    #expect(try changed.setting("mixers.1.d_state", to: 16) == configuration)
    #expect(throws: SettingsError.self) { try changed.setting("mixers.1.d_state", to: 0) }
  }

  /// Pairs of columns with wavelengths from 2π to 20π; they are no parameters, and are added to the token embeddings.
  @Test func positionsMayBeSinusoids() throws {
    let model = LanguageModel(
      try ModelConfiguration([
        "kind": "attention", "d_model": 64, "vocab_size": 8, "max_length": 100,
        "position_embedding": "sinusoidal", "position_std": 0.5,
      ]))
    #expect(!model.parameters.contains { $0.name.contains("position") })
    let waves = model.sinusoids
    #expect(waves.count == 6400)
    for (row, column) in [(0, 0), (0, 1), (1, 0), (7, 1), (99, 62), (99, 63), (50, 17)] {
      let angle = Double(row) * pow(10, -Double(column - column % 2) / 64)
      let expected = 0.5 * 2.0.squareRoot() * (column % 2 == 0 ? sin(angle) : cos(angle))
      #expect(abs(Double(waves[64 * row + column]) - expected) < 1e-7, "\(row) \(column)")
    }
    let square = waves.reduce(0) { $0 + Double($1 * $1) } / 6400
    #expect(abs(square.squareRoot() - 0.5) < 1e-6)
  }

  /// Every initial standard deviation applies to its own weights.
  @Test(arguments: [
    ("position_std", "position_embeddings", 1.0), ("embedding_init_std", "word_embeddings", 1),
    ("projection_init_std", "Wqkv.weight", 1), ("output_init_std", "out_proj.weight", 0.5),
  ])
  func initialSizesAreAsSet(key: String, name: String, share: Double) throws {
    let model = LanguageModel(
      try ModelConfiguration([
        "kind": "attention", "d_model": 64, "n_layers": 2, "vocab_size": 100, "max_length": 100,
        "\(key)": 0.3,
      ]))
    let values = model.initialValues(seed: 1)
    for parameter in model.parameters where parameter.shape.count == 2 {
      let numbers = Array(values.elements(of: parameter))
      let size = (numbers.reduce(0) { $0 + Double($1 * $1) } / Double(numbers.count)).squareRoot()
      let isOutput = parameter.name.contains("out_proj")
      let expected = parameter.name.contains(name) ? 0.3 * share : isOutput ? 0.01 : 0.02
      #expect(abs(size - expected) < 0.05 * expected, "\(parameter.name) \(size)")
    }
  }

  /// The parameters without weight decay under `weight_decay_on: matrices`; in Mamba and SSD also A_log, D and
  /// dt_bias, as
  /// in mamba_ssm.
  @Test(arguments: MixerCatalog.mixers.map { $0.kind })
  func whatDoesNotDecay(kind: String) throws {
    let model = LanguageModel(
      try ModelConfiguration(["kind": .string(kind), "vocab_size": 8, "max_length": 8]))
    for parameter in model.parameters {
      let expected =
        parameter.name.hasSuffix(".weight")
        && !["norm", "ln_f", "position", "token_type"].contains {
          parameter.name.lowercased().contains($0)
        }
      #expect(parameter.isMatrix == expected, "\(parameter.name)")
    }
  }

}
