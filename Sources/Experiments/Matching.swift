import Capacity
import Models
import Support
import Training

/// `match:` in an experiment: makes a row's model equal to another one, by solving for one setting.
public struct MatchSettings: Sendable {
  /// The model that ratios are relative to.
  public let reference: ModelConfiguration
  public let quantity: MatchQuantity
  /// The wanted amount divided by the reference's.
  public let ratio: Double
  /// The setting to solve for; nil for the setting that changes the mixer's state alone.
  public let parameter: MatchParameter?
  /// The largest relative difference between obtained and wanted ratio.
  public let tolerance: Double

  static var keys: [String] { defaults.keys.sorted() }

  /// Every key with its default, or an example where it has none.
  public static let defaults: [String: SettingValue] = [
    "to": .object(["mixer": .string(Attention.kind)]), "by": .string(MatchQuantity.exact.rawValue),
    "ratio": 1, "solve": "auto", "tolerance": 0.1,
  ]

  /// - Parameter base: the run as the file states it. The reference takes its vocabulary, its longest sequence, and its
  ///   d_model unless `to` has one.
  init(_ node: ConfigurationNode, base: RunConfiguration) throws {
    try node.checkKeys("match", known: Self.keys)
    guard let to = node["to"] else {
      throw node.wrong("match", allowed: "a group with to, for example {to: {mixer: attention}}")
    }
    reference = try Self.reference(to, base)
    quantity = try Self.choice(node["by"], "by") ?? .exact
    let solve = node["solve"].flatMap { $0.value == Self.defaults["solve"] ? nil : $0 }
    parameter = try Self.choice(solve, "solve")
    ratio = try Self.ratio(node["ratio"])
    tolerance = try node["tolerance"]?.number("tolerance") ?? 0.1
    guard tolerance >= 0, tolerance < 1 else {
      throw node["tolerance"]!.wrong("tolerance", allowed: "at least 0 and below 1")
    }
  }

  private static func reference(
    _ node: ConfigurationNode, _ base: RunConfiguration
  ) throws -> ModelConfiguration {
    guard case .group = node.content else {
      throw node.wrong("to", allowed: "a group such as {mixer: attention, n_layers: 2}")
    }
    let backbone = base.model.backbone
    var values = node.values
    values["kind"] = values.removeValue(forKey: "mixer") ?? values["kind"]
    values.merge(["d_model": .int(backbone.modelDimension)]) { own, _ in own }
    values["vocab_size"] = .int(backbone.vocabularySize)
    values["max_length"] = .int(backbone.maximumLength)
    return try node.locating {
      do {
        return try ModelConfiguration(values)
      } catch let error as SettingsError where error.key == "kind" {
        throw SettingsError("mixer", error.value, allowed: error.allowed)
      }
    }
  }

  private static func choice<Choice: SettingChoice>(
    _ node: ConfigurationNode?, _ name: String
  ) throws -> Choice? {
    guard let node else { return nil }
    guard let choice = Choice(name: try node.text(name)) else {
      throw node.wrong(name, allowed: Choice.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return choice
  }

  private static func ratio(_ node: ConfigurationNode?) throws -> Double {
    guard let node else { return 1 }
    let ratio: Double? =
      switch node.value {
      case .string(let text): Double(fraction: text)
      default: try node.number("ratio")
      }
    guard let ratio, ratio > 0, ratio.isFinite else {
      throw node.wrong("ratio", allowed: "a number above 0 or a fraction such as 1/8")
    }
    return ratio
  }
}

/// How a run's model was made equal to another one, as its record keeps it.
public struct MatchOutcome: Codable, Hashable, Sendable {
  /// The model that it was matched to.
  public let to: ModelConfiguration
  public let by: MatchQuantity
  /// The solved setting, and its value in the model.
  public let solve: MatchParameter
  public let value: Int
  /// The solution before rounding to an allowed value.
  public let solution: Double
  public let requested: Double
  public let obtained: Double
}

/// A configuration that the file asks for although no model can meet its `match`.
public struct SkippedRun: Hashable, Sendable {
  public let label: String
  public let reason: String
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
    let settings = try MatchSettings(node, base: base)
    let wanted =
      "\(settings.ratio.fractionText) of \(settings.reference.kind)'s \(settings.quantity.words)"
    let found: CapacityMatch
    do {
      let parameter = try settings.parameter ?? .free(in: base.model)
      found = try CapacityMatch(
        parameter, of: base.model, ratio: settings.ratio, by: settings.quantity,
        to: settings.reference, length: base.task.task.sequenceLength)
    } catch let error as SettingsError where ["ratio", "solve"].contains(error.key) {
      return .skipped(reason: "\(wanted) is impossible; possible: \(error.allowed)")
    }
    guard abs(found.obtained / found.requested - 1) <= settings.tolerance else {
      return .skipped(
        reason: "\(wanted) is impossible within \(percent(settings.tolerance)): "
          + "\(found.parameter.rawValue) \(found.value), the nearest, gives "
          + found.obtained.fractionText)
    }
    let values = try base.model.values.merging([found.parameter.rawValue: .int(found.value)]) { $1 }
    let configuration = try RunConfiguration(
      model: ModelConfiguration(values), task: base.task, training: base.training, seed: base.seed)
    return .run(
      configuration,
      MatchOutcome(
        to: settings.reference, by: settings.quantity, solve: found.parameter, value: found.value,
        solution: found.solution, requested: found.requested, obtained: found.obtained))
  }
}

private func percent(_ share: Double) -> String { "\((100 * share).fractionText) %" }

extension MatchQuantity {
  /// What is made equal, for a person.
  package var words: String {
    switch self {
    case .exact, .modelChannels, .innerChannels: "state (\(rawValue))"
    case .parameters: "parameters"
    case .decodeCost: "decode cost"
    }
  }
}
