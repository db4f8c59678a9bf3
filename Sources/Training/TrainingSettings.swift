import Kernels
import Support

/// How a model is trained: data, optimizer, schedule, evaluation.
public struct TrainingSettings: Settings {
  /// Peak learning rate.
  public var learningRate = 1e-3
  /// The learning rate after warm-up.
  public var schedule = Schedule.cosine
  /// Steps of linear warm-up from 0.
  public var warmupSteps = 0
  /// AdamW's weight decay λ: each step multiplies a parameter by 1 − learning rate · λ.
  public var weightDecay = 0.1
  /// The parameters with weight decay: all (as in the published MQAR recipe), or weight matrices only.
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
  /// If not 0, a batch has as many examples as fit into this many tokens, instead of `batchSize`.
  public var batchTokens = 0
  /// The fewest examples of such a batch.
  public var minimumBatchSize = 1
  /// Stages of training data: the task with some values replaced, and how much of it.
  public var stages = [TrainingStage()]
  /// Whether an epoch has one stage after the other, or the batches of all of them shuffled.
  public var stageOrder = StageOrder.sequential
  /// Passes over the training set, each in another order.
  public var epochs = 1
  /// Whether every epoch has new examples instead of the same ones again.
  public var freshExamples = false
  /// Shards of a batch. Their gradients are added in order, so that the result does not depend on the number of
  /// threads.
  public var gradientShards = 4

  /// Steps between evaluations on the validation split; 0: at the end of each epoch.
  public var evaluateEvery = 0
  /// Tasks to score, by the values that differ from the task's; none: the task itself.
  public var evaluationTasks: [[String: SettingValue]] = []
  /// Validation examples of each evaluated task.
  public var validationExamples = 500
  /// Test examples of each evaluated task.
  public var testExamples = 1000
  /// Training ends when validation accuracy exceeds this; 1 is never.
  public var earlyStopAccuracy = 1.0

  /// The precision of products and of the results of operations. Sums, parameters and the optimizer are float32.
  public var precision = Precision.float32
  /// The precision of a recurrence's state where it is carried to the next chunk of tokens.
  public var statePrecision = Precision.float32

  /// The weights to start from, instead of those that the seed gives.
  public var initialWeights = ContentFile.none
  /// The examples to train on, instead of those that the task generates; there is then one stage.
  public var data = ContentFile.none

  /// The defaults.
  public init() {}

  /// A learning rate: constant, or falling to 0 by step, by epoch, or by step within the
  /// last stage only (constant before).
  public enum Schedule: String, SettingChoice {
    case constant, cosine, linear
    case cosinePerEpoch = "cosine_per_epoch"
    case linearPerEpoch = "linear_per_epoch"
    case cosineLastStage = "cosine_last_stage"

    public var recordName: String { self == .cosineLastStage ? "cosine_last_segment" : rawValue }
  }

  /// A format of numbers: float32, or bfloat16, its upper half.
  public enum Precision: String, SettingChoice { case float32, bf16 }

  /// Parameters that weight decay applies to.
  public enum DecayedParameters: String, SettingChoice { case all, matrices }

  /// The order of an epoch's batches.
  public enum StageOrder: String, SettingChoice { case sequential, shuffled }

  public static let keys: [SettingKey<TrainingSettings>] = [
    .number("lr", \.learningRate, .above(0), "peak learning rate"),
    .choice("schedule", \.schedule, "the learning rate after warm-up"),
    .integer("warmup_steps", \.warmupSteps, 0...most, "steps of linear warm-up from 0"),
    .number(
      "weight_decay", \.weightDecay, .atLeast(0),
      "AdamW's decoupled weight decay, times the learning rate"),
    .choice("weight_decay_on", \.decayedParameters, "parameters with weight decay").recorded(
      as: "decay"),
    .number("beta1", \.beta1, .atLeast(0, below: 1), "AdamW's decay of the mean gradient"),
    .number("beta2", \.beta2, .atLeast(0, below: 1), "AdamW's decay of the mean squared gradient"),
    .number("epsilon", \.epsilon, .above(0), "AdamW's smallest divisor"),
    .number(
      "max_grad_norm", \.maximumGradientNorm, .atLeast(0, "0 is off"),
      "norm of the whole gradient above which it is scaled down"
    ).recorded(as: "clip"),
    .integer("batch_size", \.batchSize, 1...most, "examples per step"),
    .integer(
      "batch_tokens", \.batchTokens, 0...most, "tokens per step, instead of batch_size; 0 is off"),
    .integer(
      "min_batch_size", \.minimumBatchSize, 1...most,
      "the fewest examples per step if batch_tokens is given"
    ).addedLater(before: 1),
    .list(
      "stages", \.stages,
      "stages of training data: the task's keys that differ, and "
        + TrainingStage.keys.map(\.name).joined(separator: ", "),
      SettingBounds(
        allowed: { _ in "at least one stage" }, contains: { stages, _ in !stages.isEmpty })
    ).recorded(as: "segments"),
    .choice("stage_order", \.stageOrder, "stages one after the other, or their batches shuffled")
      .recorded(as: "segment_order"),
    .integer("epochs", \.epochs, 1...most, "passes over the data, each in another order"),
    .flag("fresh_examples", \.freshExamples, "new examples in every epoch").recorded(as: "endless"),
    .integer(
      "gradient_shards", \.gradientShards, 1...1024,
      "parts of a batch whose gradients are added in order; other numbers round differently"
    ).recorded(as: "lanes"),
    .integer(
      "evaluate_every", \.evaluateEvery, 0...most,
      "steps between evaluations; 0 is at the end of each epoch"),
    .list(
      "evaluation_tasks", \.evaluationTasks,
      "tasks to score, by their keys that differ; an empty list is the task itself"),
    .integer(
      "validation_examples", \.validationExamples, 1...most, "for each task that is scored"),
    .integer("test_examples", \.testExamples, 1...most, "for each task that is scored"),
    .number(
      "early_stop_accuracy", \.earlyStopAccuracy, .from(0, to: 1, "1 is never"),
      "validation accuracy above which training ends"
    ).recorded(as: "stop_above"),
    .choice(
      "precision", \.precision,
      "format of products' operands and of operations' results, forward and backward; sums, weights and optimizer are float32"
    ).addedLater(before: "float32"),
    .choice(
      "state_precision", \.statePrecision,
      "format of a recurrence's state where it is carried from chunk to chunk of tokens"
    ).addedLater(before: "float32"),
    SettingKey(
      "initial_weights", \.initialWeights, .text,
      "a safetensors file to start from, as the program or PyTorch writes it; its path from this file's folder"
    ).addedLater(before: ""),
    SettingKey(
      "data", \.data, .text,
      "a data file to train on, as recall dataset write makes it, instead of the task's examples; one stage"
    ).addedLater(before: ""),
  ]

  /// The most steps, examples and the like. Products of two of them fit into an `Int`.
  static let most = Int(Int32.max)
  /// The most examples of a run, which a `Double` counts exactly.
  private static let mostExamples = 1 << 53

  /// What is rounded to bfloat16.
  package var rounding: Kernels.Rounding {
    let values: Kernels.Rounding = precision == .bf16 ? .values : []
    return statePrecision == .bf16 ? values.union(.states) : values
  }

  public func validateTogether() throws(SettingsError) {
    let isInOrder = epochs == 1 && stageOrder == .sequential
    for (index, stage) in stages.enumerated() {
      do throws(SettingsError) {
        try stage.validate()
        guard stage.untilPlateau == 0 || isInOrder else {
          throw SettingsError(
            "until_plateau", stage.untilPlateau,
            allowed: "0, as epochs is not 1, or stage_order not sequential")
        }
        let mayEndEarly = isInOrder && index < stages.count - 1
        guard stage.untilAccuracy == 1 || mayEndEarly else {
          throw SettingsError(
            "until_accuracy", stage.untilAccuracy,
            allowed: "1, as epochs is not 1, stage_order not sequential, or this stage the last")
        }
      } catch {
        throw error.inside("stages[\(index)]")
      }
    }
    guard data.isNone || stages.count == 1 else {
      throw SettingsError(
        "stages", "\(stages.count) stages", allowed: "one, as data names the examples")
    }
    let batch = Double(max(batchSize, batchTokens, minimumBatchSize))
    let examples = stages.reduce(0.0) {
      $0 + max(Double($1.examples), Double($1.steps) * batch)
    }
    guard examples * Double(epochs) <= Double(Self.mostExamples) else {
      throw SettingsError(
        "stages", "\(examples * Double(epochs)) examples in all epochs",
        allowed: "at most \(Self.mostExamples)")
    }
  }
}
