import Foundation
import Models
import RecallTasks
import Support

/// The least memory that training of a run takes, computed from its sizes before anything of them is made.
package struct RunMemory {
  /// Bytes of the activations of one thread, in the stage that needs most.
  package let activationBytes: Double
  /// Bytes of everything, with one thread.
  package let bytes: Double

  /// Throws `SettingsError` for a run that does not fit into this machine's memory.
  package init(_ configuration: RunConfiguration) throws {
    let (training, shape) = (configuration.training, configuration.model.shape)
    let tasks = try configuration.trainingTasks + configuration.evaluationTasks
    // Values, two moments, and a gradient for each shard.
    let parameters =
      4 * configuration.model.parameterFloats * Double(3 + training.gradientShards)
      + Double(training.data.bytes)
    try Memory.require(parameters, for: "the model's parameters and their gradients")
    let longest = Double(tasks.map(\.task.sequenceLength).max()!)
    // Inputs, labels and predictions of a sequence, and its activations at the borders of layers.
    let sequence = longest * (12 + 4 * Double(shape.modelDimension))
    try Memory.require(parameters + sequence, for: "training on \(fixed(longest, 0)) tokens")

    let plan = try TrainingPlan(configuration)
    // The batch of each step, and the order of the examples unless they are new each time.
    let examples = training.freshExamples ? 0 : plan.stages.reduce(0) { $0 + $1.examples }
    let order = 16 * Double(plan.stepsPerEpoch) + 8 * Double(examples)
    try Memory.require(
      parameters + sequence + order,
      for: "the order of \(examples) examples in \(plan.stepsPerEpoch) steps")
    let batch = plan.stages.map { Double($0.batch) * Double($0.task.sequenceLength) }.max()!
    try Memory.require(
      parameters + order + 12 * batch, for: "a batch of \(fixed(batch, 0)) tokens")

    let model = LanguageModel(configuration.model)
    activationBytes = plan.stages.map { stage in
      let length = stage.task.sequenceLength
      let labels = stage.task.example(at: 0, seed: configuration.seed, split: .train).labels
      let labelled = labels.count { $0 >= 0 }
      let sequences = ShardPasses.sequences(
        ofLength: length, labelled: labelled, of: length, in: shape)
      return model.trainingBytes(
        batch: min(stage.batch, sequences), length: length, labelled: labelled)
    }.max()!
    bytes = parameters + order + 12 * batch + activationBytes
    try Memory.require(bytes, for: "training")
  }
}
