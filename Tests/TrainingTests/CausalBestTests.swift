import Foundation
import Models
import RecallTasks
import Support
import Testing
import Training

/// Scores by part, and trained causal models on tasks whose answers may stand behind their questions.
@Suite struct CausalBestTests {
  /// The test score of a small model after some hundred steps.
  private func trained(
    _ mixer: [String: SettingValue], on task: [String: SettingValue], steps: Int = 20
  )
    throws -> (run: RunConfiguration, test: Evaluation)
  {
    let sizes: [String: SettingValue] = ["vocab_size": 24, "sequence_length": 16, "n_pairs": 2]
    let training = try tinyRun(["kind": "attention"], steps: steps) {
      $0.learningRate = 1e-2
      $0.batchSize = 64
      $0.evaluateEvery = steps
      $0.testExamples = 2000
      $0.warmupSteps = 50
      $0.weightDecay = 0.1
    }.training
    let run = try RunConfiguration(
      model: ModelConfiguration(mixer.merging(["d_model": 32, "n_layers": 2]) { $1 }),
      task: TaskConfiguration(sizes.merging(task) { $1 }), training: training, seed: 1)
    return try withTemporaryFolder { folder in
      let trainer = try Trainer(
        run, threads: 2, checkpoint: folder.appending(path: "run.checkpoint.safetensors"))
      _ = try trainer.run { _ in .continue }
      let last = try #require(trainer.evaluations.last)
      let weights = folder.appending(path: "weights.safetensors")
      try trainer.writeWeights(to: weights)
      return (run, try TestScoring.score(run, weights: weights, threads: 2, after: last))
    }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let task: [String: SettingValue]
    let mixer: [String: SettingValue]
    let steps: Int
    /// Whether the model learns so much in these steps that it answers all that a causal model can.
    var isLearned = false

    var testDescription: String { "\(SettingValue.object(task)) \(SettingValue.object(mixer))" }
  }

  static let cases: [Case] = {
    let ssd: [String: SettingValue] = ["kind": "ssd", "d_state": 16, "headdim": 16]
    return [
      Case(task: ["kind": "anywhere_mqar"], mixer: ssd, steps: 1200, isLearned: true),
      Case(task: ["kind": "masked_recall"], mixer: ssd, steps: 1200, isLearned: true),
      Case(task: ["kind": "queries_first_mqar"], mixer: ssd, steps: 300),
    ]
      + ["anywhere_mqar", "masked_recall", "queries_first_mqar"].map {
        Case(task: ["kind": .string($0)], mixer: ["kind": "attention"], steps: 500)
      } + [
        Case(
          task: ["kind": "masked_recall", "repeats": 3], mixer: ["kind": "attention"], steps: 500)
      ]
  }()

  /// More than the causal best would be a leak of later tokens. A model that has learned the task answers what stands
  /// before its question, and comes close to the causal best.
  @Test(arguments: cases) func noCausalModelBeatsIt(_ one: Case) throws {
    let (run, test) = try trained(one.mixer, on: one.task, steps: one.steps)
    let best = run.task.task.causalBest
    let error = (best * (1 - best) / Double(run.training.testExamples)).squareRoot()
    #expect(test.accuracy < best + 4 * error, "\(test.accuracy) of \(best)")
    let parts = test.accuracyByPart ?? [:]
    #expect(Set(parts.keys) == Set(run.task.task.partNames))
    // A guess among the values that are not shown is right at most one time in 10.
    if let behind = parts["before"] ?? parts["later"] { #expect(behind < 0.15, "\(parts)") }
    guard one.isLearned else { return }
    #expect((parts["after"] ?? parts["earlier"])! > 0.97, "\(parts)")
    #expect(test.accuracy > 0.92 * best, "\(test.accuracy) of \(best)")
  }

  /// A part's score is the mean over examples that have labels in it.
  @Test func scoresArePartsOfTheLabels() {
    var task = AnywhereMQAR()
    (task.vocabularySize, task.sequenceLength, task.pairCount) = (64, 24, 3)
    var scores = PartScores()
    var (sums, counts) = ([0.0, 0.0], [0.0, 0.0])
    var random = RandomStream(3)
    for index in 0..<300 {
      let example = task.example(at: index, seed: 0, split: .test)
      // Right after the pair; of the others, a random half.
      let parts = task.parts(of: example.inputs)
      let predictions = example.labels.indices.map {
        parts[$0] == 0 || random.below(2) == 0 ? example.labels[$0] : 1
      }
      scores.add(
        task, inputs: example.inputs, labels: example.labels[...], predictions: predictions[...])
      for part in 0..<2 {
        let own = example.labels.indices.filter {
          example.labels[$0] != ignoreIndex && parts[$0] == part
        }
        guard !own.isEmpty else { continue }
        sums[part] +=
          Double(own.count { predictions[$0] == example.labels[$0] }) / Double(own.count)
        counts[part] += 1
      }
    }
    #expect(counts[0] < 300 && counts[1] < 300)
    #expect(scores.accuracies["after"] == 1)
    #expect(abs(scores.accuracies["before"]! - sums[1] / counts[1]) < 1e-12)
  }

  /// Records and checkpoints of tasks without parts are as they were.
  @Test func tasksWithoutPartsRecordNone() throws {
    let (_, test) = try trained(["kind": "attention"], on: ["kind": "queries_first_mqar"])
    #expect(test.accuracyByPart == nil)
    #expect(!String(decoding: try JSONEncoder().encode(test), as: UTF8.self).contains("by_part"))
  }
}
