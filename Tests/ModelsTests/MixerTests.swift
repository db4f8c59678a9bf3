import Autodiff
import Foundation
import Models
import Support
import Testing

/// A small model of every mixer, in the shapes where parallel forms go wrong.
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

  func configuration() throws -> ModelConfiguration { try ModelConfiguration(values) }

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
    ]
}

@Suite struct MixerTests {
  @Test(arguments: ModelCase.all)
  func parallelFormEqualsTheRecurrence(_ test: ModelCase) throws {
    let trial = try ModelTrial(test, batch: 1)
    let logits = trial.logits()
    let weights = Weights(trial.values)
    var state = trial.model.initialState()
    for position in 0..<test.length {
      let expected = trial.model.step(
        Int(trial.tokens[position]), state: &state, weights: weights)
      for (token, value) in expected.enumerated() {
        let actual = Double(logits[position * expected.count + token])
        #expect(
          abs(actual - value) < 2e-4, "position \(position), token \(token): \(actual) \(value)")
      }
    }
  }

  /// What comes later never changes what came before.
  @Test(arguments: ModelCase.all.filter { $0.length > 2 })
  func laterTokensDoNotMatter(_ test: ModelCase) throws {
    var trial = try ModelTrial(test, batch: 1)
    let before = trial.logits()
    let changed = test.length / 2
    trial.tokens[changed] = (trial.tokens[changed] + 1) % 11
    let after = trial.logits()
    let unchanged = changed * 11
    #expect(before[..<unchanged] == after[..<unchanged])
    #expect(before[unchanged...] != after[unchanged...])
  }

  /// An example's result does not depend on its neighbours in the batch.
  @Test(arguments: ModelCase.all)
  func examplesOfABatchAreIndependent(_ test: ModelCase) throws {
    let trial = try ModelTrial(test, batch: 3)
    let together = trial.logits()
    let size = test.length * 11
    for example in 0..<3 {
      var alone = trial
      alone.batch = 1
      alone.tokens = Array(trial.tokens[(example * test.length)..<((example + 1) * test.length)])
      for (a, b) in zip(alone.logits(), together[(example * size)..<((example + 1) * size)]) {
        #expect(abs(a - b) < 1e-5)
      }
    }
  }

  /// The counts that the papers' recurrences imply, written out by hand for these shapes.
  @Test func stateIsCountedFromTheRecurrence() throws {
    func scalars(_ kind: String, _ mixer: [String: SettingValue], tokens: Int) throws -> [Int] {
      let trial = try ModelTrial(ModelCase(kind, max(1, tokens), mixer), batch: 1)
      var state = trial.model.initialState()
      let weights = Weights(trial.values)
      for token in 0..<tokens { _ = trial.model.step(token % 11, state: &state, weights: weights) }
      return [
        state.layers.reduce(0) { $0 + $1.keyValueCache.count },
        state.layers.reduce(0) { $0 + $1.stateSpace.count },
        state.layers.reduce(0) { $0 + $1.convolution.count },
      ]
    }
    // Two layers, d 12. Attention: keys and values, 24 a token and layer.
    #expect(try scalars("attention", [:], tokens: 0) == [0, 0, 0])
    #expect(try scalars("attention", [:], tokens: 5) == [2 * 24 * 5, 0, 0])
    // Mamba, 24 inner channels: N each, and three past inputs each.
    #expect(try scalars("mamba", ["d_state": 4], tokens: 5) == [0, 2 * 24 * 4, 2 * 24 * 3])
    // SSD: the convolution also covers B and C of each group.
    #expect(
      try scalars("ssd", ["d_state": 5, "headdim": 8, "ngroups": 3], tokens: 5)
        == [0, 2 * 24 * 5, 2 * (24 + 2 * 3 * 5) * 3])
  }

  @Test func everyMixerFileIsInTheCatalogue() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Sources/Models/Mixers").standardizedFileURL
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".swift") }.map { String($0.dropLast(6)) }
    #expect(Set(files) == Set(MixerCatalog.mixers.map { "\($0)" }))
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
    ] as [([String: SettingValue], String)])
  func whatIsNotAllowedIsNamed(_ values: [String: SettingValue], _ key: String) throws {
    let error = #expect(throws: SettingsError.self) { try ModelConfiguration(values) }
    #expect(error?.key == key)
  }

  /// In pairs of columns, of wavelengths from 2π to 20π; no parameters, and added to the words.
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

  /// Every size of the start is that of its own weights.
  @Test(arguments: [
    ("position_std", "position_embeddings", 1.0), ("embedding_init_std", "word_embeddings", 1),
    ("projection_init_std", "Wqkv.weight", 1), ("output_init_std", "out_proj.weight", 0.5),
  ])
  func startsAreAsLargeAsTold(key: String, name: String, share: Double) throws {
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

  /// With `decay: matrices`; in Mamba and SSD besides A_log, D and dt_bias, as in mamba_ssm.
  @Test(arguments: MixerCatalog.mixers.map { $0.kind })
  func whatDoesNotDecay(kind: String) throws {
    let model = LanguageModel(
      try ModelConfiguration(["kind": .string(kind), "vocab_size": 8, "max_length": 8]))
    for parameter in model.parameters {
      let expected =
        parameter.name.hasSuffix(".weight")
        && !["norm", "ln_f", "position"].contains { parameter.name.contains($0) }
      #expect(parameter.isMatrix == expected, "\(parameter.name)")
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
    // Start values leave much at 0 or 1; nothing may hide behind that.
    for parameter in model.parameters {
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
    model.logits(tokens, labels: labels, batch: batch, time: length, into: &logits, on: tape)
    return logits
  }
}
