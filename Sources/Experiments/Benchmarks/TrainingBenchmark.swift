import Autodiff
import CMemory
import Configuration
import Mixers
import RecallTasks

/// The speed of training steps of one model on MQAR: data, forward, backward, clipping, AdamW.
public struct TrainingBenchmark: Sendable {
  public let model: ModelConfiguration
  public let task: MQAR
  public let threads: Int
  /// Sequences of a step.
  public let batch: Int

  /// Throws `SettingsError`. `batch` nil: 8192 tokens' worth.
  public init(_ model: ModelConfiguration, _ task: MQAR, threads: Int, batch: Int? = nil) throws {
    self.model = model
    self.task = task
    self.threads = threads
    self.batch = batch ?? max(1, 8192 / max(1, task.sequenceLength))
    guard threads >= 1 else { throw SettingsError("threads", threads, allowed: "at least 1") }
    guard self.batch >= 1 else { throw SettingsError("batch", self.batch, allowed: "at least 1") }
    _ = try configuration
  }

  private var configuration: RunConfiguration {
    get throws {
      var training = TrainingSettings()
      training.batchSize = batch
      training.endless = true
      training.clip = 1
      training.lanes = max(training.lanes, threads)
      training.segments[0].examples = batch << 20
      return try RunConfiguration(
        model: model, task: TaskConfiguration(task), training: training, seed: 0)
    }
  }

  /// Times steps for about `seconds`, at least five of them, each beside a matrix product on the same threads.
  public func run(seconds: Double) throws -> Measurement {
    recall_reset_peak_memory()
    var steps = try Steps(configuration, threads: threads)
    // The first passes show the arena what it needs.
    for _ in 0..<2 { steps.take() }
    let before = recall_heap_allocations()
    steps.take()
    let allocations = before < 0 ? nil : recall_heap_allocations() - before
    let bytes = recall_peak_memory()
    let peak = MatrixPeak(threads: threads)
    var (times, products): ([Double], [Double]) = ([], [])
    let watch = Stopwatch()
    while times.count < 5 || watch.seconds < seconds {
      products.append(peak.secondsPerProduct())
      let step = Stopwatch()
      steps.take()
      times.append(step.seconds)
    }
    return Measurement(
      benchmark: self, secondsPerStep: median(times),
      multiplyAdds: batch
        * steps.model.trainingMultiplyAdds(
          length: task.sequenceLength, labelled: task.pairCount),
      peakGigaflops: peak.gigaflops(secondsPerProduct: median(products)),
      megabytes: bytes < 0 ? nil : Double(bytes) / 1e6, allocations: allocations)
  }

  /// A training run that never ends.
  private struct Steps {
    let model: LanguageModel
    private let configuration: RunConfiguration
    private let values: ParameterBuffer
    private let optimizer: AdamW
    private let team: LaneTeam
    private var plan: TrainingPlan
    private var step = 0

    init(_ configuration: RunConfiguration, threads: Int) throws {
      self.configuration = configuration
      model = LanguageModel(configuration.model)
      values = model.initialValues(seed: 0)
      optimizer = AdamW(
        configuration.training, parameters: model.parameters, bufferCount: model.bufferCount)
      team = LaneTeam(
        model: model, values: values, lanes: configuration.training.lanes, threads: threads)
      plan = try TrainingPlan(configuration)
    }

    mutating func take() {
      let batch = plan.batch(at: step)
      let (_, _, gradient) = team.gradient(
        batch, seed: configuration.seed, dropoutKey: UInt64(step))
      step += 1
      optimizer.update(values, gradient: gradient, step: step, rate: batch.learningRate)
    }
  }

  /// What one benchmark showed; its coding keys are the fields of `recall bench --json`.
  public struct Measurement: Sendable {
    public let benchmark: TrainingBenchmark
    /// Median.
    public let secondsPerStep: Double
    /// Of a step, counted from the shapes, causal halves once.
    public let multiplyAdds: Int
    /// Single precision, median, on the same threads, between the steps.
    public let peakGigaflops: Double
    /// The largest resident memory, nil where it is not known.
    public let megabytes: Double?
    /// Heap allocations in one step, nil where they are not counted.
    public let allocations: Int?

    public var sequencesPerSecond: Double { Double(benchmark.batch) / secondsPerStep }
    public var tokensPerSecond: Double {
      sequencesPerSecond * Double(benchmark.task.sequenceLength)
    }
    /// 10⁹ additions and multiplications a second.
    public var gigaflops: Double { 2e-9 * Double(multiplyAdds) / secondsPerStep }
    public var fractionOfPeak: Double { gigaflops / peakGigaflops }
  }
}

func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  let middle = sorted.count / 2
  return sorted.count.isMultiple(of: 2)
    ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
}
