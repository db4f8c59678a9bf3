import Autodiff
import Support

/// Gated linear attention: Yang et al., "Gated Linear Attention Transformers with Hardware-Efficient Training", 2023,
/// section 4.4. Weights as in fla and zoology's `gla`.
public struct GLA: MixerSettings {
  public static let kind = "gla"
  public static let name = "GLA"
  public static let modelDefaults = ModelDefaults.zoology
  public static let stateKey: String? = "expand_v"

  /// Heads, each with its own queries, keys and values.
  public var heads = 4
  /// Key channels of all heads per model channel: H K / d.
  public var expandKeys = 0.5
  /// Value channels of all heads per model channel: H V / d.
  public var expandValues = 1.0
  /// Width of the decays' low-rank projection.
  public var gateRank = 16
  /// Log-decays are divided by this.
  public var gateNormalizer = 16.0
  /// Tokens per chunk of the parallel form; changes speed and rounding, not the result.
  public var chunkLength = 64

  public init() {}

  public static let keys: [SettingKey<GLA>] = [
    .heads(\.heads),
    .expandKeys(\.expandKeys),
    .expandValues(\.expandValues),
    .gateRank(\.gateRank),
    .number(
      "gate_logit_normalizer", \.gateNormalizer, .above(0), "log-decays are divided by it"),
    .chunkLength(\.chunkLength),
  ]

  public func stateValues(modelDimension: Int) -> [Double] {
    ratios(channelsPer: Double(modelDimension) / Double(heads), upTo: ModelShape.mostExpansion)
  }

  public func validate(modelDimension: Int) throws(SettingsError) {
    try SettingsError.checkWidth("expand_k", expandKeys, of: modelDimension, heads: heads)
    try SettingsError.checkWidth("expand_v", expandValues, of: modelDimension, heads: heads)
  }

  public func keyDimensions(modelDimension: Int, length: Int) -> Int? {
    channels(expandKeys, per: modelDimension)
  }

  public func mixer(_ context: LayerContext, in layout: ParameterLayout) -> any SequenceMixer {
    let width = Double(context.modelDimension) / Double(heads)
    return DecayedAttentionMixer(
      heads: heads, keyWidth: Int(expandKeys * width), valueWidth: Int(expandValues * width),
      decay: .projected(rank: gateRank, normalizer: gateNormalizer), rotates: false,
      chunkLength: chunkLength, context, in: layout)
  }
}
