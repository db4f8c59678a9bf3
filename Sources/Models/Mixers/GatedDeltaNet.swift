import Autodiff
import Support

/// Gated DeltaNet: Yang, Kautz and Hatamizadeh, "Gated Delta Networks", 2024, equation 10. Weights as in fla and in
/// zoology's `gated_delta_net`.
public struct GatedDeltaNet: MixerSettings {
  public static let kind = "gated_deltanet"
  public static let name = "Gated DeltaNet"
  public static let modelDefaults = ModelDefaults.zoology
  public static let recipe = MixerRecipe(training: ["lr": 1e-2])
  public static let stateKey: String? = "head_dim"

  /// Heads, each with its own queries, keys and values.
  public var heads = 2
  /// K: key channels of a head; 0 means d_model / heads.
  public var headDimension = 0
  /// Value channels per key channel: V / K.
  public var expandValues = 2.0
  /// Taps of the convolutions.
  public var convolutionWidth = 4
  /// Whether a SiLU gate multiplies the output.
  public var usesGate = true
  /// Whether the writing rate reaches 2, so that a transition's eigenvalues may be negative.
  public var allowsNegative = false
  /// Tokens per chunk of the parallel form; changes speed and rounding, not the result.
  public var chunkLength = 64

  public init() {}

  public static let keys: [SettingKey<GatedDeltaNet>] = [
    .heads(\.heads),
    .headDimension(
      \.headDimension, .from(0, to: .init(ModelShape.largestHead), "0 is d_model / num_heads")),
    .expandValues(\.expandValues),
    .convolutionWidth(\.convolutionWidth),
    .usesGate(\.usesGate),
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
    // zoology's model has a D that it does not use.
    layout.ignore(context.prefix + "D")
    return DeltaMixer(
      DeltaSettings(
        heads: heads, keyWidth: width, valueWidth: Int(expandValues * Double(width)),
        convolutionWidth: convolutionWidth, decay: .perHead, gate: usesGate ? .silu : .none,
        allowsNegative: allowsNegative, chunkLength: chunkLength),
      rates: 0...16, context, in: layout)
  }
}
