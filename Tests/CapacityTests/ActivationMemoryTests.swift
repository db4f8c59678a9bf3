import Autodiff
import Capacity
import Models
import Support
import Testing

@Suite struct ActivationMemoryTests {
  private static let kinds: [(String, [String: SettingValue])] =
    everyKind + [
      ("hydra", ["d_state": 5, "headdim": 16]), ("low_rank", ["headdim": 16]),
      ("bidirectional_ssd", ["d_state": 5, "headdim": 16, "combine": "concat"]),
      ("quasiseparable", ["headdim": 16, "data_dependent": false]),
      ("matrix_attention", ["headdim": 16]), ("toeplitz", ["headdim": 16]),
      ("cauchy", ["headdim": 16]), ("vandermonde", ["headdim": 16]), ("dense", ["headdim": 16]),
      ("attention", ["causal": false]), ("bert", ["mlm_head": true]), ("m2", ["filter_order": 6]),
      ("m2", ["block": "common", "residual_long_conv": false]),
      ("attention", ["block": "post_norm", "mlp": "glu"]), ("ssd", ["mlp": "monarch_glu"]),
      (
        "hybrid",
        [
          "mlp": "gelu",
          "mixers": [["kind": "mamba"], ["kind": "attention"], ["kind": "ssd", "headdim": 16]],
        ]
      ),
      (
        "hybrid",
        [
          "mixers": [
            ["kind": "base_conv", "kernel_size": [3, -1]], ["kind": "rwkv7", "head_dim": 16],
          ]
        ]
      ),
    ]

  /// The memory of a whole model's forward pass is what models of a few layers predict.
  @Test(arguments: kinds, [1, 2, 3, 5])
  func isWhatAPassKeeps(_ test: (kind: String, keys: [String: SettingValue]), layers: Int) throws {
    let shape: [String: SettingValue] = [
      "d_model": 32, "n_layers": .int(layers), "max_length": 48, "vocab_size": 100,
    ]
    let configuration = try model(test.kind, shape.merging(test.keys) { $1 })
    let whole = LanguageModel(configuration)
    let arena = Arena()
    let (values, gradients) = (
      whole.initialValues(seed: 1), ParameterBuffer(count: whole.bufferCount)
    )
    let tape = Tape(arena: arena, parameters: values.values, gradients: gradients.values)
    let tokens = (0..<48).map { Int32($0) }
    let labels = (0..<48).map { Int32($0 % 4 == 0 ? $0 : -100) }
    for _ in 0..<2 {
      tape.reset()
      tape.dropout = DropoutStream(key: 1, firstExample: 0)
      _ = whole.loss(tokens, labels: labels, batch: 1, length: 48, weight: 1, on: tape)
    }
    let bytes = try ActivationMemory.bytes(configuration, length: 48, labelled: 12)
    #expect(bytes == arena.bytesInUse)
    // At least the residual stream, in values and gradients.
    #expect(bytes! > 2 * 4 * 48 * 32 * layers)
  }

  @Test func isNotMeasuredWhereThatTakesTooLong() throws {
    #expect(
      try ActivationMemory.bytes(model("attention"), length: 1 << 19, labelled: 1) == nil)
  }
}
