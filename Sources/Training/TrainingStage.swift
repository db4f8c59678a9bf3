import Support

/// One stage of training data, flat in YAML: `{sequence_length: 64, n_pairs: 16, examples: 20000}`.
public struct TrainingStage: Settings {
  /// Task values that replace the task's.
  public var task: [String: SettingValue] = [:]
  /// Examples per epoch; 0 if given in steps.
  public var examples = 0
  /// Steps per epoch; 0 if given in examples.
  public var steps = 0
  /// The learning rate in this stage, as a multiple of the schedule's.
  public var learningRateFactor = 1.0
  /// The next stage begins as soon as training accuracy (smoothed over some ten steps) exceeds this.
  public var untilAccuracy = 1.0
  /// The stage ends when the best validation accuracy of the last third of its steps is less than this above the best
  /// before, but not before a third of the steps that it may take; 0 is never.
  public var untilPlateau = 0.0

  /// Whether it may end before its last step.
  package var canEndEarly: Bool { untilAccuracy < 1 || untilPlateau > 0 }

  /// 100 000 examples of the task itself.
  public init() { examples = 100_000 }

  /// The keys besides the task's. Files and records leave a key out if it has the value that an absent key means.
  public static let keys: [SettingKey<TrainingStage>] = [
    .integer("examples", \.examples, 0...TrainingSettings.most, "examples per epoch").addedLater(
      before: 0),
    .integer("steps", \.steps, 0...TrainingSettings.most, "steps per epoch, instead of examples")
      .addedLater(before: 0),
    .number("lr_factor", \.learningRateFactor, .above(0), "multiplies the learning rate")
      .addedLater(before: 1),
    .number(
      "until_accuracy", \.untilAccuracy, .above(0, atMost: 1, "1 is never"),
      "training accuracy above which the next stage begins"
    ).addedLater(before: 1),
    .number(
      "until_plateau", \.untilPlateau, .from(0, to: 1, "0 is never"),
      "the stage ends when the last third of its steps raised validation accuracy by less than this"
    ).addedLater(before: 0),
  ]

  public func validateTogether() throws(SettingsError) {
    guard (examples > 0) != (steps > 0) else {
      throw SettingsError(
        "", "examples \(examples), steps \(steps)",
        allowed: "a positive number of either examples or steps in each stage")
    }
  }
}

extension TrainingStage: SettingRepresentable {
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
