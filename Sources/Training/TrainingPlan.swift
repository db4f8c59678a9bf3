import RecallTasks
import Support

/// Which examples each training step sees: a pure function of the configuration and the step.
package struct TrainingPlan {
  /// One segment's share of an epoch.
  package struct Segment {
    package let task: any RecallTask
    package let examples: Int
    package let batch: Int
    /// Index of its first example; segments draw from one stream without overlap.
    let firstIndex: Int
    /// Multiplies the schedule's learning rate.
    let rateFactor: Double
    /// Training accuracy above which the next segment begins.
    let untilAccuracy: Double
    package var steps: Int { (examples + batch - 1) / batch }
  }

  /// The examples of one step, all of one task.
  package struct Batch {
    package let task: any RecallTask
    package let indices: Indices
    package let learningRate: Double
    /// Training accuracy above which the step after this one is `nextSegment`.
    let untilAccuracy: Double
    let nextSegment: Int

    package init(
      task: any RecallTask, indices: Indices, learningRate: Double, untilAccuracy: Double,
      nextSegment: Int
    ) {
      (self.task, self.indices, self.learningRate) = (task, indices, learningRate)
      (self.untilAccuracy, self.nextSegment) = (untilAccuracy, nextSegment)
    }
  }

  /// Numbers of examples in their stream: a run of them, or of places in an epoch's permutation.
  package struct Indices {
    let range: Range<Int>
    var permutation: [Int]?
    var firstIndex = 0

    package init(range: Range<Int>, permutation: [Int]? = nil, firstIndex: Int = 0) {
      (self.range, self.permutation, self.firstIndex) = (range, permutation, firstIndex)
    }

    var count: Int { range.count }

    subscript(number: Int) -> Int {
      let place = range.lowerBound + number
      return firstIndex + (permutation?[place] ?? place)
    }
  }

  package let segments: [Segment]
  package let stepsPerEpoch: Int
  package let totalSteps: Int
  /// Steps between evaluations.
  package let evaluateEvery: Int
  private let settings: TrainingSettings
  private let seed: UInt64
  private let examplesPerEpoch: Int
  private var cachedEpoch = -1
  /// (segment, batch within it) of each step of the cached epoch.
  private var order: [(segment: Int, batch: Int)] = []
  /// The cached epoch's permutation of each segment's examples; empty for endless data.
  private var permutations: [[Int]] = []

  package init(_ configuration: RunConfiguration) throws {
    settings = configuration.training
    seed = configuration.seed
    var segments: [Segment] = []
    var first = 0
    for (segment, task) in zip(settings.segments, try configuration.trainingTasks) {
      let length = task.task.sequenceLength
      let batch =
        settings.batchTokens > 0
        ? max(settings.leastBatchSize, settings.batchTokens / length) : settings.batchSize
      let examples = segment.steps > 0 ? segment.steps * batch : segment.examples
      segments.append(
        Segment(
          task: task.task, examples: examples, batch: batch, firstIndex: first,
          rateFactor: segment.rateFactor, untilAccuracy: segment.untilAccuracy))
      first += examples
    }
    self.segments = segments
    examplesPerEpoch = first
    stepsPerEpoch = segments.reduce(0) { $0 + $1.steps }
    totalSteps = stepsPerEpoch * settings.epochs
    evaluateEvery = settings.evaluateEvery > 0 ? settings.evaluateEvery : stepsPerEpoch
  }

  /// The batch of step 0, 1, … `totalSteps` − 1.
  package mutating func batch(at step: Int) -> Batch {
    let (epoch, stepInEpoch) = step.quotientAndRemainder(dividingBy: stepsPerEpoch)
    if epoch != cachedEpoch { prepare(epoch: epoch) }
    let (index, number) = order[stepInEpoch]
    let segment = segments[index]
    let range = (number * segment.batch)..<min(segment.examples, (number + 1) * segment.batch)
    let indices =
      settings.endless
      ? Indices(range: range, firstIndex: epoch * examplesPerEpoch + segment.firstIndex)
      : Indices(
        range: range, permutation: permutations[index], firstIndex: segment.firstIndex)
    return Batch(
      task: segment.task, indices: indices,
      learningRate: segment.rateFactor * scheduledRate(at: step),
      untilAccuracy: segment.untilAccuracy,
      nextSegment: segments[...index].reduce(0) { $0 + $1.steps })
  }

  private mutating func prepare(epoch: Int) {
    cachedEpoch = epoch
    order = segments.indices.flatMap { index in
      (0..<segments[index].steps).map { (index, $0) }
    }
    if settings.segmentOrder == .shuffled {
      var stream = RandomStream(seed, RandomStream.number(of: "batches"), UInt64(epoch))
      order.shuffle(using: &stream)
    }
    guard !settings.endless else { return }
    permutations = segments.indices.map { index in
      var stream = RandomStream(
        seed, RandomStream.number(of: "order"), UInt64(epoch), UInt64(index))
      return Array(0..<segments[index].examples).shuffled(using: &stream)
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
    case .cosineLastSegment:
      let last = Double(segments.last!.steps)
      progress = max(0, 1 - Double(totalSteps - step) / last)
    case .cosinePerEpoch, .linearPerEpoch:
      progress = Double(step / stepsPerEpoch) / Double(settings.epochs)
    }
    switch settings.schedule {
    case .constant: return settings.learningRate
    case .cosine, .cosinePerEpoch, .cosineLastSegment:
      return settings.learningRate * (1 + cosine(progress)) / 2
    case .linear, .linearPerEpoch: return settings.learningRate * (1 - progress)
    }
  }
}
