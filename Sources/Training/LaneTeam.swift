import Autodiff
import Kernels
import Models
import RecallTasks

/// The lanes of a batch and the threads that work on them.
///
/// A batch is cut into a fixed number of lanes, each with a gradient of its own; lanes are added in index
/// order. So the arithmetic is the same for any number of threads.
package final class LaneTeam {
  private let model: LanguageModel
  private let lanes: [Lane]
  private let workers: [LaneWorker]
  private let team: ThreadTeam

  package init(model: LanguageModel, values: ParameterBuffer, lanes: Int, threads: Int) {
    _ = BLAS.singleThreaded
    self.model = model
    self.lanes = (0..<lanes).map { _ in Lane(gradientCount: model.bufferCount) }
    team = ThreadTeam(threads: max(1, min(threads, lanes)))
    workers = (0..<team.threads).map { _ in LaneWorker(values: values.values) }
  }

  var threads: Int { team.threads }

  /// Thread t takes lanes t, t + threads, ….
  private struct EachLane<Job: LaneJob>: ParallelJob {
    let lanes: [Lane]
    let workers: [LaneWorker]
    let job: Job

    func run(thread: Int) {
      for lane in stride(from: thread, to: lanes.count, by: workers.count) {
        job.run(lanes[lane], workers[thread])
      }
    }
  }

  private func forEachLane(_ job: some LaneJob) {
    team.run(EachLane(lanes: lanes, workers: workers, job: job))
  }

  /// Cuts examples into lanes and generates them.
  private func load(
    _ task: any RecallTask, _ indices: TrainingPlan.Indices, seed: UInt64, split: Split
  ) {
    func start(_ lane: Int) -> Int { lane * indices.count / lanes.count }
    for (index, lane) in lanes.enumerated() {
      lane.firstExample = start(index)
      lane.resize(to: (start(index + 1) - start(index)) * task.sequenceLength)
    }
    forEachLane(ExampleLoading(task: task, indices: indices, seed: seed, split: split))
  }

  /// Forward and backward over a batch → (mean loss per labelled position, fraction of them that are right,
  /// gradient of the loss). The gradient is valid until the next call.
  package func gradient(
    _ batch: TrainingPlan.Batch, seed: UInt64, dropoutKey: UInt64
  ) -> (loss: Double, accuracy: Double, gradient: ParameterBuffer) {
    load(batch.task, batch.indices, seed: seed, split: .train)
    let labelled = lanes.reduce(0) { $0 + $1.labelled }
    let weight = 1 / Float(labelled)
    forEachLane(
      LanePasses(
        model: model, length: batch.task.sequenceLength, weight: weight, dropoutKey: dropoutKey))
    team.run(LaneSum(lanes: lanes, threads: threads))
    let right = lanes.reduce(0) { $0 + $1.right }
    // 1 and no more where all are right: a stage without until_accuracy does not end early.
    return (
      lanes.reduce(0) { $0 + $1.loss }, Double(right) / Double(labelled), lanes[0].gradients
    )
  }

  /// The lanes' gradients added to that of the first, in index order; each thread has a stretch of them.
  package struct LaneSum: ParallelJob {
    let lanes: [Lane]
    let threads: Int

    package init(lanes: [Lane], threads: Int) {
      (self.lanes, self.threads) = (lanes, threads)
    }

    package func run(thread: Int) {
      let total = lanes[0].gradients
      let start = thread * total.count / threads
      let count = (thread + 1) * total.count / threads - start
      for lane in lanes.dropFirst() {
        Kernels.add(count, lane.gradients.values + start, to: total.values + start)
      }
    }
  }

  /// Scores the first `examples` of a split.
  func score(_ task: any RecallTask, seed: UInt64, split: Split, examples: Int) -> Score {
    var score = Score()
    let length = task.sequenceLength
    let block = max(lanes.count, 16 * LanePasses.tokens / length)
    for first in stride(from: 0, to: examples, by: block) {
      let indices = TrainingPlan.Indices(range: first..<min(examples, first + block))
      load(task, indices, seed: seed, split: split)
      forEachLane(LanePasses(model: model, length: length, weight: 1, dropoutKey: nil))
      for lane in lanes {
        score.add(
          labels: lane.labels, predictions: lane.predictions, length: length, loss: lane.loss)
      }
    }
    return score
  }

  /// Bytes of activations held by all threads.
  package var activationBytes: Int { workers.reduce(0) { $0 + $1.arena.capacity } }
}
