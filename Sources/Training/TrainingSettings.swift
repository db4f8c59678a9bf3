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

  public static let keys: [SettingKey<TrainingSettings>] = [
    .number("lr", \.learningRate, .above(0), "peak learning rate"),
    .choice("schedule", \.schedule, "the learning rate after warm-up"),
    .integer("warmup_steps", \.warmupSteps, .atLeast(0), "steps of linear warm-up from 0"),
    .number("weight_decay", \.weightDecay, .atLeast(0), "decoupled, times the learning rate"),
    .choice("weight_decay_on", \.decays, "which parameters decay").recorded(as: "decay"),
    .number("beta1", \.beta1, .atLeast(0, below: 1), "AdamW's decay of the mean gradient"),
    .number("beta2", \.beta2, .atLeast(0, below: 1), "AdamW's decay of the mean squared gradient"),
    .number("epsilon", \.epsilon, .above(0), "AdamW's smallest divisor"),
    .number(
      "max_grad_norm", \.clip, .atLeast(0, "0 is off"),
      "norm of the whole gradient above which it is scaled down"
    ).recorded(as: "clip"),
    .integer("batch_size", \.batchSize, .atLeast(1), "examples a step"),
    .integer("batch_tokens", \.batchTokens, .atLeast(0), "tokens a step instead, if not 0"),
    .integer(
      "min_batch_size", \.leastBatchSize, .atLeast(1),
      "examples a step at least, where it is given in tokens"
    ).addedLater(before: 1),
    .list(
      "stages", \.segments,
      "stages of data: task keys that differ, and "
        + TrainingSegment.keys.map(\.name).joined(separator: ", "),
      SettingBounds(
        words: { _ in "at least one stage" }, contains: { stages, _ in !stages.isEmpty })
    ).recorded(as: "segments"),
    .choice("stage_order", \.segmentOrder, "stages one after the other, or their batches shuffled")
      .recorded(as: "segment_order"),
    .integer("epochs", \.epochs, .atLeast(1), "passes over the data, each in another order"),
    .flag("fresh_examples", \.endless, "new examples in every epoch").recorded(as: "endless"),
    .integer(
      "gradient_shards", \.lanes, .atLeast(1),
      "parts of a batch whose gradients are added in order; fixes the arithmetic"
    ).recorded(as: "lanes"),
    .integer(
      "evaluate_every", \.evaluateEvery, .atLeast(0),
      "steps between evaluations; 0 is at the end of each epoch"),
    .list(
      "evaluation_tasks", \.evaluationTasks,
      "tasks to score, by the keys that differ; none is the task itself"),
    .integer(
      "validation_examples", \.validationExamples, .atLeast(1), "of each task that is scored"),
    .integer("test_examples", \.testExamples, .atLeast(1), "of each task that is scored"),
    .number(
      "early_stop_accuracy", \.stopAbove, .from(0, to: 1, "1 is never"),
      "validation accuracy above which training ends"
    ).recorded(as: "stop_above"),
  ]

  public func validateTogether() throws(SettingsError) {
    let isInOrder = epochs == 1 && segmentOrder == .sequential
    for (index, stage) in segments.enumerated() {
      do throws(SettingsError) {
        try stage.validate()
        let mayEndEarly = isInOrder && index < segments.count - 1
        guard stage.untilAccuracy == 1 || mayEndEarly else {
          throw SettingsError(
            "until_accuracy", stage.untilAccuracy,
            allowed: "1, as epochs is not 1, stage_order not sequential, or this stage the last")
        }
      } catch {
        throw error.inside("stages[\(index)]")
      }
    }
  }
}

/// One stage of training data, flat in YAML: `{sequence_length: 64, n_pairs: 16, examples: 20000}`.
public struct TrainingSegment: Settings {
  /// Task values that replace the task's.
  public var task: [String: SettingValue] = [:]
  /// Examples per epoch; 0 if given in steps.
  public var examples = 0
  /// Steps per epoch; 0 if given in examples.
  public var steps = 0
  /// The learning rate in this stage, as a multiple of the schedule's.
  public var rateFactor = 1.0
  /// The next stage begins as soon as training accuracy (smoothed over some ten steps) exceeds this.
  public var untilAccuracy = 1.0

  /// 100 000 examples of the task itself.
  public init() { examples = 100_000 }

  /// The keys that are not the task's; each is left out of files and records at the value of an absent one.
  public static let keys: [SettingKey<TrainingSegment>] = [
    .integer("examples", \.examples, .atLeast(0), "examples per epoch").addedLater(before: 0),
    .integer("steps", \.steps, .atLeast(0), "steps per epoch, instead of examples")
      .addedLater(before: 0),
    .number("lr_factor", \.rateFactor, .above(0), "multiplies the learning rate")
      .addedLater(before: 1),
    .number(
      "until_accuracy", \.untilAccuracy, .above(0, atMost: 1, "1 is never"),
      "training accuracy above which the next stage begins"
    ).addedLater(before: 1),
  ]

  public func validateTogether() throws(SettingsError) {
    guard (examples > 0) != (steps > 0) else {
      throw SettingsError(
        "", "examples \(examples), steps \(steps)",
        allowed: "a positive number of either examples or steps in each stage")
    }
  }
}

extension TrainingSegment: SettingRepresentable {
  public init(setting value: SettingValue) throws(SettingsError) {
    let values = try [String: SettingValue](setting: value)
    let own = Set(Self.keys.flatMap(\.names))
    self = try Self(record: values.filter { own.contains($0.key) })
    task = values.filter { !own.contains($0.key) }
  }

  public func setting(forRecord: Bool) -> SettingValue {
    .object(task.merging(hashedValues) { $1 })
  }

  public init(from decoder: any Decoder) throws {
    try self.init(setting: SettingValue(from: decoder))
  }
  public func encode(to encoder: any Encoder) throws {
    try setting(forRecord: true).encode(to: encoder)
  }
}
