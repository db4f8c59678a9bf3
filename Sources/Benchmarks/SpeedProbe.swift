import Autodiff
import Kernels
import Models
import RecallTasks
import Training

/// A short measurement of one model on one thread, in processor time, so that a plan made beside other work is that of
/// free cores: how long its arithmetic takes, and its activations.
package struct SpeedProbe {
  package let secondsPerMultiplyAdd: Double
  /// Clipping and AdamW, once a step.
  package let secondsPerUpdate: Double
  /// Bytes of activations of a thread.
  package let activationBytes: Int

  /// Trains on a few sequences of the segment with the most arithmetic, for about `seconds`.
  package init(_ configuration: RunConfiguration, seconds: Double = 0.2) throws {
    let plan = try TrainingPlan(configuration)
    let model = LanguageModel(configuration.model)
    let values = model.initialValues(seed: configuration.seed)
    let optimizer = AdamW(
      configuration.training, parameters: model.parameters, bufferCount: model.bufferCount)
    let team = LaneTeam(model: model, values: values, lanes: 1, threads: 1)
    let tasks = plan.segments.map { segment in
      (task: segment.task, cost: model.trainingMultiplyAdds(segment.task, seed: configuration.seed))
    }
    let shares = zip(plan.segments, tasks).map { Double($0.examples) * $1.cost }
    let (task, cost) = tasks[shares.indices.max { shares[$0] < shares[$1] }!]
    let examples = max(1, LanePasses.tokens / task.sequenceLength)
    let batch = TrainingPlan.Batch(
      task: task, indices: .init(range: 0..<examples), learningRate: 0, untilAccuracy: 1,
      nextSegment: 0)
    func step() -> ParameterBuffer {
      team.gradient(batch, seed: configuration.seed, dropoutKey: 0).gradient
    }
    // The first pass shows the arena what it needs.
    var gradient = step()
    var times: [Double] = []
    let watch = Stopwatch()
    repeat {
      let one = ProcessorTime()
      gradient = step()
      times.append(one.seconds)
    } while watch.seconds < seconds && times.count < 1000
    let update = ProcessorTime()
    optimizer.update(values, gradient: gradient, step: 1, rate: 0)
    secondsPerUpdate = update.seconds
    secondsPerMultiplyAdd = median(times) / (Double(examples) * cost)
    activationBytes = team.activationBytes
  }
}
