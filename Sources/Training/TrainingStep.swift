import Autodiff
import Kernels
import Models
import RecallTasks
import Support

/// The one training step: examples, forward and backward pass, sum of the shards' gradients, clipping, AdamW.
package final class TrainingStep {
  package let model: LanguageModel
  /// The values of the parameters, which each step changes.
  package let values: ParameterBuffer
  let optimizer: AdamW
  let batch: ShardedBatch
  /// What is trained on instead of the task's examples.
  var examples: LabelledExamples?
  private let seed: UInt64

  /// Loss, accuracy and gradient norm of a step.
  package struct Result {
    /// Mean loss per labelled position, in nats, before the update.
    package let loss: Double
    /// Fraction of labelled positions that were predicted, before the update.
    package let accuracy: Double
    /// The norm of the gradient before clipping. NaN if the loss is not finite; the parameters are then unchanged.
    package let gradientNorm: Double
  }

  /// Starts from the initial values of the configuration's seed.
  ///
  /// - Parameter shards: the shards of a batch; nil takes the configuration's number.
  package init(_ configuration: RunConfiguration, shards: Int? = nil, threads: Int) {
    let settings = configuration.training
    seed = configuration.seed
    model = LanguageModel(configuration.model)
    values = model.initialValues(seed: seed)
    optimizer = AdamW(settings, parameters: model.parameters, bufferCount: model.bufferCount)
    batch = ShardedBatch(
      model: model, values: values, shards: shards ?? settings.gradientShards, threads: threads,
      rounding: settings.rounding)
  }

  package var threads: Int { batch.threads }
  /// The gradient that `differentiate` left.
  package var gradient: ParameterBuffer { batch.gradient }
  /// Bytes of the activations of all threads.
  package var activationBytes: Int { batch.activationBytes }

  /// Takes step number `step`, counted from 0; nil if the batch was interrupted, which changes no parameter.
  package func take(_ planned: TrainingPlan.Batch, step: Int) -> Result? {
    let (loss, accuracy) = differentiate(planned, step: step)
    guard batch.isComplete else { return nil }
    let norm = loss.isFinite ? update(step: step, learningRate: planned.learningRate) : .nan
    return Result(loss: loss, accuracy: accuracy, gradientNorm: norm)
  }

  /// The first half of a step: the gradient.
  package func differentiate(
    _ planned: TrainingPlan.Batch, step: Int
  ) -> (loss: Double, accuracy: Double) {
    let key = mix(seed ^ mix(RandomStream.number(of: "dropout") &+ UInt64(step)))
    if let examples { return batch.differentiate(examples, planned.indices, dropoutKey: key) }
    return batch.differentiate(
      GeneratedExamples(planned.task, seed: seed, split: .train), planned.indices, dropoutKey: key)
  }

  /// Starts from the weights and examples that the configuration names. Throws `FileError` or `SafetensorsError`.
  func readFiles(_ settings: TrainingSettings, startsAnew: Bool) throws {
    if startsAnew, !settings.initialWeights.isNone {
      let weights = try settings.initialWeights.weights(of: model)
      values.values.update(from: weights.values, count: values.count)
    }
    if !settings.data.isNone {
      examples = try settings.data.examples(vocabulary: model.configuration.shape.vocabularySize)
    }
  }

  /// The second half of a step: clipping and AdamW. Returns the gradient's norm before clipping.
  package func update(step: Int, learningRate: Double) -> Double {
    Kernels.withoutSubnormals {
      optimizer.update(
        values, gradient: batch.gradient, step: step + 1, learningRate: learningRate)
    }
  }
}
