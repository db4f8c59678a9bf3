import Support

/// How a model is trained: data, optimizer, schedule, evaluation.
public struct TrainingSettings: Settings {
  /// Peak learning rate.
  public var learningRate = 1e-3
  public var schedule = Schedule.cosine
  /// Steps of linear warm-up from 0.
  public var warmupSteps = 0
  public var weightDecay = 0.1
  /// What decays: every parameter (as in the published MQAR recipe), or weight matrices only.
  public var decays = DecayedParameters.all
  public var beta1 = 0.9
  public var beta2 = 0.999
  public var epsilon = 1e-8
  /// Global gradient norm above which gradients are scaled down to it; 0 is off.
  public var clip = 0.0

  /// A batch in examples.
  public var batchSize = 64
  /// If not 0, a batch is as many examples as hold this many tokens.
  public var batchTokens = 0
  /// The fewest examples of such a batch.
  public var leastBatchSize = 1
  /// Stages of training data: the task with some values replaced, and how much of it.
  public var segments = [TrainingSegment()]
  /// Segments one after the other within an epoch, or their batches shuffled.
  public var segmentOrder = SegmentOrder.sequential
  /// Passes over the training set, each in another order.
  public var epochs = 1
  /// Every epoch has new examples, instead of the same ones again.
  public var endless = false
  /// Parts of a batch whose gradients are added in order: fixes the arithmetic whatever the threads.
  public var lanes = 4

  /// Steps between evaluations on the validation split; 0: at the end of each epoch.
  public var evaluateEvery = 0
  /// Tasks to score, by the values that differ from the task's; none: the task itself.
  public var evaluationTasks: [[String: SettingValue]] = []
  /// Per evaluated task.
  public var validationExamples = 500
  /// Per evaluated task.
  public var testExamples = 1000
  /// Training ends when validation accuracy exceeds this; 1 is never.
  public var stopAbove = 1.0

  public init() {}

  /// The learning rate after warm-up: constant, or falling to 0 by step, by epoch, or by step within the
  /// last segment only (constant before).
  public enum Schedule: String, SettingChoice {
    case constant, cosine, linear
    case cosinePerEpoch = "cosine_per_epoch"
    case linearPerEpoch = "linear_per_epoch"
    case cosineLastSegment = "cosine_last_segment"
  }

  public enum DecayedParameters: String, SettingChoice { case all, matrices }

  public enum SegmentOrder: String, SettingChoice { case sequential, shuffled }

  enum CodingKeys: String, CodingKey {
    case learningRate = "lr"
    case schedule
    case warmupSteps = "warmup_steps"
    case weightDecay = "weight_decay"
    case decays = "decay"
    case beta1, beta2, epsilon, clip
    case batchSize = "batch_size"
    case batchTokens = "batch_tokens"
    case leastBatchSize = "min_batch_size"
    case segments
    case segmentOrder = "segment_order"
    case epochs, endless, lanes
    case evaluateEvery = "evaluate_every"
    case evaluationTasks = "evaluation_tasks"
    case validationExamples = "validation_examples"
    case testExamples = "test_examples"
    case stopAbove = "stop_above"
  }

  public func validate() throws(SettingsError) {
    for (key, value, allowed, isAllowed) in [
      ("lr", learningRate, "above 0", learningRate > 0 && learningRate.isFinite),
      ("weight_decay", weightDecay, "at least 0", weightDecay >= 0),
      ("beta1", beta1, "at least 0 and below 1", beta1 >= 0 && beta1 < 1),
      ("beta2", beta2, "at least 0 and below 1", beta2 >= 0 && beta2 < 1),
      ("epsilon", epsilon, "above 0", epsilon > 0),
      ("clip", clip, "at least 0 (0 is off)", clip >= 0),
      ("stop_above", stopAbove, "from 0 to 1 (1 is never)", stopAbove >= 0 && stopAbove <= 1),
    ] where !isAllowed {
      throw SettingsError(key, value, allowed: allowed)
    }
    for (key, value, least) in [
      ("warmup_steps", warmupSteps, 0), ("batch_size", batchSize, 1),
      ("batch_tokens", batchTokens, 0), ("min_batch_size", leastBatchSize, 1),
      ("epochs", epochs, 1), ("lanes", lanes, 1), ("evaluate_every", evaluateEvery, 0),
      ("validation_examples", validationExamples, 1), ("test_examples", testExamples, 1),
    ] where value < least {
      throw SettingsError(key, value, allowed: "at least \(least)")
    }
    guard !segments.isEmpty else {
      throw SettingsError("segments", "[]", allowed: "at least one segment")
    }
    for segment in segments { try segment.validate() }
    let isInOrder = epochs == 1 && segmentOrder == .sequential
    let endsEarly = segments.indices.first {
      segments[$0].untilAccuracy < 1 && !(isInOrder && $0 < segments.count - 1)
    }
    if let endsEarly {
      throw SettingsError(
        "segments.Index \(endsEarly).until_accuracy", segments[endsEarly].untilAccuracy,
        allowed:
          "below 1 only with epochs 1 and segment_order sequential, and not in the last segment")
    }
  }
}

/// One stage of training data, flat in YAML: `{sequence_length: 64, n_pairs: 16, examples: 20000}`.
public struct TrainingSegment: Hashable, Sendable {
  /// Task values that replace the task's.
  public var task: [String: SettingValue] = [:]
  /// Examples per epoch; 0 if given in steps.
  public var examples = 0
  /// Steps per epoch; 0 if given in examples.
  public var steps = 0
  /// The learning rate in this segment, as a multiple of the schedule's.
  public var rateFactor = 1.0
  /// The next segment begins as soon as training accuracy (smoothed over some ten steps) exceeds this.
  public var untilAccuracy = 1.0

  /// 100 000 examples of the task itself.
  public init() { examples = 100_000 }

  package func validate() throws(SettingsError) {
    guard examples >= 0, steps >= 0, (examples > 0) != (steps > 0) else {
      throw SettingsError(
        "segments", "examples \(examples), steps \(steps)",
        allowed: "a positive number of either examples or steps in each segment")
    }
    guard rateFactor > 0, rateFactor.isFinite else {
      throw SettingsError("segments.lr_factor", rateFactor, allowed: "above 0")
    }
    guard untilAccuracy > 0, untilAccuracy <= 1 else {
      throw SettingsError(
        "segments.until_accuracy", untilAccuracy, allowed: "above 0 and at most 1 (1 is never)")
    }
  }
}

extension TrainingSegment: Codable {
  /// The keys that are not the task's.
  public enum CodingKeys: String, CodingKey, CaseIterable {
    case examples, steps
    case rateFactor = "lr_factor"
    case untilAccuracy = "until_accuracy"
  }

  public init(from decoder: any Decoder) throws {
    let own = try decoder.container(keyedBy: CodingKeys.self)
    examples = try own.decodeIfPresent(Int.self, forKey: .examples) ?? 0
    steps = try own.decodeIfPresent(Int.self, forKey: .steps) ?? 0
    rateFactor = try own.decodeIfPresent(Double.self, forKey: .rateFactor) ?? 1
    untilAccuracy = try own.decodeIfPresent(Double.self, forKey: .untilAccuracy) ?? 1
    task = try [String: SettingValue](from: decoder)
    for key in CodingKeys.allCases { task[key.rawValue] = nil }
  }

  public func encode(to encoder: any Encoder) throws {
    var values = task
    if examples > 0 { values["examples"] = .int(examples) }
    if steps > 0 { values["steps"] = .int(steps) }
    if rateFactor != 1 { values["lr_factor"] = .double(rateFactor) }
    if untilAccuracy != 1 { values["until_accuracy"] = .double(untilAccuracy) }
    try values.encode(to: encoder)
  }
}
