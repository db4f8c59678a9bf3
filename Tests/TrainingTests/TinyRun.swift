import Foundation
import Models
import RecallTasks
import Support
import Training

/// A run small enough to train in a test.
func tinyRun(
  _ model: [String: SettingValue], steps: Int = 12,
  _ change: (inout TrainingSettings) -> Void = { _ in }
) throws -> RunConfiguration {
  var training = TrainingSettings()
  training.learningRate = 5e-3
  training.batchSize = 7
  var stage = TrainingStage()
  (stage.examples, stage.steps) = (0, steps)
  training.stages = [stage]
  training.evaluateEvery = 5
  training.validationExamples = 20
  training.testExamples = 30
  change(&training)
  return try RunConfiguration(
    model: ModelConfiguration(model.merging(["d_model": 16, "n_layers": 2]) { a, _ in a }),
    task: TaskConfiguration([
      "kind": "mqar", "vocab_size": 40, "sequence_length": 16, "n_pairs": 3,
    ]), training: training, seed: 3)
}

let tinyModels: [[String: SettingValue]] = [
  ["kind": "attention"], ["kind": "mamba", "d_state": 3],
  ["kind": "ssd", "d_state": 5, "headdim": 8, "chunk_length": 6],
  ["kind": "rwkv7", "head_dim": 8, "n_layers": 3, "chunk_length": 6],
  ["kind": "hyena", "filter_order": 6],
  // Every causal mixer in one model, then every matrix mixer.
  [
    "kind": "hybrid", "n_layers": 14,
    "mixers": [
      ["kind": "base_conv", "kernel_size": [3, -1]], ["kind": "sliding_window", "window_size": 4],
      ["kind": "linear_attention", "feature_dim": 3], ["kind": "retnet", "num_heads": 2],
      ["kind": "gla", "num_heads": 2], ["kind": "deltanet", "num_heads": 2],
      ["kind": "gated_deltanet"], ["kind": "kda"], ["kind": "rwkv7", "head_dim": 8],
      ["kind": "hyena", "filter_order": 6], ["kind": "h3", "d_state": 4],
      ["kind": "ssd", "d_state": 3, "headdim": 8], ["kind": "mamba", "d_state": 2],
      ["kind": "attention"],
    ],
  ],
  [
    "kind": "hybrid", "n_layers": 10, "block": "pre_norm",
    "mixers": [
      ["kind": "hydra", "d_state": 3, "headdim": 8],
      ["kind": "bidirectional_ssd", "d_state": 3, "headdim": 8, "combine": "concat"],
      ["kind": "quasiseparable", "qk_dim": 2, "headdim": 8],
      ["kind": "low_rank", "qk_dim": 2, "headdim": 8],
      ["kind": "matrix_attention", "qk_dim": 2, "headdim": 8],
      ["kind": "toeplitz", "headdim": 8], ["kind": "cauchy", "qk_dim": 2, "headdim": 8],
      ["kind": "vandermonde", "qk_dim": 2, "headdim": 8], ["kind": "dense", "headdim": 8],
      ["kind": "low_rank", "qk_dim": 2, "headdim": 8, "data_dependent": false],
    ],
  ],
  ["kind": "bert", "num_heads": 2, "mlm_head": true], ["kind": "m2", "filter_order": 5],
  [
    "kind": "hybrid",
    "mixers": [["kind": "attention", "causal": false], ["kind": "m2", "filter_order": 5]],
  ],
]

/// A folder of its own for each test, gone afterwards.
func withTemporaryFolder<R>(_ body: (URL) throws -> R) throws -> R {
  let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder)
}
