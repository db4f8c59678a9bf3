import Experiments
import Models
import RecallTasks
import Support
import Testing
import Training

@Suite struct RunCostTests {
  private func cost(_ change: (inout TrainingSettings) -> Void = { _ in }) throws -> RunCost {
    var training = TrainingSettings()
    (training.batchSize, training.evaluateEvery, training.validationExamples) = (7, 5, 20)
    (training.stages[0].examples, training.stages[0].steps) = (0, 12)
    change(&training)
    return try RunCost(
      RunConfiguration(
        model: ModelConfiguration(["kind": "attention", "d_model": 16, "n_layers": 2]),
        task: TaskConfiguration([
          "kind": "mqar", "vocab_size": 40, "sequence_length": 16, "n_pairs": 3,
        ]), training: training, seed: 3))
  }

  /// Attention of two layers, d = 16, L = 16: per layer and token 4 d² for the projections, and 2 d for each
  /// token up to it; 3 labels of a vocabulary of 40, at which alone the second layer has queries and outputs.
  @Test func arithmeticIsCountedFromShapes() throws {
    let cost = try cost()
    let projections = 16 * 4 * 16 * 16
    let pairs = 16 * 17 / 2 * 2 * 16
    var task = MQAR()
    (task.vocabularySize, task.sequenceLength, task.pairCount) = (40, 16, 3)
    let labels = task.example(at: 0, seed: 3, split: .train).labels
    let seen = labels.indices.filter { labels[$0] >= 0 }.reduce(0) { $0 + $1 + 1 }
    let last = (16 + 3) * 2 * 16 * 16 + seen * 2 * 16
    let forward = projections + pairs + last + 3 * 40 * 16
    // 12 batches of 7, three times forward; three evaluations of 20.
    let examples = 12 * 7 * 3 + 3 * 20
    #expect(cost.multiplyAdds == Double(examples * forward))
    #expect(cost.steps == 12 && cost.examples == 84)
  }

  @Test func moreTrainingCostsMore() throws {
    let once = try cost()
    let twice = try cost { $0.epochs = 2 }
    #expect(twice.steps == 24)
    #expect(twice.multiplyAdds > 1.9 * once.multiplyAdds)
  }
}
