import Foundation
import Models
import RecallTasks
import Storage
import Support
import Synchronization
import Testing
import Training

/// Training and scoring that are interrupted anywhere, also in the middle of a step or an evaluation, end with the same
/// bits.
@Suite struct InterruptionTests {
  /// Becomes true after so many questions, and stays so.
  private final class Alarm: Sendable {
    private let left: Atomic<Int>

    init(after questions: Int) { left = Atomic(questions) }

    func rings() -> Bool { left.subtract(1, ordering: .relaxed).newValue < 0 }
  }

  private func timeless(_ evaluation: Evaluation) -> Evaluation {
    var evaluation = evaluation
    evaluation.seconds = 0
    return evaluation
  }

  /// An evaluation of three parts: 256 examples of 16 tokens are scored at a time.
  private func configuration() throws -> RunConfiguration {
    try tinyRun(["kind": "ssd", "d_state": 5, "headdim": 8]) {
      $0.validationExamples = 600
      $0.testExamples = 600
    }
  }

  @Test(arguments: [1, 3])
  func trainingEndsWithTheSameBits(_ threads: Int) throws {
    let configuration = try configuration()
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "undisturbed.safetensors")
      let undisturbed = try Trainer(configuration, checkpoint: file)
      _ = try undisturbed.run()
      let checkpoint = folder.appending(path: "c.safetensors")
      var (pauses, unfinished): (Int, Set<String>) = (0, [])
      var questions = 18
      while true {
        let trainer = try Trainer(configuration, threads: threads, checkpoint: checkpoint)
        let alarm = Alarm(after: questions)
        trainer.isInterrupted = alarm.rings
        let outcome = try trainer.run()
        if case .finished = outcome {
          #expect(trainer.evaluations.map(timeless) == undisturbed.evaluations.map(timeless))
          let weights = ["a", "b"].map { folder.appending(path: $0) }
          try trainer.writeWeights(to: weights[0])
          try undisturbed.writeWeights(to: weights[1])
          #expect(try Data(contentsOf: weights[0]) == Data(contentsOf: weights[1]))
          break
        }
        guard case .paused = outcome else { throw CancellationError() }
        let metadata = try SafetensorsFile(contentsOf: checkpoint).metadata
        if let part = metadata["unfinished_evaluation"] {
          #expect(metadata["format"] == "2")
          unfinished.insert(part)
        } else {
          #expect(metadata["format"] == "1")
        }
        (pauses, questions) = (pauses + 1, 18 + pauses % 5)
        try #require(pauses < 200)
      }
      // It stopped in many places, also between parts of an evaluation.
      #expect(pauses >= 8)
      #expect(unfinished.contains { !$0.contains("\"examples\":0,\"score\"") }, "\(unfinished)")
    }
  }

  /// What is kept of a scoring goes through JSON, as in a record.
  @Test func scoringEndsWithTheSameBits() throws {
    let configuration = try configuration()
    try withTemporaryFolder { folder in
      let trainer = try Trainer(configuration, checkpoint: folder.appending(path: "c.safetensors"))
      _ = try trainer.run()
      let (weights, last) = (folder.appending(path: "w.safetensors"), trainer.evaluations.last!)
      try trainer.writeWeights(to: weights)
      let undisturbed = try TestScoring.score(configuration, weights: weights, after: last)
      var (kept, parts) = (SplitProgress(), 0)
      while true {
        let before = kept
        let alarm = Alarm(after: 17)
        let score = try TestScoring.score(
          configuration, weights: weights, threads: 2, after: last,
          ScoringControl(from: kept, isInterrupted: alarm.rings) { kept = $0 })
        if let score {
          #expect(score == undisturbed)
          break
        }
        try #require(kept != before, "it does not get on")
        kept = try JSONDecoder().decode(SplitProgress.self, from: JSONEncoder().encode(kept))
        parts += 1
      }
      #expect(parts >= 2)
    }
  }

  /// Progress that cannot be of this scoring, for example of a damaged file, is not used.
  @Test func impossibleProgressIsNotUsed() throws {
    let configuration = try configuration()
    let model = LanguageModel(configuration.model)
    let evaluator = Evaluator(model: model, values: model.initialValues(seed: 3))
    func score(_ start: SplitProgress) throws -> SplitScore? {
      try evaluator.score(
        configuration.evaluationTasks, seed: 3, split: .test, examples: 300,
        ScoringControl(from: start))
    }
    let usual = try score(SplitProgress())
    let text = String(decoding: try JSONEncoder().encode(SplitProgress()), as: UTF8.self)
    for (key, value) in [("tasks", "-1"), ("tasks", "2"), ("examples", "-5"), ("examples", "301")] {
      let changed = text.replacing("\"\(key)\":0,\"score", with: "\"\(key)\":\(value),\"score")
        .replacing("\"\(key)\":0}", with: "\"\(key)\":\(value)}")
        .replacing("{\"\(key)\":0,", with: "{\"\(key)\":\(value),")
        .replacing(",\"\(key)\":0,", with: ",\"\(key)\":\(value),")
      try #require(changed != text, "\(text)")
      let start = try JSONDecoder().decode(SplitProgress.self, from: Data(changed.utf8))
      #expect(try score(start) == usual, "\(key) \(value)")
    }
  }
}
