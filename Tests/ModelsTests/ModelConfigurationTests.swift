import Autodiff
import Foundation
import Models
import Support
import Testing

@Suite struct ModelConfigurationTests {
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
