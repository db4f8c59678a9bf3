import Autodiff
import Foundation
import Support

/// RetNet's multi-scale retention: Sun et al., "Retentive Network: A Successor to Transformer", 2023, section 2.2.
/// Weights as in fla.
public struct RetNet: MixerSettings {
  public static let kind = "retnet"
  public static let name = "RetNet"
  public static let modelDefaults = ModelDefaults.zoology
  public static let recipe = MixerRecipe(training: ["lr": 3e-3])
  public static let stateKey: String? = "expand_v"

  /// Heads, each with its own queries, keys and values.
  public var heads = 8
  /// Key channels of all heads per model channel: H K / d.
  public var expandKeys = 1.0
  /// Value channels of all heads per model channel: H V / d.
  public var expandValues = 2.0
  /// Tokens per chunk of the parallel form; changes speed and rounding, not the result.
  public var chunkLength = 64

  public init() {}

  public static let keys: [SettingKey<RetNet>] = [
    .heads(\.heads),
    .expandKeys(\.expandKeys),
    .expandValues(\.expandValues),
    .chunkLength(\.chunkLength),
  ]

  public func stateValues(modelDimension: Int) -> [Double] {
    ratios(channelsPer: Double(modelDimension) / Double(heads), upTo: ModelShape.mostExpansion)
  }

  public func validate(modelDimension: Int) throws(SettingsError) {
    try SettingsError.checkWidth("expand_k", expandKeys, of: modelDimension, heads: heads)
    try SettingsError.checkWidth("expand_v", expandValues, of: modelDimension, heads: heads)
    let width = Int(expandKeys * Double(modelDimension) / Double(heads))
    guard width.isMultiple(of: 2) else {
      throw SettingsError(
        "expand_k", expandKeys,
        allowed: "numbers that give a head an even number of key channels, not \(width)")
    }
  }

  public func keyDimensions(modelDimension: Int, length: Int) -> Int? {
    channels(expandKeys, per: modelDimension)
  }

  public func mixer(_ context: LayerContext, in layout: ParameterLayout) -> any SequenceMixer {
    let width = Double(context.modelDimension) / Double(heads)
    return DecayedAttentionMixer(
      heads: heads, keyWidth: Int(expandKeys * width), valueWidth: Int(expandValues * width),
      decay: .fixed((0..<heads).map { Float(log1p(-exp2(-5 - Double($0)))) }), rotates: true,
      chunkLength: chunkLength, context, in: layout)
  }
}
