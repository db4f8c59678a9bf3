import Foundation
import Models
import Support
import Testing
import Training

@Suite struct TrainingStepTests {
  private func weights(_ step: TrainingStep) -> [Float] {
    step.model.parameters.flatMap { Array(step.values.elements(of: $0)) }
  }

  /// Benchmarks time the same steps that training takes.
  @Test(arguments: tinyModels)
  func aTrainerTakesThisStep(_ model: [String: SettingValue]) throws {
    let configuration = try tinyRun(model) { $0.maximumGradientNorm = 1 }
    var plan = try TrainingPlan(configuration)
    let step = TrainingStep(configuration, threads: 2)
    for number in 0..<plan.totalSteps { _ = step.take(plan.batch(at: number), step: number) }
    try withTemporaryFolder { folder in
      let trainer = try Trainer(configuration, checkpoint: folder.appending(path: "c.safetensors"))
      _ = try trainer.run()
      let file = folder.appending(path: "weights.safetensors")
      try trainer.writeWeights(to: file)
      let trained = try step.model.readWeights(from: file)
      let parameters = step.model.parameters
      #expect(weights(step) == parameters.flatMap { Array(trained.elements(of: $0)) })
    }
  }

  @Test func halvesMakeAStep() throws {
    let configuration = try tinyRun(["kind": "attention"])
    var plan = try TrainingPlan(configuration)
    let (whole, halves) = (
      TrainingStep(configuration, threads: 1), TrainingStep(configuration, threads: 1)
    )
    let before = weights(halves)
    let batch = plan.batch(at: 0)
    let result = try #require(whole.take(batch, step: 0))
    let (loss, accuracy) = halves.differentiate(batch, step: 0)
    #expect(weights(halves) == before)
    let norm = halves.update(step: 0, learningRate: batch.learningRate)
    #expect(result.loss == loss && result.accuracy == accuracy && result.gradientNorm == norm)
    #expect(weights(whole) == weights(halves) && weights(whole) != before)
  }

  @Test func aLossThatIsNotFiniteChangesNothing() throws {
    let configuration = try tinyRun(["kind": "attention"])
    var plan = try TrainingPlan(configuration)
    let step = TrainingStep(configuration, threads: 1)
    // The token embedding: every logit has a part in it.
    let embedding = step.values.elements(of: step.model.parameters[0])
    for index in embedding.indices { embedding[index] = .infinity }
    let before = weights(step)
    let result = try #require(step.take(plan.batch(at: 0), step: 0))
    #expect(!result.loss.isFinite && result.gradientNorm.isNaN)
    #expect(weights(step) == before)
  }
}
