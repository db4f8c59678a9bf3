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
]

/// A folder of its own for each test, gone afterwards.
func withTemporaryFolder<R>(_ body: (URL) throws -> R) throws -> R {
  let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder)
}
