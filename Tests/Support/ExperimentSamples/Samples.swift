import Experiments
import Foundation
import Records
import Synchronization
import Training

/// A folder that is removed with its owner.
package final class TemporaryFolder: Sendable {
  package let url = FileManager.default.temporaryDirectory
    .appendingPathComponent("recall-\(UUID().uuidString)", isDirectory: true)

  package init() throws {
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }
}

/// Collects messages from any thread.
package final class Messages: Sendable {
  private let messages = Mutex<[String]>([])
  package init() {}
  package var all: [String] { messages.withLock { $0 } }
  package func add(_ message: String) { messages.withLock { $0.append(message) } }
}

/// Three configurations of two learning rates and two seeds.
package let smallFile = """
  experiment: small
  question: Does it?
  expected_minutes: 9
  presets:
    small: {model: {d_model: 64}, training: {batch_tokens: 4096}}
    ssd: {use: small, model: {kind: ssd, n_layers: 4}}
  use: small
  task: {kind: mqar, sequence_length: 64, n_pairs: 16, vocab_size: 512}
  training:
    lr: [3e-3, 1e-2]
    stages: [{sequence_length: 32, n_pairs: 8, steps: 100}, {examples: 2000}]
  seed: [0, 1]
  rows:
    - {label: attention, model: {kind: attention, n_layers: 2}}
    - {use: ssd, label: "SSD N={d_state}", model: {d_state: [4, 8]}}

  """

/// Attention, SSD and Mamba with 1/8, 1/4 and all of the state of a reference.
package let matchedFile = """
  experiment: matched
  task: {kind: mqar, vocab_size: 64, sequence_length: 32, n_pairs: 8}
  model: {d_model: 64}
  match: {to: {mixer: attention}, by: exact, ratio: [1/8, 1/4, 1], tolerance: 0.05}
  rows:
    - label: attention
      model: {kind: attention, n_layers: 2}
    - label: "SSD N={d_state}"
      model: {kind: ssd, n_layers: 2}
    - label: Mamba
      model: {kind: mamba, n_layers: 2}

  """

package let sampleMachine = Machine(
  commit: "0123456789ab", cpu: "a processor", instructionSet: "baseline", blasCore: "Generic")

package func sampleEvaluation(step: Int, accuracy: Double, loss: Double = 0.5) -> Evaluation {
  let json = """
    {"step": \(step), "examples": \(step * 64), "tokens": \(step * 4096),
     "seconds": \(Double(step) / 7), "lr": 0.001, "training_loss": \(0.1 * Double(step)),
     "loss": \(loss), "accuracy": \(accuracy), "exact_match": \(accuracy / 2),
     "accuracy_by_pairs": {"16": \(accuracy)}}
    """
  do {
    return try JSONDecoder().decode(Evaluation.self, from: Data(json.utf8))
  } catch {
    fatalError("\(error)")
  }
}

package func sampleProgress(
  step: Int, of total: Int, secondsLeft: Double, stage: Int? = nil
) -> TrainingProgress {
  TrainingProgress(
    step: step, totalSteps: total, loss: 0.5, accuracy: 0.25, sequencesPerSecond: 812,
    secondsLeft: secondsLeft, stage: stage, stageCount: 5)
}
