import Autodiff
import Kernels
import RecallTasks
import Training

/// The speed of one operation on one thread, forward and backward, beside the limits that the machine sets.
package struct OperationTiming: Sendable {
  package let description: String
  /// The median time of the forward pass.
  package let forwardSeconds: Double
  /// The median time of the backward pass; 0 if there is none.
  package let backwardSeconds: Double
  /// Multiply-adds of both passes, counted from the shapes. The backward pass has twice as many as the forward pass.
  package let multiplyAdds: Int
  /// Exponentials, sigmoids and the like of both passes.
  package let exponentials: Int
  /// Bytes of operands, results and their gradients, each counted as often as it must be read, and twice as often as it must
  /// be written: its line of the cache is fetched first.
  package let bytes: Int
  /// 10⁹ additions and multiplications a second in products of 1024 × 1024 matrices, measured between the passes.
  package let peakGigaflops: Double
  /// Bytes a second that an in-place update reads and writes, measured between the passes. It updates as much memory as
  /// the operation uses, so that both fit into the same caches.
  package let memoryBytesPerSecond: Double

  /// The time of an exponential in an array that stays in cache, measured between the passes.
  package let secondsPerExponential: Double

  /// What takes longest of what the operation must do. Exponentials are arithmetic of the same units, so their time and that
  /// of the products add up, and the larger share names the limit; memory works beside them.
  package enum Limit: String, Sendable { case arithmetic, exponentials, memory }

  package var seconds: Double { forwardSeconds + backwardSeconds }
  package var gigaflops: Double { 2e-9 * Double(multiplyAdds) / seconds }
  private var least: (limit: Limit, seconds: Double) {
    let products = 2e-9 * Double(multiplyAdds) / peakGigaflops
    let powers = Double(exponentials) * secondsPerExponential
    let memory = Double(bytes) / memoryBytesPerSecond
    return memory > products + powers
      ? (.memory, memory) : (products > powers ? .arithmetic : .exponentials, products + powers)
  }
  package var limit: Limit { least.limit }
  /// The time that the limit allows, divided by the time that the operation takes.
  package var fractionOfRoofline: Double { least.seconds / seconds }

  /// The parts of a training step besides forward and backward pass, each for a whole step.
  package static let partsOfStep = TimedWork.aroundPasses.map(\.description)
  /// What can be measured: every operation, then `partsOfStep`.
  package static let names = OperationBenchmark.all.map(\.description) + partsOfStep

  /// Measures those of `names` that `includes` wants, for about `seconds` each.
  package static func measure(
    seconds: Double, where includes: (String) -> Bool, _ body: (OperationTiming) throws -> Void
  ) rethrows {
    let peak = MatrixPeak(threads: 1)
    // As in training.
    try Kernels.withoutSubnormals {
      for benchmark in OperationBenchmark.all where includes(benchmark.description) {
        try body(OperationTiming(TimedWork(benchmark), peak, seconds: seconds))
      }
      for work in TimedWork.aroundPasses where includes(work.description) {
        try body(OperationTiming(work, peak, seconds: seconds))
      }
    }
  }

  private init(_ work: TimedWork, _ peak: MatrixPeak, seconds: Double) {
    let (memory, powers) = (MemoryUpdate(bytes: work.footprint), Exponentials())
    var (forward, backward): ([Double], [Double]) = ([], [])
    var (products, updates, exponentials): ([Double], [Double], [Double]) = ([], [], [])
    let watch = Stopwatch()
    while forward.count < 20 || watch.seconds < seconds {
      // A product takes longer than most operations, so it is measured less often.
      if forward.count % 20 == 0 { products.append(peak.secondsPerProduct()) }
      updates.append(memory.seconds())
      exponentials.append(powers.seconds())
      let first = Stopwatch()
      work.forward()
      forward.append(first.seconds)
      guard let pass = work.backward else { continue }
      pass.prepare()
      let second = Stopwatch()
      pass.run()
      backward.append(second.seconds)
    }
    description = work.description
    (forwardSeconds, backwardSeconds) = (
      median(forward), work.backward == nil ? 0 : median(backward)
    )
    multiplyAdds = work.multiplyAdds
    self.exponentials = work.exponentials
    secondsPerExponential = median(exponentials) / Double(Exponentials.count)
    bytes = work.bytes
    peakGigaflops = peak.gigaflops(secondsPerProduct: median(products))
    memoryBytesPerSecond = Double(2 * work.footprint) / median(updates)
  }
}

/// Work that is timed.
private struct TimedWork {
  let description: String
  /// Multiply-adds of both passes.
  let multiplyAdds: Int
  /// Exponentials of both passes.
  let exponentials: Int
  /// Bytes of operands and results, each counted as often as it must be read or written.
  let bytes: Int
  /// Bytes of memory that the work uses.
  let footprint: Int
  let forward: () -> Void
  /// The backward pass, and what comes before it and is not timed.
  let backward: (prepare: () -> Void, run: () -> Void)?

  init(
    _ description: String, multiplyAdds: Int, exponentials: Int = 0, bytes: Int, footprint: Int,
    forward: @escaping () -> Void, backward: (prepare: () -> Void, run: () -> Void)? = nil
  ) {
    (self.description, self.multiplyAdds) = (description, multiplyAdds)
    (self.exponentials, self.bytes, self.footprint) = (exponentials, bytes, footprint)
    (self.forward, self.backward) = (forward, backward)
  }

  init(_ benchmark: OperationBenchmark) {
    let runner = OperationRunner(benchmark)
    self.init(
      benchmark.description, multiplyAdds: 3 * benchmark.multiplyAdds,
      exponentials: benchmark.exponentials, bytes: runner.bytes, footprint: runner.footprint,
      forward: runner.forward, backward: (runner.setGradient, runner.backward))
  }

  /// The parts of a training step besides forward and backward pass, for 8192 tokens of MQAR and 8192 × 64 weights.
  static var aroundPasses: [TimedWork] { [examples, gradientSum, update] }

  private static var examples: TimedWork {
    var task = MQAR()
    (task.vocabularySize, task.sequenceLength, task.pairCount) = (8192, 1024, 256)
    let tokens = 8 * task.sequenceLength
    let shard = Shard(gradientCount: 0)
    shard.resize(to: 0..<8, length: task.sequenceLength)
    let examples = GeneratedExamples(task, seed: 0, split: .train)
    let indices = TrainingPlan.Indices(range: 0..<8)
    return TimedWork(
      "examples of MQAR, 8 × 1024", multiplyAdds: 0, bytes: 8 * tokens, footprint: 8 * tokens
    ) {
      shard.load(examples, indices)
    }
  }

  private static let weights = 8192 * 64

  private static var gradientSum: TimedWork {
    let shards = (0..<TrainingSettings().gradientShards).map { _ in
      Shard(gradientCount: weights)
    }
    let additions = shards.count - 1
    let sum = GradientSum(shards.map(\.gradient), threads: 1)
    return TimedWork(
      "\(shards.count) shards' gradients cleared and added", multiplyAdds: additions * weights,
      bytes: 4 * weights * (2 * shards.count + 1), footprint: 4 * weights * shards.count
    ) {
      for shard in shards { shard.gradient.clear() }
      sum.run(thread: 0)
    }
  }

  /// Seven multiply-adds per weight: one for the norm, six for the moments and the update.
  private static var update: TimedWork {
    let (values, gradient) = (ParameterBuffer(count: weights), ParameterBuffer(count: weights))
    let optimizer = AdamW(TrainingSettings(), parameters: [], bufferCount: weights)
    return TimedWork(
      "clipping and AdamW", multiplyAdds: 7 * weights, bytes: 32 * weights, footprint: 16 * weights
    ) {
      optimizer.update(values, gradient: gradient, step: 1, learningRate: 1e-3)
    }
  }
}

/// An in-place update, which reads and writes each number once: the fastest use of so much memory.
private final class MemoryUpdate {
  private let numbers: ParameterBuffer

  init(bytes: Int) { numbers = ParameterBuffer(count: max(16, bytes / 4)) }

  func seconds() -> Double {
    let watch = Stopwatch()
    Kernels.scaleRows(
      1, numbers.count, [0.5], numbers.values, numbers.count, into: numbers.values, numbers.count)
    return watch.seconds
  }
}

/// Exponentials of numbers in cache, so many that reading the clock takes no time beside them.
private final class Exponentials {
  static let count = passes * length
  private static let (passes, length) = (32, 4096)
  private let numbers = ParameterBuffer(count: length)
  private let results = ParameterBuffer(count: length)

  func seconds() -> Double {
    let watch = Stopwatch()
    for _ in 0..<Self.passes {
      Kernels.exponential(Self.length, numbers.values, into: results.values)
    }
    return watch.seconds
  }
}
