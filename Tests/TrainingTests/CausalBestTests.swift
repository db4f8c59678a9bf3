import Foundation
import Models
import RecallTasks
import Support
import Testing
import Training

/// Scores by part, and trained causal models on tasks whose answers may stand behind their questions.
@Suite struct CausalBestTests {
  /// The test score of a small model after some hundred steps.
  private func trained(_ mixer: [String: SettingValue], on task: [String: SettingValue]) throws
    -> (run: RunConfiguration, test: Evaluation)
  {
    let sizes: [String: SettingValue] = ["vocab_size": 24, "sequence_length": 16, "n_pairs": 2]
    let training = try tinyRun(["kind": "attention"], steps: 500) {
      $0.learningRate = 1e-2
      $0.batchSize = 64
      $0.evaluateEvery = 500
      $0.testExamples = 2000
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

  /// More than the causal best would be a leak of later tokens. The model learns what it can: nearly all of the answers
  /// that stand before their question.
  @Test(
    arguments: [
      ["kind": "anywhere_mqar"], ["kind": "queries_first_mqar"], ["kind": "masked_recall"],
      ["kind": "masked_recall", "repeats": 3],
    ] as [[String: SettingValue]],
    [["kind": "attention"], ["kind": "ssd", "d_state": 16, "headdim": 16]]
      as [[String: SettingValue]])
  func noCausalModelBeatsIt(task: [String: SettingValue], mixer: [String: SettingValue]) throws {
    let (run, test) = try trained(mixer, on: task)
    let best = run.task.task.causalBest
    let error = (best * (1 - best) / Double(run.training.testExamples)).squareRoot()
    #expect(test.accuracy < best + 4 * error)
    let names = run.task.task.partNames
    #expect(Set(test.accuracyByPart?.keys.map { $0 } ?? []) == Set(names))
    let parts = test.accuracyByPart ?? [:]
    // Guesses among the 12 values: at most 1 of 10.
    if let behind = parts["before"] ?? parts["later"] { #expect(behind < 0.15) }
    if let shown = parts["after"] ?? parts["earlier"] { #expect(shown > 0.9) }
    print("\(task) \(mixer): \(test.accuracy) of \(best), \(parts)")
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
