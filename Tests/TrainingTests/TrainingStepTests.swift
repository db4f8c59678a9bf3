import Autodiff
import Foundation
import Models
import RecallTasks
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

  /// Filters that are made once for a batch have the gradient that they would have if every sequence made its own.
  @Test(
    arguments: [
      ["kind": "hyena", "filter_order": 6], ["kind": "m2", "filter_order": 5],
      ["kind": "m2", "block": "common", "residual_long_conv": false, "filter_order": 5],
      ["kind": "base_conv", "kernel_size": [-1, 3]],
    ] as [[String: SettingValue]])
  func sharedFiltersHaveTheSameGradient(_ model: [String: SettingValue]) throws {
    let configuration = try tinyRun(model)
    let language = LanguageModel(configuration.model)
    #expect(!language.layersWithFilters.isEmpty)
    let values = language.initialValues(seed: 1)
    let task = configuration.task.task
    let (count, length) = (7, task.sequenceLength)
    let batch = ShardedBatch(model: language, values: values, shards: 3, threads: 2)
    let source = GeneratedExamples(task, seed: 3, split: .train)
    // The second batch finds the memory of the first.
    for first in [count, 0] {
      _ = batch.differentiate(
        source, TrainingPlan.Indices(range: first..<first + count), dropoutKey: nil)
    }

    let gradient = ParameterBuffer(count: language.bufferCount)
    let tape = Tape(arena: Arena(), parameters: values.values, gradients: gradient.values)
    let examples = (0..<count).map { task.example(at: $0, seed: 3, split: .train) }
    let (inputs, labels) = (examples.flatMap(\.inputs), examples.flatMap(\.labels))
    let loss = language.loss(
      inputs, labels: labels, batch: count, length: length,
      weight: 1 / Float(labels.count { $0 >= 0 }), on: tape)
    _ = tape.accumulates(loss)
    loss.gradient[0] = 1
    tape.backward()
    for parameter in language.parameters where parameter.isTrained {
      let (shared, own) = (batch.gradient.elements(of: parameter), gradient.elements(of: parameter))
      let largest = own.map(abs).max()!
      for (a, b) in zip(shared, own) {
        #expect(abs(a - b) <= 1e-5 * largest + 1e-9, "\(parameter.name): \(a), \(b)")
      }
    }
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
