import Autodiff
import Foundation
import Models
import Storage
import Support
import Testing

/// Tensors with several names, such as are not trained, and such as public files have and the model does not use.
@Suite struct WeightNamesTests {
  private func model(_ keys: [String: SettingValue]) throws -> LanguageModel {
    LanguageModel(
      try ModelConfiguration(
        ["d_model": 8, "n_layers": 2, "vocab_size": 5, "max_length": 6].merging(keys) { $1 }))
  }

  /// Writes the model's weights with other tensors changed, added, or left out where they are nil, and reads them.
  private func reread(
    _ model: LanguageModel, _ changes: [String: [Float]?]
  ) throws -> ParameterBuffer {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let url = folder.appending(path: "weights.safetensors")
    try model.write(model.initialValues(seed: 1), to: url)
    let file = try SafetensorsFile(contentsOf: url)
    var tensors: [(String, [Int], [Float])] = []
    for (name, info) in file.tensors.sorted(by: { $0.key < $1.key }) {
      if changes.keys.contains(name) { continue }
      tensors.append((name, info.shape, try file.floats(name)))
    }
    for (name, values) in changes {
      if let values { tensors.append((name, file.tensors[name]?.shape ?? [values.count], values)) }
    }
    let writer = try SafetensorsWriter(
      to: url, tensors: tensors.map { .init($0.0, .float32, $0.1) }, metadata: [:])
    for (name, _, values) in tensors { try writer.append(values, to: name) }
    try writer.finish()
    return try model.readWeights(from: url)
  }

  private static let filter = "backbone.layers.0.sequence_mixer.filter_fn."

  @Test func oneTensorUnderThreeNames() throws {
    let model = try model(["kind": "hyena", "filter_order": 3])
    let frequency = try #require(
      model.parameters.first { $0.name == Self.filter + "implicit_filter.1.freq" })
    let others = [3, 5].map { "\(Self.filter)implicit_filter.\($0).freq" }
    #expect(frequency.otherNames == others)
    // PyTorch's safetensors keep one of the names alone.
    let values = try reread(model, [others[0]: nil, others[1]: nil])
    #expect(Array(values.elements(of: frequency)) == [1, 1, 1])
    let error = #expect(throws: SafetensorsError.self) {
      try reread(model, [others[1]: [1, 2, 1]])
    }
    #expect(error.map { "\($0)".contains(others[1]) } == true)
  }

  /// zoology's D of Gated DeltaNet and the v_lora that its RWKV-7 does not use; others are refused.
  @Test func namesThatAreNotUsed() throws {
    let mixer = "backbone.layers.1.sequence_mixer."
    _ = try reread(model(["kind": "gated_deltanet"]), [mixer + "D": [1, 2]])
    let rwkv: [String: SettingValue] = ["kind": "rwkv7", "head_dim": 4]
    let alone = try model(rwkv.merging(["value_residual": false]) { $1 })
    _ = try reread(alone, [mixer + "v_lora.lora.2.bias": .init(repeating: 1, count: 8)])
    for (keys, name) in [(["kind": "deltanet"], "D"), (rwkv, "v_lora.lora.9.bias")] {
      #expect(throws: SafetensorsError.self) { try reread(model(keys), [mixer + name: [1, 2]]) }
    }
  }

  /// Public files of BERT hold the tied weights of the head twice, and tensors for other purposes.
  @Test func namesOfPublicBERT() throws {
    let model = try model(["kind": "bert", "mlm_head": true, "d_ff": 6])
    let values = model.initialValues(seed: 1)
    func elements(_ name: String) throws -> [Float] {
      let parameter = try #require(model.parameters.first { $0.name == name })
      return Array(values.elements(of: parameter))
    }
    let embedding = try elements("bert.embeddings.word_embeddings.weight")
    let bias = try elements("cls.predictions.bias")
    let others: [String: [Float]?] = [
      "bert.embeddings.position_ids": [0, 1, 2, 3, 4, 5], "bert.pooler.dense.bias": [1],
      "cls.seq_relationship.bias": [1, 2], "cls.predictions.decoder.bias": bias,
    ]
    let read = try reread(model, others)
    #expect(read.elements(of: model.parameters[0]).elementsEqual(embedding))
    let error = #expect(throws: SafetensorsError.self) {
      try reread(model, ["cls.predictions.decoder.bias": bias.map { $0 + 1 }])
    }
    #expect(
      error?.description.contains("cls.predictions.decoder.bias: differs from cls.pred") == true)
    #expect(throws: SafetensorsError.self) {
      try reread(model, ["cls.predictions.decoder.weight": embedding])  // not [V, d]
    }
    let headless = try self.model(["kind": "bert", "d_ff": 6])
    let other = #expect(throws: SafetensorsError.self) {
      try reread(headless, ["cls.predictions.bias": bias])
    }
    #expect(other?.description.contains("mlm_head: true") == true)
  }

  /// The public M2 lists the frequency of its filters six times, and what follows from the length.
  @Test func namesOfPublicM2() throws {
    let model = try model(["kind": "m2", "filter_order": 3, "d_ff": 8])
    let filter = "bert.encoder.layer.1.attention.filter_fn2."
    let frequency = try #require(
      model.parameters.first { $0.name == filter + "implicit_filter.1.freq" })
    #expect(
      frequency.otherNames
        == [
          "implicit_filter.3", "implicit_filter.5", "implicit_filter_rev.1",
          "implicit_filter_rev.3",
          "implicit_filter_rev.5",
        ].map { "\(filter)\($0).freq" })
    let values = try reread(
      model,
      [
        filter + "pos_emb.t": .init(repeating: 0, count: 6), filter + "modulation.deltas": [1, 2],
        "bert.embeddings.position_ids": [0, 1], frequency.otherNames[3]: nil,
      ])
    #expect(Array(values.elements(of: frequency)) == [10, 10, 10])
    #expect(throws: SafetensorsError.self) {
      try reread(model, [frequency.otherNames[4]: [10, 10, 9]])
    }
  }

  /// The same weights under the names of other programs.
  @Test func namesOfOtherProgramsAreRead() throws {
    let keys: [String: SettingValue] = ["kind": "mamba", "d_state": 2, "final_norm": "rms"]
    let model = try model(keys)
    #expect(model.parameters.map(\.name).contains("backbone.norm_f.weight"))
    let values = model.initialValues(seed: 1)
    let embedding = "backbone.embeddings.word_embeddings.weight"
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let url = folder.appending(path: "weights.safetensors")
    /// - Parameter head: added to the embedding's numbers for lm_head.weight; nil for none.
    func write(_ name: (String) -> String, head: Float?, shape: [Int] = [5, 8]) throws {
      var tensors = model.parameters.map {
        (name($0.name), $0.shape, Array(values.elements(of: $0)))
      }
      if let head {
        let numbers = Array(values.elements(of: model.parameters[0])).map { $0 + head }
        tensors.append(("lm_head.weight", shape, Array(numbers.prefix(shape.reduce(1, *)))))
      }
      let writer = try SafetensorsWriter(
        to: url, tensors: tensors.map { .init($0.0, .float32, $0.1) })
      for (name, _, numbers) in tensors { try writer.append(numbers, to: name) }
      try writer.finish()
    }
    func read() throws -> (values: ParameterBuffer, notes: [String]) {
      var notes: [String] = []
      let values = try model.readWeights(from: url) { notes.append($0) }
      return (values, notes)
    }
    for (prefix, name, head) in [
      ("", "backbone.embedding.weight", 0 as Float?), ("", "backbone.embeddings.weight", nil),
      ("_orig_mod.", embedding, nil), ("module._orig_mod.", embedding, nil),
      ("model.", "backbone.embeddings.weight", 0),
    ] {
      try write({ prefix + ($0 == embedding ? name : $0) }, head: head)
      let (read, notes) = try read()
      for parameter in model.parameters {
        #expect(read.elements(of: parameter).elementsEqual(values.elements(of: parameter)))
      }
      #expect(notes.count == (prefix.isEmpty ? 0 : 1))
      #expect(notes.allSatisfy { $0.hasSuffix("without \(prefix)") })
    }
    try write({ $0 }, head: 1)
    let other = #expect(throws: SafetensorsError.self) { try read() }
    #expect(other?.description.contains("lm_head.weight: differs from the embedding") == true)
    try write({ $0 }, head: 0, shape: [4, 8])
    #expect(throws: SafetensorsError.self) { try read() }
    // A prefix of some names is none.
    try write({ $0 == embedding ? "module." + $0 : $0 }, head: nil)
    let some = #expect(throws: SafetensorsError.self) { try read() }
    #expect(some?.description.contains("module.\(embedding): is not part of this model") == true)
  }

  /// The number of floats is known before a model is made, also of one that no machine could hold.
  @Test(arguments: [
    "attention", "ssd", "hyena", "base_conv", "rwkv7", "retnet", "mamba", "bert", "m2",
  ])
  func floatsAreCountedWithoutAModel(kind: String) throws {
    for (layers, length) in [(1, 16), (2, 40), (7, 1000)] {
      let configuration = try ModelConfiguration([
        "kind": .string(kind), "d_model": 64, "n_layers": .int(layers), "vocab_size": 50,
        "max_length": .int(length),
      ])
      let model = LanguageModel(configuration)
      let ratio = configuration.parameterFloats / Double(model.bufferCount)
      #expect((0.98...1.02).contains(ratio), "\(kind) \(layers) \(length): \(ratio)")
    }
    let giant = try ModelConfiguration([
      "kind": .string(kind), "d_model": 65536, "n_layers": 1024, "vocab_size": 2_147_483_647,
      "max_length": 2_147_483_647,
    ])
    #expect(giant.parameterFloats > 1e14)
    let error = #expect(throws: SettingsError.self) { try giant.requireMemory() }
    #expect(error?.description.contains("GB or more") == true)
  }

  @Test func theOtherFinalNormIsNamed() throws {
    let error = #expect(throws: SafetensorsError.self) {
      try reread(model(["kind": "ssd", "headdim": 8]), ["backbone.norm_f.weight": [1]])
    }
    #expect(error?.description.contains("final_norm: rms") == true)
  }

  @Test func fixedTensorsAreNotLearned() throws {
    let model = try model(["kind": "hyena", "filter_order": 3])
    let fixed = model.parameters.filter { !$0.isTrained }.map(\.name)
    #expect(
      fixed.filter { $0.hasPrefix(Self.filter) }
        == ["pos_emb.t", "modulation.deltas"].map { Self.filter + $0 })
    let learned = model.parameters.filter(\.isTrained).reduce(0) { $0 + $1.count }
    #expect(model.parameterCount == learned)
  }

  /// The start of what a filter's network sees and of how its taps fall.
  @Test func positionsAndRatesOfFilters() throws {
    let model = try model(["kind": "hyena", "filter_order": 3])
    let values = model.initialValues(seed: 1)
    func elements(_ name: String) -> [Double] {
      let parameter = model.parameters.first { $0.name == Self.filter + name }!
      return values.elements(of: parameter).map(Double.init)
    }
    let positions = elements("pos_emb.z")
    for position in 0..<6 {
      let angle: Double = 1e-4 * 2 * Double.pi * Double(position) / 6
      let expected: [Double] = [Double(position) / 5, cos(angle), -sin(angle)]
      for (feature, value) in expected.enumerated() {
        #expect(abs(positions[3 * position + feature] - value) < 1e-7)
      }
    }
    #expect(elements("pos_emb.t").map { ($0 * 5).rounded() } == [0, 1, 2, 3, 4, 5])
    let rates = elements("modulation.deltas")
    let (slowest, fastest): (Double, Double) = (log(0.01) / 1.5, log(0.01) / 0.3)
    #expect(abs(rates[0] - slowest) < 1e-6 && abs(rates[7] - fastest) < 1e-5)
  }

  /// M2's positions have several bands: their frequencies go from 1e-4 to the number of bands less one.
  @Test(arguments: [3, 5, 9])
  func positionsOfM2(features: Int) throws {
    let model = try model(["kind": "m2", "block": "common", "emb_dim": .int(features)])
    let name = "backbone.layers.1.mixer.filter_fn.pos_emb.z"
    let parameter = try #require(model.parameters.first { $0.name == name })
    #expect(parameter.shape == [1, 6, features] && parameter.isTrained)
    let buffer = model.initialValues(seed: 1)
    let values = withExtendedLifetime(buffer) {
      buffer.elements(of: parameter).map(Double.init)
    }
    let bands = (features - 1) / 2
    for position in 0..<6 {
      let row = values[position * features..<(position + 1) * features]
      let expected =
        [Double(position) / 5]
        + (0..<2 * bands).map { index in
          let step = bands == 1 ? 0 : (Double(bands - 1) - 1e-4) / Double(bands - 1)
          let angle = (1e-4 + Double(index % bands) * step) * 2 * Double.pi * Double(position) / 6
          return index < bands ? cos(angle) : -sin(angle)
        }
      #expect(zip(row, expected).allSatisfy { abs($0 - $1) < 1e-6 }, "\(position)")
    }
  }

  /// RWKV-7's two starts, in the first and the last of three layers.
  @Test func startsOfRWKV7() throws {
    func first(_ start: String, _ layer: Int, _ name: String) throws -> [Float] {
      let model = try model(["kind": "rwkv7", "head_dim": 4, "n_layers": 3, "init": .string(start)])
      let full = "backbone.layers.\(layer).sequence_mixer.\(name)"
      let parameter = try #require(model.parameters.first { $0.name == full })
      return Array(model.initialValues(seed: 1).elements(of: parameter))
    }
    // 1 − (i/d)^(0.2 ρ), ρ = 1 − l/n.
    #expect(abs(try first("rwkv", 0, "x_r")[4] - Float(1 - pow(0.5, 0.2))) < 1e-6)
    #expect(abs(try first("rwkv", 2, "x_k")[4] - Float(1 - pow(0.5, 0.7 / 3))) < 1e-6)
    // −6 + 6 (i/(d−1))^(1+ρ'^0.3) + 0.5 + 2.5 ζ, ζ = 1 at a head's last channel.
    #expect(abs(try first("rwkv", 2, "w_lora.lora.2.bias")[7] - (-6 + 6 + 0.5 + 2.5)) < 1e-5)
    #expect(abs(try first("rwkv", 0, "w_lora.lora.2.bias")[0] - (-6 + 0.5 - 2.5)) < 1e-5)
    #expect(try first("rwkv", 0, "o_proj.weight").allSatisfy { $0 == 0 })
    #expect(try first("zoology", 0, "x_r").allSatisfy { $0 == 0 })
    // Orthonormal columns or rows, times 0.1.
    let up = try first("rwkv", 0, "a_lora.lora.2.weight")
    let length = up[..<16].reduce(0) { $0 + $1 * $1 }
    #expect(abs(length - 0.01 * 8 / 8) < 1e-6)
  }
}
