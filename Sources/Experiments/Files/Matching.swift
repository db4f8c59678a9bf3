import Capacity
import Models
import Support
import Training

/// `match:` in an experiment: what a row's model is made equal to, by solving for one of its settings.
public struct MatchSettings: Sendable {
  /// The model that ratios are relative to.
  public let reference: ModelConfiguration
  public let quantity: MatchQuantity
  /// Wanted amount over the reference's.
  public let ratio: Double
  /// What is solved for; nil takes the setting that carries the mixer's state alone.
  public let parameter: MatchParameter?
  /// How far the obtained ratio may be from the wanted one, as a share of it.
  public let tolerance: Double

  static var keys: [String] { defaults.keys.sorted() }

  /// Every key with its default, or an example where it has none.
  public static let defaults: [String: SettingValue] = [
    "to": .object(["mixer": .string(Attention.kind)]), "by": .string(MatchQuantity.exact.rawValue),
    "ratio": 1, "solve": "auto", "tolerance": 0.1,
  ]

  /// `base`: the run with its model as the file has it; the reference takes from it d_model where `to` says
  /// none, the vocabulary and the longest sequence.
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
  /// What was solved for, and the value taken.
  public let solve: MatchParameter
  public let value: Int
  /// The solution before rounding to an allowed value.
  public let solution: Double
  public let requested: Double
  public let obtained: Double

  /// The ratios as text: "1/8", and what came of it where that is another.
  public var text: String {
    let (wanted, got) = (requested.fractionText, obtained.fractionText)
    return wanted == got ? wanted : "\(wanted) → \(got)"
  }
}

/// A run that was asked for and is not made.
public struct SkippedRun: Hashable, Sendable {
  /// Of the cell.
  public let label: String
  public let reason: String

  /// For a person.
  var text: String { "skipped: \(label): \(reason)" }
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
      return .skipped(reason: "\(wanted) cannot be had; possible: \(error.allowed)")
    }
    guard abs(found.obtained / found.requested - 1) <= settings.tolerance else {
      return .skipped(
        reason: "\(wanted) cannot be had within \(percent(settings.tolerance)): "
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
  var words: String {
    switch self {
    case .exact, .modelChannels, .innerChannels: "state (\(rawValue))"
    case .parameters: "parameters"
    case .decodeCost: "decode cost"
    }
  }
}
