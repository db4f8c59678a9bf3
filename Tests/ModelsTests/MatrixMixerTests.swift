import Autodiff
import Foundation
import Models
import Storage
import Support
import Testing

/// Mixers whose specification is their matrix.
@Suite struct MatrixMixerTests {
  @Test(arguments: 1...40)
  func fastFormIsTheMatrix(length: Int) throws {
    for test in ModelCase.everyLength where test.length == length {
      let trial = try ModelTrial(test, batch: 1)
      let pass = try trial.model.reference(
        trial.tokens.map(Int.init), weights: ReferenceWeights(trial.values))
      let error = zip(trial.logits(), pass.logits.joined())
        .reduce(0) { max($0, abs(Double($1.0) - $1.1)) }
      #expect(error < 1e-4, "\(test.testDescription)")
    }
  }

  /// A later token changes earlier outputs.
  @Test(arguments: ModelCase.matrices.filter { $0.length > 10 })
  func laterTokensMatter(_ test: ModelCase) throws {
    var trial = try ModelTrial(test, batch: 1)
    let before = trial.logits()
    trial.tokens[test.length - 1] = (trial.tokens[test.length - 1] + 1) % 11
    let after = trial.logits()
    let change = zip(before, after).prefix(11).reduce(0) { max($0, abs($1.0 - $1.1)) }
    #expect(change > 1e-6)
  }

  /// The singular values of the lower and the upper block of every layer's matrices, from PyTorch in float64.
  @Test(arguments: [
    "hydra", "bidirectional_ssd_add", "bidirectional_ssd_multiply", "bidirectional_ssd_concat",
    "quasiseparable", "quasiseparable_di", "low_rank", "low_rank_di", "matrix_attention",
    "matrix_attention_di", "toeplitz", "toeplitz_di", "cauchy", "cauchy_di", "vandermonde",
    "vandermonde_dft", "dense", "attention_bidirectional", "bert", "bert_mlm_head", "m2", "m2_own",
  ])
  func spectraAreThoseOfTheReference(_ name: String) throws {
    let folder = try #require(Bundle.module.resourceURL).appending(path: "Fixtures")
    func file(_ suffix: String) throws -> SafetensorsFile {
      try SafetensorsFile(contentsOf: folder.appending(path: "\(name).\(suffix).safetensors"))
    }
    let model = LanguageModel(try ModelConfiguration(ModelCase.keys(ofFixture: name)))
    let weights = ReferenceWeights(
      try model.readWeights(from: folder.appending(path: "\(name).weights.safetensors")))
    let data = try file("data")
    let length = try #require(data.tensors["inputs"]).shape[1]
    let pass = try model.reference(
      data.integers("inputs")[..<length].map(Int.init), weights: weights)
    let spectrum = try file("spectrum")
    let shape = try #require(spectrum.tensors["lower"]).shape  // layers, heads, values
    let (cut, count) = (length / 2, shape[2])
    let expected = try (
      lower: spectrum.floats("lower").map(Double.init),
      upper: spectrum.floats("upper").map(Double.init)
    )
    for layer in 0..<shape[0] {
      let matrices = try model.mixingMatrices(
        ofLayer: layer, inputs: pass.mixerInputs[layer], weights: weights)
      #expect(matrices.count == shape[1] && matrices.length == length)
      for head in 0..<matrices.count {
        let m = matrices[head]
        func block(_ rows: Range<Int>, _ columns: Range<Int>) -> [[Double]] {
          rows.map { t in columns.map { m[t * length + $0] } }
        }
        let first = (layer * shape[1] + head) * count
        for (block, expected) in [
          (block(cut..<length, 0..<cut), expected.lower[first..<first + count]),
          (block(0..<cut, cut..<length), expected.upper[first..<first + count]),
        ] {
          let values = SingularValues.of(block)
          let error = zip(values, expected).reduce(0) { max($0, abs($1.0 - $1.1)) }
          #expect(error <= 1e-6 * expected.first!, "layer \(layer), head \(head)")
        }
      }
    }
  }

  @Test func settingsHaveBounds() {
    for (keys, key) in [
      (["kind": "hydra", "d_conv": 4], "d_conv"), (["kind": "hydra", "ngroups": 3], "ngroups"),
      (["kind": "low_rank", "headdim": 7], "headdim"),
      (["kind": "low_rank", "d_model": 32], "d_model"),
      (["kind": "dense", "data_dependent": true], "data_dependent"),
      (["kind": "toeplitz", "qk_dim": 3], "qk_dim"),
    ] as [([String: SettingValue], String)] {
      #expect(throws: SettingsError.self) { try ModelConfiguration(keys) }
      do { _ = try ModelConfiguration(keys) } catch { #expect((error as SettingsError).key == key) }
    }
  }

  /// Parameters of a layer at d 64 (models-bidirectional's figures): wrapper, norm of the block and matrix.
  @Test(
    arguments: [
      ("ssd", ["d_state": 16], 27_750), ("hydra", ["d_state": 16], 30_918),
      ("hydra", ["d_state": 64], 44_742), ("low_rank", ["qk_dim": 16], 28_096),
    ] as [(String, [String: SettingValue], Int)])
  func parametersOfALayer(kind: String, keys: [String: SettingValue], count: Int) throws {
    func parameters(_ layers: Int) throws -> Int {
      LanguageModel(
        try ModelConfiguration(
          keys.merging([
            "kind": .string(kind), "n_layers": .int(layers), "vocab_size": 11, "max_length": 64,
          ]) { $1 })
      ).parameterCount
    }
    #expect(try parameters(2) - parameters(1) == count)
  }
}

/// Singular values by one-sided Jacobi rotations, in descending order.
enum SingularValues {
  static func of(_ rows: [[Double]]) -> [Double] {
    var columns = rows[0].indices.map { c in rows.map { $0[c] } }
    if columns.count > rows.count { columns = rows }
    func dot(_ x: [Double], _ y: [Double]) -> Double {
      zip(x, y).reduce(0) { $0 + $1.0 * $1.1 }
    }
    for _ in 0..<60 {
      var isDone = true
      for i in columns.indices {
        for j in columns.indices where j > i {
          let (a, b) = (dot(columns[i], columns[i]), dot(columns[j], columns[j]))
          let c = dot(columns[i], columns[j])
          guard abs(c) > 1e-15 * (a * b).squareRoot(), c != 0 else { continue }
          isDone = false
          let zeta = (b - a) / (2 * c)
          let t = (zeta < 0 ? -1 : 1) / (abs(zeta) + (1 + zeta * zeta).squareRoot())
          let cosine = 1 / (1 + t * t).squareRoot()
          let sine = cosine * t
          for k in columns[i].indices {
            let (x, y) = (columns[i][k], columns[j][k])
            columns[i][k] = cosine * x - sine * y
            columns[j][k] = sine * x + cosine * y
          }
        }
      }
      if isDone { break }
    }
    return columns.map { dot($0, $0).squareRoot() }.sorted(by: >)
  }
}
