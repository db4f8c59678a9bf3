import Models
import Support

/// Which scalars of a model's state count, and which of attention's key-value cache.
public enum CapacityConvention: String, SettingChoice {
  case modelChannels = "model_channels"
  case innerChannels = "inner_channels"
  case exact, zoology

  public var recordName: String {
    switch self {
    case .modelChannels: "note"
    case .innerChannels: "inner"
    case .exact, .zoology: rawValue
    }
  }

  /// What is counted of state and cache, and what is left out.
  public var meaning: String {
    switch self {
    case .modelChannels:
      "state of d_model channels, keys or values once; no inputs of the convolution"
    case .innerChannels:
      "state of expand x d_model channels, keys or values once; no inputs of the convolution"
    case .exact:
      "every scalar that step carries, every scalar of the cache"
    case .zoology:
      "2 x d_model x d_state (2 for any expand), keys and values; no inputs of the convolution"
    }
  }

  /// The number of scalars of a state that this convention counts.
  ///
  /// With d = d_model, N = d_state, n = n_layers:
  /// model_channels: SSM / expand + KV / 2;  inner_channels: SSM + KV / 2;  exact: SSM + KV + convolution;
  /// zoology: 2 d N n + KV.
  public func scalars(of state: StateCount, _ model: ModelConfiguration) throws -> Double {
    let settings = try model.mixer.settingValues
    let (stateSpace, cache) = (Double(state.stateSpace), Double(state.keyValueCache))
    switch self {
    case .modelChannels: return stateSpace / Self.number(settings["expand"], else: 1) + cache / 2
    case .innerChannels: return stateSpace + cache / 2
    case .exact: return Double(state.scalars)
    case .zoology:
      let states = Self.number(settings["d_state"], else: 0)
      let backbone = model.backbone
      return 2 * Double(backbone.modelDimension * backbone.layers) * states + cache
    }
  }

  /// The ratio of two models' states after `length` tokens, both counted by this convention.
  public func ratio(
    of model: ModelConfiguration, to reference: ModelConfiguration, length: Int
  ) throws -> Double {
    let counts = try [model, reference].map {
      try scalars(of: StateMeasurement($0).after(tokens: length), $0)
    }
    return counts[0] / counts[1]
  }

  private static func number(_ value: SettingValue?, else missing: Double) -> Double {
    switch value {
    case .int(let number)?: Double(number)
    case .double(let number)?: number
    default: missing
    }
  }
}

extension ModelConfiguration {
  /// The attention model that capacities are relative to. Throws `SettingsError` for a value below 1.
  public static func referenceAttention(
    modelDimension: Int, layers: Int = 2, vocabulary: Int = 2, length: Int
  ) throws(SettingsError) -> ModelConfiguration {
    for (key, value) in [
      ("reference_d_model", modelDimension), ("reference_layers", layers),
      ("sequence_length", length),
    ] where value < 1 {
      throw SettingsError(key, value, allowed: "at least 1")
    }
    var backbone = ModelConfiguration.Backbone()
    backbone.modelDimension = modelDimension
    backbone.layers = layers
    backbone.vocabularySize = vocabulary
    backbone.maximumLength = length
    return try ModelConfiguration(backbone: backbone, mixer: Attention())
  }
}
