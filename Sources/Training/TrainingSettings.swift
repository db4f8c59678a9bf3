import Support

/// How a model is trained: data, optimizer, schedule, evaluation. The coding keys are the names in YAML and in records.
public struct TrainingSettings: Settings {
  /// Peak learning rate.
  public var learningRate = 1e-3
  /// The learning rate after warm-up.
  public var schedule = Schedule.cosine
  /// Steps of linear warm-up from 0.
  public var warmupSteps = 0
  /// AdamW's weight decay λ: each step multiplies a parameter by 1 − learning rate · λ.
  public var weightDecay = 0.1
  /// What weight decay applies to: every parameter (as in the published MQAR recipe), or weight matrices only.
  public var decayedParameters = DecayedParameters.all
  /// AdamW's β₁, for the mean of gradients.
  public var beta1 = 0.9
  /// AdamW's β₂, for the mean of squared gradients.
  public var beta2 = 0.999
  /// AdamW's ε.
  public var epsilon = 1e-8
  /// A gradient whose norm over all parameters is larger is scaled down to this; 0 is off.
  public var maximumGradientNorm = 0.0

  /// Examples of a batch.
  public var batchSize = 64
  /// If not 0, a batch is as many examples as hold this many tokens.
  public var batchTokens = 0
  /// The fewest examples of such a batch.
  public var minimumBatchSize = 1
  /// Stages of training data: the task with some values replaced, and how much of it.
  public var stages = [TrainingStage()]
  /// Whether an epoch has one stage after the other, or the batches of all of them shuffled.
  public var stageOrder = StageOrder.sequential
  /// Passes over the training set, each in another order.
  public var epochs = 1
  /// Every epoch has new examples, instead of the same ones again.
  public var freshExamples = false
  /// Shards of a batch. Their gradients are added in order, so that the number of threads changes no bit.
  public var gradientShards = 4

  /// Steps between evaluations on the validation split; 0: at the end of each epoch.
  public var evaluateEvery = 0
  /// Tasks to score, by the values that differ from the task's; none: the task itself.
  public var evaluationTasks: [[String: SettingValue]] = []
  /// Per evaluated task.
  public var validationExamples = 500
  /// Per evaluated task.
  public var testExamples = 1000
  /// Training ends when validation accuracy exceeds this; 1 is never.
  public var earlyStopAccuracy = 1.0

  /// The defaults.
  public init() {}

  /// A learning rate: constant, or falling to 0 by step, by epoch, or by step within the
  /// last stage only (constant before).
  public enum Schedule: String, SettingChoice {
    case constant, cosine, linear
    case cosinePerEpoch = "cosine_per_epoch"
    case linearPerEpoch = "linear_per_epoch"
    case cosineLastStage = "cosine_last_segment"
  }

  /// Parameters that weight decay applies to.
  public enum DecayedParameters: String, SettingChoice { case all, matrices }

  /// The order of an epoch's batches.
  public enum StageOrder: String, SettingChoice { case sequential, shuffled }

  enum CodingKeys: String, CodingKey {
    case learningRate = "lr"
    case schedule
    case warmupSteps = "warmup_steps"
    case weightDecay = "weight_decay"
    case decayedParameters = "decay"
    case beta1, beta2, epsilon
    case maximumGradientNorm = "clip"
    case batchSize = "batch_size"
    case batchTokens = "batch_tokens"
    case minimumBatchSize = "min_batch_size"
    case stages = "segments"
    case stageOrder = "segment_order"
    case epochs
    case freshExamples = "endless"
    case gradientShards = "lanes"
    case evaluateEvery = "evaluate_every"
    case evaluationTasks = "evaluation_tasks"
    case validationExamples = "validation_examples"
    case testExamples = "test_examples"
    case earlyStopAccuracy = "stop_above"
  }

  /// Throws for the first value that is not allowed.
  public func validate() throws(SettingsError) {
    for (key, value, allowed, isAllowed) in [
      ("lr", learningRate, "above 0", learningRate > 0 && learningRate.isFinite),
      ("weight_decay", weightDecay, "at least 0", weightDecay >= 0),
      ("beta1", beta1, "at least 0 and below 1", beta1 >= 0 && beta1 < 1),
      ("beta2", beta2, "at least 0 and below 1", beta2 >= 0 && beta2 < 1),
      ("epsilon", epsilon, "above 0", epsilon > 0),
      ("clip", maximumGradientNorm, "at least 0 (0 is off)", maximumGradientNorm >= 0),
      (
        "stop_above", earlyStopAccuracy, "from 0 to 1 (1 is never)",
        earlyStopAccuracy >= 0 && earlyStopAccuracy <= 1
      ),
    ] where !isAllowed {
      throw SettingsError(key, value, allowed: allowed)
    }
    for (key, value, least) in [
      ("warmup_steps", warmupSteps, 0), ("batch_size", batchSize, 1),
      ("batch_tokens", batchTokens, 0), ("min_batch_size", minimumBatchSize, 1),
      ("epochs", epochs, 1), ("lanes", gradientShards, 1), ("evaluate_every", evaluateEvery, 0),
      ("validation_examples", validationExamples, 1), ("test_examples", testExamples, 1),
    ] where value < least {
      throw SettingsError(key, value, allowed: "at least \(least)")
    }
    try validateStages()
  }

  private func validateStages() throws(SettingsError) {
    guard !stages.isEmpty else {
      throw SettingsError("segments", "[]", allowed: "at least one segment")
    }
    for stage in stages { try stage.validate() }
    try checkCounts()
    let isInOrder = epochs == 1 && stageOrder == .sequential
    let endsEarly = stages.indices.first {
      stages[$0].untilAccuracy < 1 && !(isInOrder && $0 < stages.count - 1)
    }
    if let endsEarly {
      throw SettingsError(
        "segments.Index \(endsEarly).until_accuracy", stages[endsEarly].untilAccuracy,
        allowed:
          "below 1 only with epochs 1 and segment_order sequential, and not in the last segment")
    }
  }
}
