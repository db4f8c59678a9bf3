import Autodiff
import Support

/// The settings of a mixer: what a user writes under `model:` besides the keys of `ModelShape`, or in an entry
/// of a hybrid's `mixers`.
public protocol MixerSettings: Settings {
  /// Its name in YAML (`kind:`).
  static var kind: String { get }
  /// Its name in text.
  static var name: String { get }
  /// The defaults of models that have this mixer in every layer, as they were published.
  static var modelDefaults: ModelDefaults { get }
  /// The setting that sizes the mixer's state and nothing else; nil if it has none. `match` solves for it.
  static var stateKey: String? { get }
  /// Throws `SettingsError` for a setting that does not fit the model dimension.
  func validate(modelDimension: Int) throws(SettingsError)

  /// Declares the parameters of one layer in `layout`.
  func mixer(_ context: LayerContext, in layout: ParameterLayout) -> any SequenceMixer
}

extension MixerSettings {
  public static var stateKey: String? { nil }

  public func validate(modelDimension: Int) throws(SettingsError) {}
}

/// What a mixer's parameters depend on besides its settings: the model's sizes and the layer's number.
public struct LayerContext: Sendable {
  public let modelDimension: Int
  /// L_max: the longest sequence.
  public let maximumLength: Int
  /// Layers of the model.
  public let layers: Int
  /// This layer's number, from 0.
  public let layer: Int
  /// Start of the mixer's parameter names, with the final dot.
  public let prefix: String
  /// Whether linear weights start as in zoology's published runs: N(0, 0.02), output projections divided by
  /// √(2 layers). Otherwise they start as in the mixer's own publication.
  public let startsAsZoology: Bool

  /// The initial distribution of a linear weight. `own` is the one in the mixer's own publication.
  public func linearStart(_ own: Initializer, isOutput: Bool = false) -> Initializer {
    startsAsZoology ? .normal(std: zoologyStd(isOutput: isOutput)) : own
  }

  func zoologyStd(isOutput: Bool) -> Double {
    isOutput ? 0.02 / (2 * Double(layers)).squareRoot() : 0.02
  }
}
