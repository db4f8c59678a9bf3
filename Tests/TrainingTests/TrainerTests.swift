import Foundation
import Models
import RecallTasks
import Support
import Testing
import Training

@Suite struct TrainerTests {
  /// Trains to the end; the scores without their times, and the weights file.
  private func result(
    _ configuration: RunConfiguration, threads: Int, pausingAt pauses: [Int] = []
  ) throws -> ([Evaluation], Data) {
    try withTemporaryFolder { folder in
      let checkpoint = folder.appending(path: "run.checkpoint.safetensors")
      for pause in pauses {
        let trainer = try Trainer(configuration, threads: threads, checkpoint: checkpoint)
        let outcome = try trainer.run { event in
          if case .progress(let progress) = event, progress.step == pause {
            .pause
          } else {
            .continue
          }
        }
        guard case .paused = outcome else {
          Issue.record("\(outcome) instead of a pause at step \(pause)")
          return ([], Data())
        }
      }
      let trainer = try Trainer(configuration, threads: threads, checkpoint: checkpoint)
      var firstStep: Int?
      let outcome = try trainer.run { event in
        if case .progress(let progress) = event { firstStep = firstStep ?? progress.step }
        return .continue
      }
      // It went on where it stopped; starting over would also end with the same bits.
      if let firstStep { #expect(firstStep == (pauses.last ?? 0) + 1) }
      guard case .finished = outcome, let last = trainer.evaluations.last else {
        Issue.record("\(outcome)")
        return ([], Data())
      }
      let weights = folder.appending(path: "weights.safetensors")
      try trainer.writeWeights(to: weights)
      let test = try TestScoring.score(
        configuration, weights: weights, threads: threads, after: last)
      let timeless = (trainer.evaluations + [test]).map { evaluation in
        var evaluation = evaluation
        evaluation.seconds = 0
        return evaluation
      }
      return (timeless, try Data(contentsOf: weights))
    }
  }

  @Test(arguments: tinyModels)
  func threadsDoNotChangeABit(_ model: [String: SettingValue]) throws {
    let configuration = try tinyRun(model)
    let one = try result(configuration, threads: 1)
    #expect(one.0.map(\.step) == [5, 10, 12, 12])
    for threads in [2, 3, 7] {
      let many = try result(configuration, threads: threads)
      #expect(one.0 == many.0 && one.1 == many.1, "\(threads) threads")
    }
  }

  @Test(arguments: tinyModels)
  func aPausedRunEndsWithTheSameBits(_ model: [String: SettingValue]) throws {
    let configuration = try tinyRun(model) {
      $0.epochs = 2
      $0.stageOrder = .shuffled
      $0.maximumGradientNorm = 1
      $0.warmupSteps = 3
    }
    let undisturbed = try result(configuration, threads: 2)
    let disturbed = try result(configuration, threads: 2, pausingAt: [1, 5, 11, 12])
    #expect(undisturbed.0 == disturbed.0)
    #expect(undisturbed.1 == disturbed.1)
  }

  @Test func aSeedOfItsOwnChangesTheRun() throws {
    var configuration = try tinyRun(tinyModels[0])
    let first = try result(configuration, threads: 1)
    configuration.seed += 1
    #expect(try result(configuration, threads: 1).1 != first.1)
  }

  @Test func aLossThatIsNotFiniteEndsTheRunWithAName() throws {
    let configuration = try tinyRun(["kind": "attention"], steps: 40) { $0.learningRate = 1e30 }
    try withTemporaryFolder { folder in
      let trainer = try Trainer(configuration, checkpoint: folder.appending(path: "c.safetensors"))
      guard case .diverged(let reason, let step) = try trainer.run({ _ in .continue }) else {
        Issue.record("a run at learning rate 1e30 did not fail")
        return
      }
      #expect(reason.contains("not finite"))
      #expect(step < 40)
    }
  }

  /// The checksum distinguishes a damaged format number from another format.
  @Test func aChangedFormatIsADamagedCheckpoint() throws {
    let configuration = try tinyRun(tinyModels[0])
    try withTemporaryFolder { folder in
      let checkpoint = folder.appending(path: "c.safetensors")
      _ = try Trainer(configuration, checkpoint: checkpoint).run { _ in .pause }
      func change(_ old: String, _ new: String) throws {
        var data = try Data(contentsOf: checkpoint)
        let match = try #require(data.range(of: Data(old.utf8)))
        data.replaceSubrange(match, with: Data(new.utf8))
        try data.write(to: checkpoint)
      }
      try change("\"format\":\"1\"", "\"format\":\"3\"")
      let damage = #expect(throws: DamagedCheckpoint.self) {
        try Trainer(configuration, checkpoint: checkpoint)
      }
      #expect(damage?.reason.contains("checksum") == true)
      try change("\"checksum\"", "\"otherSum\"")
      let other = #expect(throws: (any Error).self) {
        try Trainer(configuration, checkpoint: checkpoint)
      }
      #expect(other.map { "\($0)" }?.contains("checkpoint format 3") == true)
    }
  }

  /// 20 tokens are one example of 16; at the end of a stage of 2 steps and one of 3.
  @Test(arguments: [(1, 3 + 2 * 2), (5, 5 * 5)])
  func aBatchOfTokensHasSomeExamples(least: Int, examples: Int) throws {
    let configuration = try tinyRun(["kind": "ssd", "d_state": 2, "headdim": 8]) { training in
      training.batchTokens = 20
      training.minimumBatchSize = least
      training.stages = [(8, 2), (16, 3)].map { length, steps in
        var stage = TrainingStage()
        (stage.examples, stage.steps) = (0, steps)
        stage.task = ["sequence_length": .int(length), "n_pairs": 2]
        return stage
      }
    }
    #expect(try result(configuration, threads: 1).0.last?.examples == examples)
  }

  /// When a stage reaches its accuracy the next one begins, also across a pause.
  @Test func aStageEndsEarly() throws {
    let configuration = try tinyRun(tinyModels[2], steps: 40) {
      $0.freshExamples = true
      $0.stages.append($0.stages[0])
      ($0.stages[0].untilAccuracy, $0.stages[1].steps) = (0.01, 15)
      $0.schedule = .cosineLastStage
    }
    let undisturbed = try result(configuration, threads: 1)
    let last = try #require(undisturbed.0.last)
    #expect(last.step > 15 && last.step < 55)
    let disturbed = try result(
      configuration, threads: 2, pausingAt: [1, last.step - 15, last.step - 1])
    #expect(undisturbed.0 == disturbed.0 && undisturbed.1 == disturbed.1)
  }

  /// A rate of almost 0 changes no answer, so that a stage ends at the first evaluation after a third of its steps.
  @Test func aStageEndsAtItsPlateau() throws {
    func configuration(_ gain: Double, rate: Double = 1e-12) throws -> RunConfiguration {
      try tinyRun(tinyModels[2], steps: 40) {
        $0.learningRate = rate
        $0.stages.append($0.stages[0])
        ($0.stages[0].untilPlateau, $0.stages[1].untilPlateau) = (0.01, gain)
        $0.stages[1].steps = 30
      }
    }
    // A plan says so.
    #expect(try configuration(0.01).training.stages.map(\.canEndEarly) == [true, true])
    #expect(try configuration(0).training.stages.map(\.canEndEarly) == [true, false])
    let undisturbed = try result(try configuration(0.01), threads: 1)
    #expect(undisturbed.0.map(\.step) == [5, 10, 15, 20, 25, 25])
    let disturbed = try result(try configuration(0.01), threads: 2, pausingAt: [1, 15, 16, 24])
    #expect(undisturbed.0 == disturbed.0 && undisturbed.1 == disturbed.1)
    #expect(try result(try configuration(0), threads: 1).0.last?.step == 45)
    try withTemporaryFolder { folder in
      let checkpoint = folder.appending(path: "c.safetensors")
      let trainer = try Trainer(try configuration(0.01), checkpoint: checkpoint)
      var stages: [Int: Int?] = [:]
      _ = try trainer.run { event in
        if case .progress(let progress) = event { stages[progress.step] = progress.stage }
        return .continue
      }
      #expect(trainer.stageSteps == [15, 10])
      for (step, stage) in stages { #expect(stage == (step <= 15 ? 1 : 2), "\(step)") }
      #expect(!stages.isEmpty)
    }
  }

  /// Accuracies of a stage of at most 90 steps, every 10 steps.
  @Test(
    arguments: [
      // Nothing happens before a third of the steps.
      ([0.1, 0.1], nil), ([0.1, 0.1, 0.1], 30), ([0.1, 0.2, 0.3, 0.4], nil),
      // A fall is no gain. The last third of 40 and of 60 steps has two evaluations.
      ([0.1, 0.3, 0.2], 30), ([0.1, 0.2, 0.3, 0.305], nil),
      ([0.1, 0.2, 0.3, 0.4, 0.5, 0.4], nil), ([0.1, 0.2, 0.3, 0.5, 0.505, 0.4], 60),
    ] as [([Double], Int?)])
  func plateaus(accuracies: [Double], end: Int?) {
    let scores = accuracies.enumerated().map { (step: 10 * ($0 + 1), accuracy: $1) }
    let ends = scores.indices.filter {
      TrainingPlan.isPlateau(
        Array(scores[...$0]), after: scores[$0].step, of: 90, gain: 0.01)
    }
    #expect(ends.first.map { scores[$0].step } == end)
  }

  @Test func plateausNeedStagesInOrder() throws {
    var training = TrainingSettings()
    training.stages[0].untilPlateau = 0.01
    try training.validate()
    training.epochs = 2
    let error = #expect(throws: SettingsError.self) { try training.validate() }
    #expect(error?.key == "stages[0].until_plateau")
  }

  /// Two examples, which the model soon knows: six right answers of six in every step.
  @Test func perfectTrainingAccuracyEndsNothing() throws {
    let configuration = try tinyRun(tinyModels[0]) {
      ($0.stages[0].examples, $0.stages[0].steps) = (2, 0)
      ($0.batchSize, $0.epochs, $0.evaluateEvery) = (2, 600, 100)
    }
    try withTemporaryFolder { folder in
      let trainer = try Trainer(
        configuration, threads: 1, checkpoint: folder.appending(path: "c.safetensors"))
      let outcome = try trainer.run { event in
        guard case .evaluated(let evaluation) = event else { return .continue }
        return evaluation.step > 600 ? .pause : .continue
      }
      guard case .finished = outcome else {
        Issue.record("it went on after \(configuration.training.epochs) steps")
        return
      }
      #expect(trainer.evaluations.map(\.step) == [100, 200, 300, 400, 500, 600])
      #expect(try #require(trainer.evaluations.last).trainingLoss < 0.02)
    }
  }

  /// Also where an earlier one ends early, as it may.
  @Test func theLastStageDoesNotEndEarly() throws {
    var training = TrainingSettings()
    training.stages = [training.stages[0], training.stages[0]]
    training.stages[0].untilAccuracy = 0.5
    try training.validate()
    training.stages[1].untilAccuracy = 0.9
    let error = #expect(throws: SettingsError.self) { try training.validate() }
    #expect(error?.key == "stages[1].until_accuracy" && error?.value == "0.9")
  }

  /// Every mixer learns a small recall task completely, so all parts work together.
  @Test(
    arguments: [
      ["kind": "attention", "dropout": 0.0, "embedding_dropout": 0.0],
      ["kind": "mamba", "d_state": 16], ["kind": "ssd", "d_state": 16, "headdim": 32],
    ] as [[String: SettingValue]])
  func learnsATinyTask(_ model: [String: SettingValue]) throws {
    let configuration = try tinyRun(model.merging(["d_model": 64]) { $1 }, steps: 3000) {
      $0.batchSize = 128
      $0.learningRate = 1e-2
      $0.schedule = .cosineLastStage
      $0.freshExamples = true
      $0.maximumGradientNorm = 1
      $0.stages[0].task = ["power_a": 1.0, "n_pairs": 2]
      ($0.stages[0].learningRateFactor, $0.stages[0].untilAccuracy) = (0.2, 0.8)
      $0.stages.append($0.stages[0])
      ($0.stages[1].learningRateFactor, $0.stages[1].untilAccuracy) = (1, 1)
      $0.stages[1].task["n_pairs"] = 3
      $0.stages[1].steps = 1200
      $0.evaluationTasks = [["n_pairs": 3]]
      ($0.evaluateEvery, $0.earlyStopAccuracy) = (50, 0.97)
      ($0.validationExamples, $0.testExamples) = (500, 500)
    }
    try withTemporaryFolder { folder in
      let trainer = try Trainer(
        configuration, threads: 2, checkpoint: folder.appending(path: "c.safetensors"))
      guard case .finished(let early) = try trainer.run({ _ in .continue }) else {
        Issue.record("the run did not finish")
        return
      }
      #expect(early)
      let weights = folder.appending(path: "weights.safetensors")
      try trainer.writeWeights(to: weights)
      let test = try TestScoring.score(
        configuration, weights: weights, threads: 2, after: #require(trainer.evaluations.last))
      #expect(test.accuracy > 0.95 && test.exactMatch > 0.8, "\(test)")
    }
  }
}
