import Autodiff
import Kernels
import Models

/// A batch divided into a fixed number of shards, and the threads that run a model on them.
///
/// The gradients of the shards are added in order, so the result is the same for any number of threads.
package final class ShardedBatch {
  let model: LanguageModel
  let shards: [Shard]
  /// Those of the shards.
  private let gradients: [ParameterBuffer]
  /// Keeps the buffer alive, because the workers' tapes have only its address.
  private let values: ParameterBuffer
  private let workers: [ShardWorker]
  /// Nil for a model without filters that passes share.
  private let filters: BatchFilters?
  private let team: ThreadTeam
  /// Ends the work on a batch before its end, and leaves it incomplete. Asked many times a second, by several threads.
  var isInterrupted: @Sendable () -> Bool = { false }

  /// - Parameters:
  ///   - values: the values of the model's parameters, which every pass reads.
  ///   - rounding: what is rounded to bfloat16.
  ///   - differentiates: whether gradients can be computed, which needs more memory.
  package init(
    model: LanguageModel, values: ParameterBuffer, shards: Int, threads: Int,
    rounding: Kernels.Rounding = [], differentiates: Bool = true
  ) {
    self.model = model
    self.values = values
    self.shards = (0..<shards).map { _ in
      Shard(gradientCount: differentiates ? model.bufferCount : 0)
    }
    gradients = self.shards.map(\.gradient)
    team = ThreadTeam(threads: max(1, min(threads, shards)), rounding: rounding)
    workers = (0..<team.threads).map { _ in ShardWorker(values: values.values) }
    filters = BatchFilters(model, values: values)
  }

  package var threads: Int { team.threads }

  /// Bytes of the activations of all threads.
  package var activationBytes: Int {
    workers.reduce(filters?.bytes ?? 0) { $0 + $1.arena.capacity }
  }

  /// Thread t takes shards t, t + threads, ….
  private struct EachShard<Job: ShardJob>: ParallelJob {
    let shards: [Shard]
    let workers: [ShardWorker]
    let job: Job

    func run(thread: Int) {
      for shard in stride(from: thread, to: shards.count, by: workers.count) {
        job.run(shards[shard], workers[thread])
      }
    }
  }

  func forEachShard(_ job: some ShardJob) {
    team.run(EachShard(shards: shards, workers: workers, job: job))
  }

  /// Fills the shards with examples of `source`.
  func load(_ source: some ExampleSource, _ indices: TrainingPlan.Indices) {
    func start(_ shard: Int) -> Int { shard * indices.count / shards.count }
    for (index, shard) in shards.enumerated() {
      shard.resize(to: start(index)..<start(index + 1), length: source.length)
    }
    forEachShard(ExampleLoading(source: source, indices: indices))
  }

  /// Whether the model has run on all examples of the batch.
  var isComplete: Bool { shards.allSatisfy(\.isComplete) }

  /// Runs the model on the loaded examples, which have `length` tokens.
  ///
  /// - Parameter weight: of each labelled position in the loss.
  func run(_ purpose: ShardPasses.Purpose, weight: Float, length: Int) {
    let passes = ShardPasses(
      model: model, weight: weight, purpose: purpose, isInterrupted: isInterrupted)
    filters?.make(
      length: length, for: shards, gradient: passes.differentiates ? gradient.values : nil, team)
    forEachShard(passes)
  }

  /// Forward and backward over a batch → (mean loss per labelled position in nats, fraction of these that are
  /// predicted). The loss's gradient is in `gradient` until the next call. Of an incomplete batch these mean nothing.
  ///
  /// - Parameter dropoutKey: names the dropout masks; nil switches dropout off.
  package func differentiate(
    _ source: some ExampleSource, _ indices: TrainingPlan.Indices, dropoutKey: UInt64?
  ) -> (loss: Double, accuracy: Double) {
    load(source, indices)
    let labelled = shards.reduce(0) { $0 + $1.labelled }
    run(
      .gradient(dropoutKey: dropoutKey), weight: 1 / Float(labelled), length: source.length)
    team.run(GradientSum(gradients, threads: threads))
    if isComplete { filters?.differentiate(team) }
    let correct = shards.reduce(0) { sum, shard in
      (0..<shard.exampleCount).reduce(sum) { $0 + shard.correctCount(of: $1) }
    }
    return (shards.reduce(0) { $0 + $1.loss }, Double(correct) / Double(labelled))
  }

  /// The gradient of the last batch's mean loss.
  package var gradient: ParameterBuffer { shards[0].gradient }
}

/// Adds the gradients of the other shards to that of the first, in order. Each thread adds a range of the numbers.
package struct GradientSum: ParallelJob {
  private let gradients: [ParameterBuffer]
  private let threads: Int

  /// - Parameter gradients: one for each shard, of equal sizes.
  package init(_ gradients: [ParameterBuffer], threads: Int) {
    (self.gradients, self.threads) = (gradients, threads)
  }

  package func run(thread: Int) {
    let total = gradients[0]
    let start = thread * total.count / threads
    let count = (thread + 1) * total.count / threads - start
    for gradient in gradients.dropFirst() {
      Kernels.add(count, gradient.values + start, to: total.values + start)
    }
  }
}
