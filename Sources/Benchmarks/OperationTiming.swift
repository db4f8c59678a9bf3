import Autodiff
import Kernels
import RecallTasks
import Training

/// The speed of one operation on one thread, forward and backward, beside what limits it; of what has no backward
/// pass, that is 0.
public struct OperationTiming: Sendable {
  public let description: String
  /// Medians.
  public let forwardSeconds: Double
  public let backwardSeconds: Double
  /// Of both passes, counted from the shapes: backward has twice those of forward.
  public let multiplyAdds: Int
  /// Of operands, results and their gradients, each read or written as often as it must be.
  public let bytes: Int
  /// Of a product of 1024 × 1024 matrices, measured in between.
  public let peakGigaflops: Double
  /// Read and written by an update in place of the memory that is touched, measured in between: from whichever
  /// cache it fits into.
  public let memoryBytesPerSecond: Double

  public var seconds: Double { forwardSeconds + backwardSeconds }
  public var gigaflops: Double { 2e-9 * Double(multiplyAdds) / seconds }
  private var arithmeticSeconds: Double { 2e-9 * Double(multiplyAdds) / peakGigaflops }
  private var memorySeconds: Double { Double(bytes) / memoryBytesPerSecond }
  /// Whether arithmetic, not memory, is what limits it.
  public var isBoundByArithmetic: Bool { arithmeticSeconds >= memorySeconds }
  /// The time that its limit would allow, over the time it takes.
  public var fractionOfRoofline: Double { max(arithmeticSeconds, memorySeconds) / seconds }

  /// Every operation and what else a step does, one after the other, for about `seconds` each.
  public static func all(seconds: Double, _ body: (OperationTiming) -> Void) {
    let peak = MatrixPeak(threads: 1)
    for benchmark in OperationCatalog.benchmarks {
      body(OperationTiming(TimedWork(benchmark), peak, seconds: seconds))
    }
    for work in TimedWork.aroundPasses { body(OperationTiming(work, peak, seconds: seconds)) }
  }

  private init(_ work: TimedWork, _ peak: MatrixPeak, seconds: Double) {
    let memory = MemoryUpdate(bytes: work.footprint)
    var (forward, backward, products, updates): ([Double], [Double], [Double], [Double]) =
      ([], [], [], [])
    let watch = Stopwatch()
    while forward.count < 20 || watch.seconds < seconds {
      // The peak takes longer than most operations.
      if forward.count % 20 == 0 { products.append(peak.secondsPerProduct()) }
      updates.append(memory.seconds())
      let first = Stopwatch()
      work.forward()
      forward.append(first.seconds)
      guard let pass = work.backward else { continue }
      let second = Stopwatch()
      pass()
      backward.append(second.seconds)
    }
    description = work.description
    (forwardSeconds, backwardSeconds) = (
      median(forward), work.backward == nil ? 0 : median(backward)
    )
    multiplyAdds = work.multiplyAdds
    bytes = work.bytes
    peakGigaflops = peak.gigaflops(secondsPerProduct: median(products))
    memoryBytesPerSecond = Double(2 * work.footprint) / median(updates)
  }
}

/// What is timed.
private struct TimedWork {
  let description: String
  /// Of both passes.
  let multiplyAdds: Int
  /// Read or written at least, each as often as it must be.
  let bytes: Int
  /// Bytes of the memory that this touches.
  let footprint: Int
  let forward: () -> Void
  let backward: (() -> Void)?

  init(
    _ description: String, multiplyAdds: Int, bytes: Int, footprint: Int,
    forward: @escaping () -> Void, backward: (() -> Void)? = nil
  ) {
    (self.description, self.multiplyAdds) = (description, multiplyAdds)
    (self.bytes, self.footprint) = (bytes, footprint)
    (self.forward, self.backward) = (forward, backward)
  }

  init(_ benchmark: OperationBenchmark) {
    let runner = OperationRunner(benchmark)
    self.init(
      benchmark.description, multiplyAdds: 3 * benchmark.multiplyAdds, bytes: runner.bytes,
      footprint: runner.footprint, forward: runner.forward, backward: runner.backward)
  }

  /// What a step does once, whatever its passes: 8192 tokens of MQAR, and as many weights as 8192 words of 64
  /// dimensions.
  static var aroundPasses: [TimedWork] { [examples, laneSum, update] }

  private static var examples: TimedWork {
    var task = MQAR()
    (task.vocabularySize, task.sequenceLength, task.pairCount) = (8192, 1024, 256)
    let tokens = 8 * task.sequenceLength
    let lane = Lane(gradientCount: 0)
    lane.resize(to: tokens)
    let values = ParameterBuffer(count: 0)
    let worker = LaneWorker(values: values.values)
    let job = ExampleLoading(
      task: task, indices: TrainingPlan.Indices(range: 0..<8), seed: 0, split: .train)
    return TimedWork(
      "examples of MQAR, 8 × 1024", multiplyAdds: 0, bytes: 8 * tokens, footprint: 8 * tokens
    ) {
      withExtendedLifetime(values) { job.run(lane, worker) }
    }
  }

  private static let weights = 8192 * 64

  private static var laneSum: TimedWork {
    let lanes = (0..<TrainingSettings().lanes).map { _ in Lane(gradientCount: weights) }
    let additions = lanes.count - 1
    let sum = LaneTeam.LaneSum(lanes: lanes, threads: 1)
    return TimedWork(
      "\(lanes.count) lanes' gradients cleared and added", multiplyAdds: additions * weights,
      bytes: 4 * weights * (2 * lanes.count + 1), footprint: 4 * weights * lanes.count
    ) {
      for lane in lanes { lane.gradients.clear() }
      sum.run(thread: 0)
    }
  }

  /// Seven multiply-adds a weight: one for the norm, six for the moments and the step.
  private static var update: TimedWork {
    let (values, gradient) = (ParameterBuffer(count: weights), ParameterBuffer(count: weights))
    let optimizer = AdamW(TrainingSettings(), parameters: [], bufferCount: weights)
    return TimedWork(
      "clipping and AdamW", multiplyAdds: 7 * weights, bytes: 32 * weights, footprint: 16 * weights
    ) {
      optimizer.update(values, gradient: gradient, step: 1, rate: 1e-3)
    }
  }
}

/// An update in place, each number read and written: no single stream goes through so much memory faster.
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
