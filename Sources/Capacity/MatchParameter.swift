import Models
import Support

/// The setting that matching solves for: `n_layers`, `d_model`, the setting that sizes the mixer's state, such as
/// `d_state`, or that of one entry of a hybrid, such as `mixers.0.d_state`.
public struct MatchParameter: Hashable, Sendable, RawRepresentable, Codable {
  public let rawValue: String

  public init(rawValue: String) { self.rawValue = rawValue }

  public static let stateDimension = MatchParameter(rawValue: "d_state")
  public static let layers = MatchParameter(rawValue: "n_layers")
  public static let modelDimension = MatchParameter(rawValue: "d_model")

  /// The settings that some model of equal layers can be solved for.
  public static var allCases: [MatchParameter] {
    let keys = MixerCatalog.mixers.compactMap { $0.stateKey }
    let unique = keys.indices.filter { keys.firstIndex(of: keys[$0]) == $0 }.map { keys[$0] }
    return unique.map(MatchParameter.init(rawValue:)) + [.layers, .modelDimension]
  }

  /// What a user may write, for an error.
  public static var allowed: String {
    allCases.map(\.rawValue).joined(separator: ", ")
      + ", or for a hybrid the entry and its setting, such as mixers.0.d_state"
  }

  /// From a user's text; nil for what no model can be solved for.
  public init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    let key = MatchParameter(rawValue: parts.last ?? "")
    let isKey = parts.count == 1 && Self.allCases.contains(key)
    let isEntry =
      parts.count == 3 && parts[0] == "mixers" && Int(parts[1]) != nil
      && Self.allCases.dropLast(2).contains(key)
    guard isKey || isEntry else { return nil }
    rawValue = text
  }

  /// Those that this model has.
  public static func all(in model: ModelConfiguration) -> [MatchParameter] {
    let own = model.mixers.enumerated().compactMap { index, mixer in
      type(of: mixer).stateKey.map { model.isHybrid ? "mixers.\(index).\($0)" : $0 }
    }
    return own.map(MatchParameter.init(rawValue:)) + [.layers, .modelDimension]
  }

  /// The setting that sizes a mixer's state and nothing else, or d_model where there is none. Throws
  /// `SettingsError` for a hybrid, which may have several.
  public static func free(in model: ModelConfiguration) throws(SettingsError) -> MatchParameter {
    let all = all(in: model)
    guard !model.isHybrid else {
      throw SettingsError(
        "solve", "auto",
        allowed: "the setting of a hybrid that is solved for, by name: "
          + all.map(\.rawValue).joined(separator: ", "))
    }
    return all.count > 2 ? all[0] : .modelDimension
  }

  /// The values that the search tries: those up to a limit that are valid with the model's other settings.
  func allowedValues(in model: ModelConfiguration) -> [Double] {
    switch self {
    case .layers: (1...ModelShape.mostLayers).map(Double.init)
    case .modelDimension:
      (1...2048).filter { dimension in
        model.mixers.allSatisfy { (try? $0.validate(modelDimension: dimension)) != nil }
      }.map(Double.init)
    default: mixer(in: model).stateValues(modelDimension: model.shape.modelDimension)
    }
  }

  /// The mixer whose setting it is.
  private func mixer(in model: ModelConfiguration) -> any MixerSettings {
    let parts = rawValue.split(separator: ".")
    return model.mixers[parts.count == 3 ? Int(parts[1])! : 0]
  }
}
