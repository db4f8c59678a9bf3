import Autodiff
import Support

/// DeltaNet: Yang et al., "Parallelizing Linear Transformers with the Delta Rule over Sequence Length", 2024, section
/// 3.3. Weights as in zoology's `delta_net`.
public struct DeltaNet: MixerSettings {
  public static let kind = "deltanet"
  public static let name = "DeltaNet"
  public static let modelDefaults = ModelDefaults.zoology
  public static let recipe = MixerRecipe(training: ["lr": 1e-2])
  public static let stateKey: String? = "expand_v"

  /// Heads, each with its own queries, keys and values.
  public var heads = 4
  /// Key channels of all heads per model channel: H K / d.
  public var expandKeys = 1.0
  /// Value channels of all heads per model channel: H V / d.
  public var expandValues = 1.0
  /// Taps of the convolutions.
  public var convolutionWidth = 4
  /// Whether a SiLU gate multiplies the output.
  public var usesGate = false
  /// Whether the writing rate reaches 2, so that a transition's eigenvalues may be negative.
  public var allowsNegative = false
  /// Tokens per chunk of the parallel form; changes speed and rounding, not the result.
  public var chunkLength = 64

  public init() {}

  public static let keys: [SettingKey<DeltaNet>] = [
    .heads(\.heads),
    .expandKeys(\.expandKeys),
    .expandValues(\.expandValues),
    .convolutionWidth(\.convolutionWidth),
    .usesGate(\.usesGate),
    .allowsNegative(\.allowsNegative),
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
    return DeltaMixer(
      DeltaSettings(
        heads: heads, keyWidth: Int(expandKeys * width), valueWidth: Int(expandValues * width),
        convolutionWidth: convolutionWidth, decay: .none, gate: usesGate ? .silu : .none,
        allowsNegative: allowsNegative, chunkLength: chunkLength),
      rates: 1...1, context, in: layout)
  }
}
