import Support

/// One stage of training data, flat in YAML: `{sequence_length: 64, n_pairs: 16, examples: 20000}`.
public struct TrainingStage: Hashable, Sendable {
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

  /// 100 000 examples of the task itself.
  public init() { examples = 100_000 }

  package func validate() throws(SettingsError) {
    guard examples >= 0, steps >= 0, (examples > 0) != (steps > 0) else {
      throw SettingsError(
        "segments", "examples \(examples), steps \(steps)",
        allowed: "a positive number of either examples or steps in each segment")
    }
    guard learningRateFactor > 0, learningRateFactor.isFinite else {
      throw SettingsError("segments.lr_factor", learningRateFactor, allowed: "above 0")
    }
    guard untilAccuracy > 0, untilAccuracy <= 1 else {
      throw SettingsError(
        "segments.until_accuracy", untilAccuracy, allowed: "above 0 and at most 1 (1 is never)")
    }
  }
}

extension TrainingStage: Codable {
  /// The keys of a stage that are not the task's.
  public enum CodingKeys: String, CodingKey, CaseIterable {
    case examples, steps
    case learningRateFactor = "lr_factor"
    case untilAccuracy = "until_accuracy"
  }

  public init(from decoder: any Decoder) throws {
    let own = try decoder.container(keyedBy: CodingKeys.self)
    examples = try own.decodeIfPresent(Int.self, forKey: .examples) ?? 0
    steps = try own.decodeIfPresent(Int.self, forKey: .steps) ?? 0
    learningRateFactor = try own.decodeIfPresent(Double.self, forKey: .learningRateFactor) ?? 1
    untilAccuracy = try own.decodeIfPresent(Double.self, forKey: .untilAccuracy) ?? 1
    task = try [String: SettingValue](from: decoder)
    for key in CodingKeys.allCases { task[key.rawValue] = nil }
  }

  public func encode(to encoder: any Encoder) throws {
    var values = task
    if examples > 0 { values["examples"] = .int(examples) }
    if steps > 0 { values["steps"] = .int(steps) }
    if learningRateFactor != 1 { values["lr_factor"] = .double(learningRateFactor) }
    if untilAccuracy != 1 { values["until_accuracy"] = .double(untilAccuracy) }
    try values.encode(to: encoder)
  }
}
