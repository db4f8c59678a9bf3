import Autodiff
import Support

/// Kimi Delta Attention: Kimi Team, "Kimi Linear: An Expressive, Efficient Attention Architecture", 2025, equation 1:
/// the delta rule with a decay per key channel. Weights as in fla.
public struct KDA: MixerSettings {
  public static let kind = "kda"
  public static let name = "KDA"
  public static let modelDefaults = ModelDefaults.zoology
  public static let recipe = MixerRecipe(training: ["lr": 1e-2])
  public static let stateKey: String? = "head_dim"

  /// Heads, each with its own queries, keys and values.
  public var heads = 2
  /// K: key channels of a head; 0 means d_model / heads.
  public var headDimension = 0
  /// Value channels per key channel: V / K.
  public var expandValues = 1.0
  /// Taps of the convolutions.
  public var convolutionWidth = 4
  /// Whether the writing rate reaches 2, so that a transition's eigenvalues may be negative.
  public var allowsNegative = false
  /// Tokens per chunk of the parallel form; changes speed and rounding, not the result.
  public var chunkLength = 64

  public init() {}

  public static let keys: [SettingKey<KDA>] = [
    .heads(\.heads),
    .headDimension(
      \.headDimension, .from(0, to: .init(ModelShape.largestHead), "0 is d_model / num_heads")),
    .expandValues(\.expandValues),
    .convolutionWidth(\.convolutionWidth),
    .allowsNegative(\.allowsNegative),
    .chunkLength(\.chunkLength),
  ]

  public func stateValues(modelDimension: Int) -> [Double] {
    values(
      1...ModelShape.largestHead, modelDimension: modelDimension, \.headDimension)
  }

  public func validate(modelDimension: Int) throws(SettingsError) {
    let width = try SettingsError.headWidth(headDimension, of: modelDimension, heads: heads)
    try SettingsError.checkWidth("expand_v", expandValues, perChannelOf: width)
  }

  public func keyDimensions(modelDimension: Int, length: Int) -> Int? {
    headChannels(headDimension, heads: heads, modelDimension: modelDimension)
  }

  public func mixer(_ context: LayerContext, in layout: ParameterLayout) -> any SequenceMixer {
    let width = headDimension == 0 ? context.modelDimension / heads : headDimension
    return DeltaMixer(
      DeltaSettings(
        heads: heads, keyWidth: width, valueWidth: Int(expandValues * Double(width)),
        convolutionWidth: convolutionWidth, decay: .perChannel, gate: .lowRankSigmoid,
        allowsNegative: allowsNegative, chunkLength: chunkLength),
      rates: 1...16, context, in: layout)
  }
}
