import Autodiff
import CMemory
import Foundation
import Models
import RecallTasks
import Support
import Training

/// The speed of training steps of one model on MQAR: data, forward, backward, clipping, AdamW.
public struct TrainingBenchmark: Sendable {
  public let model: ModelConfiguration
  public let task: MQAR
  public let threads: Int
  /// Sequences of a step.
  public let batch: Int

  /// More threads help no machine.
  public static let threadBounds = 1...1024
  /// Of a step.
  private static let mostTokens = 1 << 24

  /// Throws `SettingsError`. `batch` nil: 8192 tokens' worth.
  public init(_ model: ModelConfiguration, _ task: MQAR, threads: Int, batch: Int? = nil) throws {
    self.model = model
    self.task = task
    self.threads = threads
    let length = max(1, task.sequenceLength)
    self.batch = batch ?? max(1, 8192 / length)
    try SettingsError.require("threads", threads, in: Self.threadBounds)
    guard length <= Self.mostTokens else {
      throw SettingsError("sequence_length", length, allowed: "at most \(Self.mostTokens)")
    }
    try SettingsError.require("batch", self.batch, in: 1...(Self.mostTokens / length))
    try requireMemory()
  }

  /// Throws where a step cannot fit into this machine's memory.
  private func requireMemory() throws {
    let configuration = try configuration
    let model = LanguageModel(configuration.model)
    let (lanes, length) = (configuration.training.lanes, task.sequenceLength)
    // Values, two moments, a gradient for each lane; what each thread holds; inputs, labels and predictions.
    let parameters = 4 * Double(model.bufferCount) * Double(3 + lanes)
    let sequences = LanePasses.sequences(
      ofLength: length, labelled: task.pairCount, of: length, in: model.configuration.backbone)
    let passes = model.trainingBytes(
      batch: min(batch, sequences), length: length, labelled: task.pairCount)
    let bytes =
      parameters + Double(threads) * (passes + Double(MatrixPeak.bytesPerThread))
      + 12 * Double(batch * length)
    let memory = Double(ProcessInfo.processInfo.physicalMemory)
    guard bytes <= memory else {
      throw SettingsError(
        "memory of a step", "\(gigabytes(bytes)) or more",
        allowed: "this machine's \(gigabytes(memory))")
    }
  }

  private func gigabytes(_ bytes: Double) -> String { String(format: "%.1f GB", bytes / 1e9) }

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
  public func run(seconds: Double) throws -> TrainingSpeed {
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
    let seconds = median(times)
    let peakGigaflops = peak.gigaflops(secondsPerProduct: median(products))
    let gigaflops = 2e-9 * Double(batch) * multiplyAdds(steps.model) / seconds
    return TrainingSpeed(
      mixer: model.kind, modelDimension: model.backbone.modelDimension,
      stateDimension: try model.stateDimension, layers: model.backbone.layers,
      sequenceLength: task.sequenceLength, pairs: task.pairCount,
      vocabularySize: task.vocabularySize, threads: threads, batch: batch,
      sequencesPerSecond: Double(batch) / seconds,
      tokensPerSecond: Double(batch * task.sequenceLength) / seconds, gigaflops: gigaflops,
      peakGigaflops: peakGigaflops, fractionOfPeak: gigaflops / peakGigaflops,
      peakMemoryMegabytes: bytes < 0 ? nil : Double(bytes) / 1e6, allocationsPerStep: allocations)
  }

  /// Per sequence: where labels lie differs from one to the next.
  private func multiplyAdds(_ model: LanguageModel) -> Double {
    let examples = min(batch, 128)
    let total = (0..<examples).reduce(0.0) { total, index in
      total + model.trainingMultiplyAdds(task, seed: 0, example: index)
    }
    return total / Double(examples)
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
}

extension ModelConfiguration {
  /// Of mixers that have one.
  fileprivate var stateDimension: Int? {
    get throws {
      guard case .int(let value)? = try values["d_state"] else { return nil }
      return value
    }
  }
}

package func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  let middle = sorted.count / 2
  return sorted.count.isMultiple(of: 2)
    ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
}
