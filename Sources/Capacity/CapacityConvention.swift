import Configuration
import Mixers

/// How a model's state is counted against the key-value cache of attention.
public enum CapacityConvention: String, Codable, CaseIterable, Sendable {
  case note, inner, exact, zoology

  /// What is counted, and what is left out.
  public var meaning: String {
    switch self {
    case .note:
      "state of d_model channels, keys or values once; leaves out the other expand - 1 parts of the "
        + "channels, half of the cache and the convolution's tail"
    case .inner:
      "state of expand x d_model channels, keys or values once; leaves out half of the cache and the "
        + "convolution's tail"
    case .exact:
      "every scalar that step carries, over every scalar of the cache; leaves out nothing"
    case .zoology:
      "2 x d_model x d_state, the 2 whatever expand is, over keys and values; leaves out the "
        + "convolution's tail"
    }
  }

  /// The model's state after `length` tokens over the reference's.
  ///
  /// note: (SSM / expand + KV / 2) / (L d' n');  inner: (SSM + KV / 2) / (L d' n');
  /// exact: (SSM + KV + convolution) / KV';  zoology: (2 d N n + KV) / (2 L d' n'),
  /// with d' and n' the reference's dimension and layers, KV' its measured cache.
  public func ratio(
    of state: StateCount, _ model: ModelConfiguration, to reference: StateCount
  ) throws -> Double {
    let settings = try model.mixer.settingValues
    let expand = Self.number(settings["expand"]) ?? 1
    let cache = Double(reference.keyValueCache)
    let (stateSpace, own) = (Double(state.stateSpace), Double(state.keyValueCache))
    switch self {
    case .note: return (stateSpace / expand + own / 2) / (cache / 2)
    case .inner: return (stateSpace + own / 2) / (cache / 2)
    case .exact: return Double(state.scalars) / cache
    case .zoology:
      let states = Self.number(settings["d_state"]) ?? 0
      let backbone = model.backbone
      return (2 * Double(backbone.modelDimension * backbone.layers) * states + own) / cache
    }
  }

  private static func number(_ value: SettingValue?) -> Double? {
    switch value {
    case .int(let number)?: Double(number)
    case .double(let number)?: number
    default: nil
    }
  }
}

/// The attention that capacities are relative to.
public struct ReferenceAttention: Hashable, Sendable {
  public let modelDimension: Int
  public let layers: Int
  public let length: Int

  public init(modelDimension: Int, layers: Int = 2, length: Int) throws(SettingsError) {
    for (key, value) in [
      ("reference_d_model", modelDimension), ("reference_layers", layers),
      ("sequence_length", length),
    ] where value < 1 {
      throw SettingsError(key, value, allowed: "at least 1")
    }
    (self.modelDimension, self.layers, self.length) = (modelDimension, layers, length)
  }

  func configuration(vocabulary: Int) throws -> ModelConfiguration {
    var backbone = ModelConfiguration.Backbone()
    backbone.modelDimension = modelDimension
    backbone.layers = layers
    backbone.vocabularySize = vocabulary
    backbone.maximumLength = length
    return try ModelConfiguration(backbone: backbone, mixer: Attention())
  }

  func state() throws -> StateCount {
    try StateMeasurement(configuration(vocabulary: 2)).after(tokens: length)
  }
}
