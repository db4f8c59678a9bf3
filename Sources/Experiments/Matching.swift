import Capacity
import Models
import Support
import Training

/// `match:` in an experiment: what a row's model is made equal to, by solving for one of its settings.
public struct MatchSettings: Settings {
  /// The model that ratios are relative to.
  public var reference: [String: SettingValue] = ["mixer": .string(Attention.kind)]
  public var quantity = MatchQuantity.exact
  /// Wanted amount over the reference's.
  public var ratio = Ratio(1)
  public var target = Target.automatic
  /// How far the obtained ratio may be from the wanted one, as a share of it.
  public var tolerance = 0.1

  public init() {}

  public static let keys: [SettingKey<MatchSettings>] = [
    SettingKey(
      "to", \.reference, .group, "the model that ratios are relative to: mixer and its settings"),
    .choice("by", \.quantity, "what is made equal"),
    SettingKey(
      "ratio", \.ratio, .number, "wanted amount over that model's; a list sweeps it",
      SettingBounds(
        allowed: { _ in Ratio.allowed },
        contains: { ratio, _ in ratio.value > 0 && ratio.value.isFinite })),
    SettingKey(
      "solve", \.target, .text,
      "setting that is solved for; auto is the one that sizes the mixer's state, else d_model",
      SettingBounds(allowed: { _ in Target.allowed }, contains: { _, _ in true })),
    .number(
      "tolerance", \.tolerance, .atLeast(0, below: 1),
      "how far the obtained ratio may be off, as a share of the wanted"),
  ]

  /// A number, or a fraction such as 1/8.
  public struct Ratio: SettingRepresentable {
    public let value: Double
    static let allowed = "a number above 0 or a fraction such as 1/8"

    init(_ value: Double) { self.value = value }

    public init(setting: SettingValue) throws(SettingsError) {
      if case .string(let text) = setting {
        guard let number = Double(fraction: text) else {
          throw SettingsError("", setting, allowed: Self.allowed)
        }
        value = number
      } else {
        value = try Double(setting: setting)
      }
    }

    public func setting(forRecord: Bool) -> SettingValue { .double(value) }
  }

  public enum Target: SettingRepresentable {
    /// The setting that sizes the mixer's state alone, or d_model where there is none.
    case automatic
    case setting(MatchParameter)

    static var allowed: String { "auto, \(MatchParameter.allowed)" }

    public init(setting value: SettingValue) throws(SettingsError) {
      let text = try String(setting: value)
      if text == "auto" {
        self = .automatic
      } else if let parameter = MatchParameter(text) {
        self = .setting(parameter)
      } else {
        throw SettingsError("", value, allowed: Self.allowed)
      }
    }

    public func setting(forRecord: Bool) -> SettingValue {
      switch self {
      case .automatic: "auto"
      case .setting(let parameter): .string(parameter.rawValue)
      }
    }

    /// Throws `SettingsError` for a hybrid, of which the setting must be named.
    func parameter(of model: ModelConfiguration) throws(SettingsError) -> MatchParameter {
      switch self {
      case .automatic: try .free(in: model)
      case .setting(let parameter): parameter
      }
    }
  }

  /// Reads and checks the settings. Throws `ConfigurationError`.
  init(_ node: ConfigurationNode) throws {
    try node.checkKeys("match", known: Self.names)
    guard node["to"] != nil else {
      throw node.wrong("match", allowed: "a group with to, for example {to: {mixer: attention}}")
    }
    self = try node.locating {
      let settings = try Self.decode(node.values)
      try settings.validate()
      return settings
    }
  }

  /// The model of `to`. Where it says none, it takes d_model from `base`, the run with its model as the file has
  /// it; vocabulary and longest sequence are always those of `base`.
  func referenceModel(
    _ node: ConfigurationNode, _ base: RunConfiguration
  ) throws -> ModelConfiguration {
    let shape = base.model.shape
    var values = reference
    values["kind"] = values.removeValue(forKey: "mixer") ?? values["kind"]
    values.merge(["d_model": .int(shape.modelDimension)]) { own, _ in own }
    values["vocab_size"] = .int(shape.vocabularySize)
    values["max_length"] = .int(shape.maximumLength)
    return try node.locating {
      do {
        return try ModelConfiguration(values)
      } catch let error as SettingsError where error.key == "kind" {
        throw SettingsError("mixer", error.value, allowed: error.allowed)
      }
    }
  }
}

/// How a run's model was made equal to another one, as its record keeps it.
public struct MatchOutcome: Codable, Hashable, Sendable {
  /// The model that it was matched to.
  public let to: ModelConfiguration
  public let by: MatchQuantity
  /// The solved setting, and its value in the model.
  public let solve: MatchParameter
  public let value: Double
  /// The solution before rounding to an allowed value.
  public let solution: Double
  public let requested: Double
  public let obtained: Double

  /// The value as the setting has it.
  package var setting: SettingValue { CapacityMatch.setting(value) }
}

/// A configuration that the file asks for although no model can meet its `match`.
public struct SkippedRun: Hashable, Sendable, CustomStringConvertible {
  public let label: String
  public let reason: String

  public var description: String { "skipped: \(label): \(reason)" }
}

extension Sweep.Point {
  /// The configuration of this point after matching, or why there is none.
  enum Matched {
    case run(RunConfiguration, MatchOutcome?)
    case skipped(reason: String)
  }

  func matched() throws -> Matched {
    let base = try configuration()
    guard let node = node["match"], case .group = node.content else { return .run(base, nil) }
    let settings = try MatchSettings(node)
    let reference = try settings.referenceModel(node["to"]!, base)
    let wanted =
      "\(settings.ratio.value.fractionText) of \(reference.kind)'s \(settings.quantity.title)"
    let parameter = try node.locating { try settings.target.parameter(of: base.model) }
    // A sweep may hold kinds without the setting, which are left out; a hybrid's entry is named for this model alone.
    let known = MatchParameter.all(in: base.model)
    guard !base.model.isHybrid || known.contains(parameter) else {
      throw (node["solve"] ?? node).wrong(
        "solve", allowed: known.map(\.rawValue).joined(separator: ", "))
    }
    let found: CapacityMatch
    do {
      found = try CapacityMatch(
        parameter, of: base.model, ratio: settings.ratio.value, by: settings.quantity,
        to: reference, length: base.task.task.sequenceLength)
    } catch let error as SettingsError where ["ratio", "solve", "kind"].contains(error.key) {
      return .skipped(reason: "\(wanted) is impossible; possible: \(error.allowed)")
    }
    guard abs(found.obtained / found.requested - 1) <= settings.tolerance else {
      return .skipped(
        reason: "\(wanted) is impossible within \(percentText(settings.tolerance)): "
          + "\(found.parameter.rawValue) \(found.setting), the nearest, gives "
          + found.obtained.fractionText)
    }
    let model = try base.model.setting(found.parameter.rawValue, to: found.setting)
    let configuration = try RunConfiguration(
      model: model, task: base.task, training: base.training, seed: base.seed)
    return .run(
      configuration,
      MatchOutcome(
        to: reference, by: settings.quantity, solve: found.parameter, value: found.value,
        solution: found.solution, requested: found.requested, obtained: found.obtained))
  }
}

private func percentText(_ share: Double) -> String { "\((100 * share).fractionText) %" }

extension MatchQuantity {
  /// What is made equal, for a person.
  package var title: String {
    switch self {
    case .exact, .modelChannels, .innerChannels: "state (\(rawValue))"
    case .parameters: "parameters"
    case .decodeCost: "decode cost"
    }
  }
}
