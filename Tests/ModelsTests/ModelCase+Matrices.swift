import Models
import Support

extension ModelCase {
  /// Whether no output depends on a later token.
  var isCausal: Bool { (try? configuration().isCausal) ?? true }

  private static let matrixKinds: [(kind: String, keys: [String: SettingValue])] =
    [
      ("hydra", ["d_state": 3, "chunk_length": 7]),
      ("bidirectional_ssd", ["d_state": 3, "chunk_length": 7]),
      ("bidirectional_ssd", ["d_state": 3, "chunk_length": 7, "combine": "multiply"]),
      ("bidirectional_ssd", ["d_state": 3, "chunk_length": 7, "combine": "concat"]),
    ]
    + ["quasiseparable", "low_rank", "matrix_attention", "cauchy", "vandermonde"].flatMap {
      [
        ($0, ["qk_dim": 2]), ($0, ["qk_dim": 2, "data_dependent": false]),
      ] as [(String, [String: SettingValue])]
    } + [
      ("cauchy", ["qk_dim": 2, "bias": false]),
      ("toeplitz", [:]), ("toeplitz", ["data_dependent": false]), ("dense", [:]),
    ]

  /// Sequences as long as max_length and shorter, one head and several, groups, other widths of the convolution.
  static let matrices: [ModelCase] =
    matrixKinds.flatMap { kind, keys in
      func with(_ length: Int, _ others: [String: SettingValue]) -> ModelCase {
        ModelCase(kind, length, keys.merging(others) { $1 })
      }
      return [
        with(1, ["headdim": 8]), with(2, ["headdim": 24]), with(9, ["headdim": 8, "d_conv": 1]),
        with(33, ["headdim": 4, "expand": 1, "d_conv": 3]),
        with(19, ["headdim": 8, "max_length": 31]),
      ]
    } + [
      ModelCase("hydra", 19, ["d_state": 3, "headdim": 4, "ngroups": 3, "chunk_length": 7]),
      ModelCase("hydra", 70, ["d_state": 2, "headdim": 8, "chunk_length": 64]),
      ModelCase(
        "bidirectional_ssd", 19, ["d_state": 3, "headdim": 4, "ngroups": 2, "combine": "concat"]),
      ModelCase(
        "hybrid", 19, layers: 3,
        [
          "mixers": [
            ["kind": "hydra", "d_state": 3, "headdim": 8], ["kind": "mamba", "d_state": 3],
            ["kind": "low_rank", "qk_dim": 2, "headdim": 8],
          ]
        ]),
      ModelCase("hydra", 19, ["d_state": 3, "headdim": 8, "block": "post_norm", "mlp": "glu"]),
    ]

  /// Every matrix mixer at every length up to 40, of a model for 40 tokens.
  static let everyLength: [ModelCase] = (1...40).flatMap { length in
    matrixKinds.map { kind, keys in
      ModelCase(
        kind, length, layers: 1,
        keys.merging(["headdim": 8, "max_length": 40]) { $1 })
    }
  }
}
