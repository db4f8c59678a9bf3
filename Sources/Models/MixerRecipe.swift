import Support

/// How models with a mixer learn best where a file does not say how to train: what differs from the recipe that all mixers
/// share (`recall list recipes`).
public struct MixerRecipe: Sendable {
  /// Values of `training`, such as `lr`. A hybrid takes the lowest rate of its mixers, and no other value.
  public let training: [String: SettingValue]
  /// Values of `model`: keys of `ModelShape`, such as initial sizes, or of the mixer.
  public let model: [String: SettingValue]

  public init(training: [String: SettingValue] = [:], model: [String: SettingValue] = [:]) {
    self.training = training
    self.model = model
  }
}
