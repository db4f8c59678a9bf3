import Autodiff
import Dispatch
import Kernels
import Mixers
import RecallTasks

/// The lanes of a batch and the threads that work on them.
///
/// A batch is cut into a fixed number of lanes, each with a gradient of its own; lanes are added in index
/// order. So the arithmetic is the same for any number of threads.
final class LaneTeam: @unchecked Sendable {
  let threads: Int
  private let model: LanguageModel
  private var lanes: [Lane]
  private let workers: [Worker]
  private let values: ParameterBuffer

  /// About this many tokens go through a tape at a time: enough for full-speed matrix products, few enough
  /// that activations stay in cache.
  private static let tokensPerPass = 512

  /// What a lane is given and what it returns. Touched by one thread at a time.
  private final class Lane {
    var inputs: [Int32] = []
    var labels: [Int32] = []
    var predictions: [Int32] = []
    var firstExample = 0
    var loss = 0.0
    let gradients: ParameterBuffer

    init(gradientCount: Int) { gradients = ParameterBuffer(count: gradientCount) }

    /// Makes room for this many tokens.
    func resize(to tokens: Int) {
      guard inputs.count != tokens else { return }
      inputs = [Int32](repeating: 0, count: tokens)
      labels = [Int32](repeating: unlabelled, count: tokens)
      predictions = [Int32](repeating: -1, count: tokens)
    }

    var labelled: Int { labels.reduce(0) { $0 + ($1 >= 0 ? 1 : 0) } }

    /// Labelled positions that were predicted.
    var right: Int {
      zip(labels, predictions).reduce(0) { $0 + ($1.0 >= 0 && $1.0 == $1.1 ? 1 : 0) }
    }
  }

  /// A thread's memory: both tapes on one arena.
  private final class Worker {
    let arena = Arena()
    let scoring: Tape
    let training: Tape

    init(values: UnsafePointer<Float>) {
      scoring = Tape(arena: arena, parameters: values)
      training = Tape(arena: arena, parameters: values)
    }
  }

  init(model: LanguageModel, values: ParameterBuffer, lanes: Int, threads: Int) {
    _ = BLAS.singleThreaded
    self.model = model
    self.values = values
    self.threads = max(1, min(threads, lanes))
    self.lanes = (0..<lanes).map { _ in Lane(gradientCount: model.bufferCount) }
    workers = (0..<self.threads).map { _ in Worker(values: values.values) }
  }

  /// Runs `body` for every lane; thread t takes lanes t, t + threads, ….
  private func forEachLane(_ body: @Sendable (Lane, Worker) -> Void) {
    guard threads > 1 else {
      for lane in lanes { body(lane, workers[0]) }
      return
    }
    DispatchQueue.concurrentPerform(iterations: threads) { thread in
      for lane in stride(from: thread, to: lanes.count, by: threads) {
        body(lanes[lane], workers[thread])
      }
    }
  }

  /// Cuts examples into lanes and generates them.
  private func load(_ task: any RecallTask, _ indices: TrainingPlan.Indices, seed: UInt64, split: Split) {
    let length = task.sequenceLength
    for (index, lane) in lanes.enumerated() {
      let count = share(index, of: indices.count)
      lane.firstExample = start(index, of: indices.count)
      lane.resize(to: count * length)
    }
    forEachLane { lane, _ in
      lane.inputs.withUnsafeMutableBufferPointer { inputs in
        lane.labels.withUnsafeMutableBufferPointer { labels in
          for example in 0..<(inputs.count / length) {
            let range = (example * length)..<((example + 1) * length)
            task.write(
              example: indices[lane.firstExample + example], seed: seed, split: split,
              inputs: .init(rebasing: inputs[range]), labels: .init(rebasing: labels[range]))
          }
        }
      }
    }
  }

  private func start(_ lane: Int, of examples: Int) -> Int { lane * examples / lanes.count }

  private func share(_ lane: Int, of examples: Int) -> Int {
    start(lane + 1, of: examples) - start(lane, of: examples)
  }

  /// Forward and backward over a batch → (mean loss per labelled position, fraction of them that are right,
  /// gradient of the loss). The gradient
  /// is valid until the next call.
  func gradient(
    _ batch: TrainingPlan.Batch, seed: UInt64, step: Int, dropoutKey: UInt64
  ) -> (loss: Double, accuracy: Double, gradient: ParameterBuffer) {
    load(batch.task, batch.indices, seed: seed, split: .train)
    let weight = 1 / Float(lanes.reduce(0) { $0 + $1.labelled })
    let length = batch.task.sequenceLength
    forEachLane { [model] lane, worker in
      lane.gradients.clear()
      let tape = worker.training
      tape.parameterGradients = lane.gradients.values
      self.passes(lane, length, tape) { inputs, labels, predictions, batch, first in
        tape.dropout = DropoutStream(key: dropoutKey, firstExample: first)
        let loss = model.loss(
          inputs, labels: labels, batch: batch, time: length, weight: weight,
          predictions: predictions, on: tape)
        _ = tape.accumulates(loss)
        loss.gradient[0] = 1
        let value = Double(loss.values[0])
        tape.backward()
        return value
      }
    }
    let total = lanes[0].gradients
    for lane in lanes.dropFirst() {
      Kernels.add(total.count, lane.gradients.values, to: total.values)
    }
    let right = lanes.reduce(0) { $0 + $1.right }
    return (lanes.reduce(0) { $0 + $1.loss }, Double(right) * Double(weight), total)
  }

  /// Runs a lane's examples through the tape, a pass of several at a time; sets its loss.
  private func passes(
    _ lane: Lane, _ length: Int, _ tape: Tape,
    _ body: (
      UnsafePointer<Int32>, UnsafePointer<Int32>, UnsafeMutablePointer<Int32>, Int, Int
    ) -> Double
  ) {
    let examples = lane.inputs.count / length
    let perPass = max(1, Self.tokensPerPass / length)
    lane.loss = 0
    lane.inputs.withUnsafeBufferPointer { inputs in
      lane.labels.withUnsafeBufferPointer { labels in
        lane.predictions.withUnsafeMutableBufferPointer { predictions in
          for first in stride(from: 0, to: examples, by: perPass) {
            tape.reset()
            let offset = first * length
            lane.loss += body(
              inputs.baseAddress! + offset, labels.baseAddress! + offset,
              predictions.baseAddress! + offset, min(perPass, examples - first),
              lane.firstExample + first)
          }
        }
      }
    }
  }

  /// Scores the first `examples` of a split.
  func score(_ task: any RecallTask, seed: UInt64, split: Split, examples: Int) -> Score {
    var score = Score()
    let length = task.sequenceLength
    let block = max(lanes.count, 16 * Self.tokensPerPass / length)
    for first in stride(from: 0, to: examples, by: block) {
      let indices = TrainingPlan.Indices(range: first..<min(examples, first + block))
      load(task, indices, seed: seed, split: split)
      forEachLane { [model] lane, worker in
        let tape = worker.scoring
        self.passes(lane, length, tape) { inputs, labels, predictions, batch, _ in
          let loss = model.loss(
            inputs, labels: labels, batch: batch, time: length, weight: 1,
            predictions: predictions, on: tape)
          return Double(loss.values[0])
        }
      }
      for lane in lanes {
        score.add(
          labels: lane.labels, predictions: lane.predictions, length: length, loss: lane.loss)
      }
    }
    return score
  }

  /// Bytes of activations held by all threads.
  var activationBytes: Int { workers.reduce(0) { $0 + $1.arena.capacity } }
}
