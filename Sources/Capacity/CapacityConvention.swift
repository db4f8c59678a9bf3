import Models
import Support

/// Which scalars of a model's state count, and which of attention's key-value cache.
public enum CapacityConvention: String, SettingChoice {
  case modelChannels = "model_channels"
  case innerChannels = "inner_channels"
  case exact, zoology

  /// Its name in records, which never changes.
  public var recordName: String {
    switch self {
    case .modelChannels: "note"
    case .innerChannels: "inner"
    case .exact, .zoology: rawValue
    }
  }

  /// Also reads `model`, the name of `model_channels` in older tables.
  public init(setting value: SettingValue) throws(SettingsError) {
    guard
      let convention = value == "model" ? .modelChannels : Self(name: try String(setting: value))
    else {
      throw SettingsError(
        "", value, allowed: Self.allCases.map(\.rawValue).joined(separator: ", "))
    }
    self = convention
  }

  /// What is counted of state and cache, and what is left out.
  public var meaning: String {
    switch self {
    case .modelChannels:
      "state of d_model channels, keys or values once; no inputs of short convolutions"
    case .innerChannels:
      "state of expand x d_model channels, keys or values once; no inputs of short convolutions"
    case .exact:
      "every scalar that is carried to the next token, every scalar of the cache"
    case .zoology:
      "what zoology's state_size says: in Mamba and SSD 2 x d_model x d_state for any expand; "
        + "no inputs of short convolutions, keys and values twice; of a mixer that zoology does not have, the recurrence"
    }
  }

  /// The number of scalars of a state that this convention counts, in all layers together.
  ///
  /// With d = d_model, N = d_state, for each layer:
  /// model_channels: SSM / expand + KV / 2 + inputs;  inner_channels: SSM + KV / 2 + inputs;
  /// exact: SSM + KV + inputs + convolution, where inputs are those of a long convolution;
  /// zoology: `publishedScalars` of the mixer, for Mamba and SSD 2 d N, for attention KV.
  public func scalars(of state: StateCount, _ model: ModelConfiguration) throws -> Double {
    var sum = 0.0
    for (index, parts) in state.layers.enumerated() {
      let settings = model.mixer(ofLayer: index).settingValues
      func scalars(_ role: StatePart.Role) -> Double {
        Double(parts.filter { $0.key.role == role }.values.reduce(0, +))
      }
      let (recurrence, cache) = (scalars(.recurrence), scalars(.keysAndValues))
      let inputs = scalars(.allInputs)
      switch self {
      case .modelChannels:
        sum += recurrence / (Self.number(settings["expand"]) ?? 1) + cache / 2 + inputs
      case .innerChannels: sum += recurrence + cache / 2 + inputs
      case .exact: sum += recurrence + cache + inputs + scalars(.recentInputs)
      case .zoology:
        sum += model.mixer(ofLayer: index).publishedScalars(
          of: parts, modelDimension: model.shape.modelDimension)
      }
    }
    return sum
  }

  /// The ratio of two models' states after `length` tokens, both counted by this convention.
  public func ratio(
    of model: ModelConfiguration, to reference: ModelConfiguration, length: Int
  ) throws -> Double {
    let counts = try [model, reference].map {
      try scalars(of: StateMeasurement($0, longest: length).after(tokens: length), $0)
    }
    return counts[0] / counts[1]
  }

  private static func number(_ value: SettingValue?) -> Double? {
    switch value {
    case .int(let number)?: Double(number)
    case .double(let number)?: number
    default: nil
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
    var shape = ModelShape(Attention.modelDefaults)
    shape.modelDimension = modelDimension
    shape.layers = layers
    shape.vocabularySize = vocabulary
    shape.maximumLength = length
    return try ModelConfiguration(shape, mixer: Attention())
  }
}
