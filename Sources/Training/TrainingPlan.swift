import Foundation
import RecallTasks
import Support

/// The examples and the learning rate of each training step: a pure function of the configuration and the step.
package struct TrainingPlan {
  /// A stage's share of an epoch.
  package struct Stage {
    package let task: any RecallTask
    package let examples: Int
    /// Examples of a batch; the last batch has the remaining ones.
    package let batch: Int
    /// Index of the first example. The stages draw from one stream without overlap.
    let firstIndex: Int
    /// Multiplies the schedule's learning rate.
    let learningRateFactor: Double
    /// Training accuracy above which the next stage begins.
    let untilAccuracy: Double
    /// The gain of validation accuracy below which the stage ends; 0 is never.
    package let untilPlateau: Double
    package var steps: Int { (examples + batch - 1) / batch }
  }

  /// The examples of one step, all of one task.
  package struct Batch {
    package let task: any RecallTask
    package let indices: Indices
    package let learningRate: Double
    /// Training accuracy above which the rest of the stage is left out.
    let untilAccuracy: Double
    /// The planned step at which the next stage begins.
    let nextStage: Int

    package init(
      task: any RecallTask, indices: Indices, learningRate: Double, untilAccuracy: Double = 1,
      nextStage: Int = 0
    ) {
      (self.task, self.indices, self.learningRate) = (task, indices, learningRate)
      (self.untilAccuracy, self.nextStage) = (untilAccuracy, nextStage)
    }
  }

  /// Indices of examples in their stream: a range of them, or of an epoch's permutation.
  package struct Indices {
    let range: Range<Int>
    let permutation: [Int]?
    let firstIndex: Int

    package init(range: Range<Int>, permutation: [Int]? = nil, firstIndex: Int = 0) {
      (self.range, self.permutation, self.firstIndex) = (range, permutation, firstIndex)
    }

    package var count: Int { range.count }

    /// - Parameter number: of an example within the batch.
    subscript(number: Int) -> Int {
      let position = range.lowerBound + number
      return firstIndex + (permutation?[position] ?? position)
    }
  }

  package let stages: [Stage]
  let stepsPerEpoch: Int
  package let totalSteps: Int
  /// Steps between evaluations.
  package let evaluateEvery: Int
  private let settings: TrainingSettings
  private let seed: UInt64
  private let examplesPerEpoch: Int
  private var cachedEpoch = -1
  /// (stage, batch within it) of each step of the cached epoch.
  private var order: [(stage: Int, batch: Int)] = []
  /// The cached epoch's permutation of each stage's examples; empty where every epoch has fresh examples.
  private var permutations: [[Int]] = []

  package init(_ configuration: RunConfiguration) throws {
    settings = configuration.training
    seed = configuration.seed
    var stages: [Stage] = []
    var first = 0
    for (stage, task) in zip(settings.stages, try configuration.trainingTasks) {
      let length = task.task.sequenceLength
      let batch =
        settings.batchTokens > 0
        ? max(settings.minimumBatchSize, settings.batchTokens / length) : settings.batchSize
      let examples = stage.steps > 0 ? stage.steps * batch : stage.examples
      stages.append(
        Stage(
          task: task.task, examples: examples, batch: batch, firstIndex: first,
          learningRateFactor: stage.learningRateFactor, untilAccuracy: stage.untilAccuracy,
          untilPlateau: stage.untilPlateau))
      first += examples
    }
    self.stages = stages
    examplesPerEpoch = first
    stepsPerEpoch = stages.reduce(0) { $0 + $1.steps }
    totalSteps = stepsPerEpoch * settings.epochs
    evaluateEvery = settings.evaluateEvery > 0 ? settings.evaluateEvery : stepsPerEpoch
  }

  /// The batch of step 0, 1, … `totalSteps` − 1.
  package mutating func batch(at step: Int) -> Batch {
    let (epoch, stepInEpoch) = step.quotientAndRemainder(dividingBy: stepsPerEpoch)
    if epoch != cachedEpoch { prepare(epoch: epoch) }
    let (index, number) = order[stepInEpoch]
    let stage = stages[index]
    let range = (number * stage.batch)..<min(stage.examples, (number + 1) * stage.batch)
    let indices =
      settings.freshExamples
      ? Indices(range: range, firstIndex: epoch * examplesPerEpoch + stage.firstIndex)
      : Indices(range: range, permutation: permutations[index], firstIndex: stage.firstIndex)
    return Batch(
      task: stage.task, indices: indices,
      learningRate: stage.learningRateFactor * scheduledRate(at: step),
      untilAccuracy: stage.untilAccuracy,
      nextStage: end(ofStage: index))
  }

  /// The planned step at which stage number `index` ends, where stages stand in order in one epoch.
  func end(ofStage index: Int) -> Int { stages[...index].reduce(0) { $0 + $1.steps } }

  /// Whether the present stage has reached its plateau.
  func isAtPlateau(_ evaluations: [Evaluation], at position: TrainingPosition) -> Bool {
    guard stages.indices.contains(position.stage) else { return false }
    return Self.isPlateau(
      evaluations, of: stages[position.stage], from: position.stageStart,
      taken: position.step - position.stageStart)
  }

  /// Whether a stage that began after step `start` has reached its plateau after `taken` steps of its own.
  package static func isPlateau(
    _ evaluations: [Evaluation], of stage: Stage, from start: Int, taken: Int
  ) -> Bool {
    let scores = evaluations.filter { start < $0.step && $0.step <= start + taken }.map {
      (step: $0.step - start, accuracy: $0.accuracy)
    }
    return isPlateau(scores, after: taken, of: stage.steps, gain: stage.untilPlateau)
  }

  /// Whether the best accuracy of the last third of `taken` steps is less than `gain` above the best before. False before
  /// a third of `most` steps, and if `gain` is 0. Steps count from the stage's first.
  package static func isPlateau(
    _ scores: [(step: Int, accuracy: Double)], after taken: Int, of most: Int, gain: Double
  ) -> Bool {
    guard gain > 0, 3 * taken >= most else { return false }
    let late = scores.filter { 3 * $0.step > 2 * taken }.map(\.accuracy).max()
    let early = scores.filter { 3 * $0.step <= 2 * taken }.map(\.accuracy).max()
    guard let late, let early else { return false }
    return late - early < gain
  }

  private mutating func prepare(epoch: Int) {
    cachedEpoch = epoch
    order = stages.indices.flatMap { index in
      (0..<stages[index].steps).map { (index, $0) }
    }
    if settings.stageOrder == .shuffled {
      var stream = RandomStream(seed, RandomStream.number(of: "batches"), UInt64(epoch))
      order.shuffle(using: &stream)
    }
    guard !settings.freshExamples else { return }
    permutations = stages.indices.map { index in
      var stream = RandomStream(
        seed, RandomStream.number(of: "order"), UInt64(epoch), UInt64(index))
      return Array(0..<stages[index].examples).shuffled(using: &stream)
    }
  }

  /// The schedule's learning rate at a step: linear warm-up, then the schedule down to 0 (per epoch: PyTorch's
  /// CosineAnnealingLR stepped once an epoch).
  private func scheduledRate(at step: Int) -> Double {
    if step < settings.warmupSteps {
      return settings.learningRate * Double(step + 1) / Double(settings.warmupSteps)
    }
    let progress: Double
    switch settings.schedule {
    case .constant: progress = 0
    case .cosine, .linear:
      progress =
        Double(step - settings.warmupSteps)
        / Double(max(1, totalSteps - settings.warmupSteps))
    case .cosineLastStage:
      let last = Double(stages.last!.steps)
      progress = max(0, 1 - Double(totalSteps - step) / last)
    case .cosinePerEpoch, .linearPerEpoch:
      progress = Double(step / stepsPerEpoch) / Double(settings.epochs)
    }
    switch settings.schedule {
    case .constant: return settings.learningRate
    case .cosine, .cosinePerEpoch, .cosineLastStage:
      return settings.learningRate * (1 + cos(.pi * progress)) / 2
    case .linear, .linearPerEpoch: return settings.learningRate * (1 - progress)
    }
  }
}
