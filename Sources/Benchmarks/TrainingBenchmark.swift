import CMemory
import Foundation
import Models
import RecallTasks
import Support
import Training

/// Measures the speed of one model's training steps on MQAR: examples, forward, backward, clipping, AdamW.
package struct TrainingBenchmark: Sendable {
  package let model: ModelConfiguration
  package let task: MQAR
  package let threads: Int
  /// Sequences of a step.
  package let batch: Int
  package let precision: TrainingSettings.Precision

  /// The allowed numbers of threads.
  package static let threadBounds = 1...1024
  /// The most tokens of a step.
  private static let mostTokens = 1 << 24

  /// Throws `SettingsError` for settings that are not allowed or do not fit into this machine's memory.
  ///
  /// - Parameter batch: sequences per step; nil takes as many as make 8192 tokens.
  package init(
    _ model: ModelConfiguration, _ task: MQAR, threads: Int, batch: Int? = nil,
    precision: TrainingSettings.Precision = .float32
  ) throws {
    self.model = model
    self.task = task
    self.threads = threads
    self.precision = precision
    let length = max(1, task.sequenceLength)
    self.batch = batch ?? max(1, 8192 / length)
    try SettingsError.require("threads", threads, in: Self.threadBounds)
    guard length <= Self.mostTokens else {
      throw SettingsError("sequence_length", length, allowed: "at most \(Self.mostTokens)")
    }
    try SettingsError.require("batch", self.batch, in: 1...(Self.mostTokens / length))
    try requireMemory()
  }

  /// Throws if a step cannot fit into this machine's memory.
  private func requireMemory() throws {
    let configuration = try configuration
    try configuration.model.requireMemory(copies: 3)
    let model = LanguageModel(configuration.model)
    let (shards, length) = (configuration.training.gradientShards, task.sequenceLength)
    // Values, two moments, and a gradient for each shard. Below: the memory of each thread; inputs, labels,
    // predictions.
    let parameters = 4 * Double(model.bufferCount) * Double(3 + shards)
    let sequences = ShardPasses.sequences(
      ofLength: length, labelled: task.pairCount, of: length, in: model.configuration.shape)
    let passes = model.trainingBytes(
      batch: min(batch, sequences), length: length, labelled: task.pairCount)
    let bytes =
      parameters + Double(threads) * (passes + Double(MatrixPeak.bytesPerThread))
      + 12 * Double(batch * length)
    try Memory.require(bytes, for: "a step")
  }

  private var configuration: RunConfiguration {
    get throws {
      var training = TrainingSettings()
      training.batchSize = batch
      training.freshExamples = true
      training.precision = precision
      training.maximumGradientNorm = 1
      training.gradientShards = max(training.gradientShards, threads)
      training.stages[0].examples = batch << 20
      return try RunConfiguration(
        model: model, task: TaskConfiguration(task), training: training, seed: 0)
    }
  }

  /// Times steps for about `seconds`, at least five of them. Before each, it times a matrix product on the same
  /// threads.
  package func run(seconds: Double) throws -> TrainingSpeed {
    let configuration = try configuration
    let gradientError = try gradientError(configuration)
    let step = TrainingStep(configuration, threads: threads)
    var plan = try TrainingPlan(configuration)
    var number = 0
    func take() {
      _ = step.take(plan.batch(at: number), step: number)
      number += 1
    }
    // In the first passes the arena grows to the size that it needs.
    for _ in 0..<2 { take() }
    let before = HeapAllocations.count
    take()
    let after = HeapAllocations.count
    let bytes = recall_peak_memory()
    let peak = MatrixPeak(threads: threads)
    var (times, products): ([Double], [Double]) = ([], [])
    let watch = Stopwatch()
    while times.count < 5 || watch.seconds < seconds {
      products.append(peak.secondsPerProduct())
      let one = Stopwatch()
      take()
      times.append(one.seconds)
    }
    let seconds = median(times)
    let peakGigaflops = peak.gigaflops(secondsPerProduct: median(products))
    // Filters are made once for all sequences.
    let filters = Double((batch - 1) * step.model.filterMultiplyAdds(length: task.sequenceLength))
    let gigaflops = 2e-9 * (Double(batch) * multiplyAdds(step.model) - filters) / seconds
    return TrainingSpeed(
      mixer: model.kind, modelDimension: model.shape.modelDimension,
      stateDimension: try model.stateDimension, layers: model.shape.layers,
      sequenceLength: task.sequenceLength, pairs: task.pairCount,
      vocabularySize: task.vocabularySize, threads: threads, batch: batch,
      precision: precision.rawValue,
      sequencesPerSecond: Double(batch) / seconds,
      tokensPerSecond: Double(batch * task.sequenceLength) / seconds, gigaflops: gigaflops,
      peakGigaflops: peakGigaflops, fractionOfPeak: gigaflops / peakGigaflops,
      peakMemoryMegabytes: bytes < 0 ? nil : Double(bytes) / 1e6,
      allocationsPerStep: before.flatMap { before in after.map { $0 - before } },
      gradientError: gradientError)
  }

  /// ‖g̃ − g‖ / ‖g‖: how far the first step's gradient is from the one in float32; nil in float32.
  private func gradientError(_ configuration: RunConfiguration) throws -> Double? {
    guard precision != .float32 else { return nil }
    // One after the other: memory was required for one step.
    func gradient(_ precision: TrainingSettings.Precision) throws -> [Float] {
      var configuration = configuration
      configuration.training.precision = precision
      let step = TrainingStep(configuration, threads: threads)
      var plan = try TrainingPlan(configuration)
      _ = step.differentiate(plan.batch(at: 0), step: 0)
      return Array(UnsafeBufferPointer(start: step.gradient.values, count: step.gradient.count))
    }
    let (exact, rounded) = (try gradient(.float32), try gradient(precision))
    var (difference, size) = (0.0, 0.0)
    for (g, other) in zip(exact, rounded) {
      difference += Double(other - g) * Double(other - g)
      size += Double(g) * Double(g)
    }
    return (difference / size).squareRoot()
  }

  /// Multiply-adds of a training step per sequence. They depend on the positions of a sequence's labels, so this is a
  /// mean.
  private func multiplyAdds(_ model: LanguageModel) -> Double {
    let examples = min(batch, 128)
    let total = (0..<examples).reduce(0.0) { total, index in
      total + model.trainingMultiplyAdds(task, seed: 0, example: index)
    }
    return total / Double(examples)
  }
}

extension ModelConfiguration {
  /// The mixer's `d_state`, if it has that key.
  fileprivate var stateDimension: Int? {
    get throws {
      guard case .int(let value)? = values["d_state"] else { return nil }
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
