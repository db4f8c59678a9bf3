import Foundation
import Models
import Support
import Testing
import Training

/// Training in bfloat16.
@Suite struct PrecisionTests {
  /// The losses and the weights of a tiny run.
  private func run(
    _ model: [String: SettingValue], threads: Int = 1, length: Int = 12,
    _ change: (inout TrainingSettings) -> Void = { _ in }
  ) throws -> (losses: [Double], weights: Data) {
    try withTemporaryFolder { folder in
      let configuration = try tinyRun(model, steps: length, change)
      let trainer = try Trainer(
        configuration, threads: threads, checkpoint: folder.appending(path: "x.safetensors"))
      _ = try trainer.run()
      let weights = folder.appending(path: "w.safetensors")
      try trainer.writeWeights(to: weights)
      let test = try TestScoring.score(
        configuration, weights: weights, threads: threads, after: trainer.evaluations.last!)
      return (
        (trainer.evaluations + [test]).map(\.loss), try Data(contentsOf: weights)
      )
    }
  }

  /// Rounding changes the result, a little, and the number of threads changes nothing.
  @Test(arguments: tinyModels)
  func bfloat16IsNearFloat(_ model: [String: SettingValue]) throws {
    let float = try run(model)
    let half = try run(model) { $0.precision = .bf16 }
    #expect(half.weights != float.weights)
    for (a, b) in zip(half.losses, float.losses) { #expect(abs(a - b) < 0.05, "\(a) and \(b)") }
    let threads = try run(model, threads: 3) { $0.precision = .bf16 }
    #expect(threads.weights == half.weights && threads.losses == half.losses)
  }

  /// Where sequences have more than one chunk, a rounded state changes the result.
  @Test(
    arguments: [
      ["kind": "mamba", "d_state": 3], ["kind": "ssd", "headdim": 8, "chunk_length": 6],
      ["kind": "deltanet", "num_heads": 2, "chunk_length": 6],
      ["kind": "gla", "num_heads": 2, "chunk_length": 6],
      ["kind": "retnet", "num_heads": 2, "chunk_length": 6],
      ["kind": "linear_attention", "feature_dim": 3, "chunk_length": 6],
      ["kind": "rwkv7", "head_dim": 8, "chunk_length": 6],
    ] as [[String: SettingValue]])
  func statesAreRoundedWhereTheyAreCarried(_ model: [String: SettingValue]) throws {
    func longer(_ training: inout TrainingSettings) {
      // Mamba's chunks have 32 tokens.
      training.stages[0].task = ["sequence_length": 48, "vocab_size": 60]
      training.evaluationTasks = [["sequence_length": 48, "vocab_size": 60]]
    }
    let float = try run(model, length: 3, longer)
    let half = try run(model, length: 3) {
      longer(&$0)
      $0.statePrecision = .bf16
    }
    #expect(half.weights != float.weights)
    for (a, b) in zip(half.losses, float.losses) { #expect(abs(a - b) < 0.05, "\(a) and \(b)") }
  }
}
