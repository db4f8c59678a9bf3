import Models
import Training

/// A short measurement of one model on one thread: the time of its arithmetic and the size of its activations.
///
/// Time is processor time, which does not depend on other work on the machine.
package struct SpeedProbe {
  package let secondsPerMultiplyAdd: Double
  /// The time of clipping and AdamW, once per step.
  package let secondsPerUpdate: Double
  /// Bytes of activations of one thread.
  package let activationBytes: Int

  /// Multiply-adds that take about a second.
  package static let shortPass = 3e10

  /// Trains for about `seconds` on a few sequences of the stage that has the most arithmetic.
  package init(_ configuration: RunConfiguration, seconds: Double = 0.2) throws {
    let plan = try TrainingPlan(configuration)
    let step = TrainingStep(configuration, shards: 1, threads: 1)
    let costs = plan.stages.map { stage in
      step.model.trainingMultiplyAdds(stage.task, seed: configuration.seed)
    }
    let shares = zip(plan.stages, costs).map { Double($0.examples) * $1 }
    let most = shares.indices.max { shares[$0] < shares[$1] }!
    let task = plan.stages[most].task
    // A pass as in training; of large models fewer sequences, whose products are large all the same.
    let short = Int(min(1e6, Self.shortPass / costs[most]))
    let examples = max(1, min(ShardPasses.tokens / task.sequenceLength, short))
    let batch = TrainingPlan.Batch(
      task: task, indices: .init(range: 0..<examples), learningRate: 0)
    func time() -> Double {
      let one = ProcessorTime()
      _ = step.differentiate(batch, step: 0)
      return one.seconds
    }
    // In the first pass the arena grows to the size that it needs; a long pass is still measured well.
    let first = time()
    var times = first > seconds ? [first] : []
    let watch = Stopwatch()
    while times.isEmpty || watch.seconds < seconds && times.count < 1000 { times.append(time()) }
    let update = ProcessorTime()
    _ = step.update(step: 0, learningRate: batch.learningRate)
    secondsPerUpdate = update.seconds
    secondsPerMultiplyAdd = median(times) / (Double(examples) * costs[most])
    activationBytes = step.activationBytes
  }
}
