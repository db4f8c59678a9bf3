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
  /// What a model with this mixer needs to learn well, where a file does not say how to train.
  static var recipe: MixerRecipe { get }
  /// Whether it can look a key up by its content. A mixer whose filters over time are fixed (gated convolutions) cannot,
  /// and needs a width that grows with the task: Arora et al., "Zoology", 2023, section 4.
  static var looksUpByContent: Bool { get }
  /// The setting that sizes the mixer's state and nothing else; nil if it has none. `match` solves for it.
  static var stateKey: String? { get }
  /// The values of `stateKey`, in ascending order, that a model of this width may have with the mixer's other settings.
  func stateValues(modelDimension: Int) -> [Double]
  /// Scalars that the public formula (zoology's `state_size`) counts for a layer with these parts of state.
  func publishedScalars(of state: [StatePart: Int], modelDimension: Int) -> Double
  /// Dimensions of the keys that a layer looks values up by, all different keys together: of the heads that share their keys,
  /// those of one. Attention has a dimension for each token that it keeps. Nil for a mixer that looks nothing up by a key
  /// (`looksUpByContent`), and for those that see later tokens.
  func keyDimensions(modelDimension: Int, length: Int) -> Int?
  /// Throws `SettingsError` for a setting that does not fit the model dimension.
  func validate(modelDimension: Int) throws(SettingsError)

  /// The settings of a model of these layers alone, where settings list a value for each layer.
  func selecting(layers: [Int]) -> Self

  /// A sentence for lists of mixers, such as what is corrected of the public implementation; nil for none.
  static var note: String? { get }

  /// Whether no output depends on a later token. A mixer that is not causal sees the next token, so that it may train
  /// only on tasks whose labels do not stand among the later inputs.
  var isCausal: Bool { get }

  /// Declares the parameters of one layer in `layout`.
  func mixer(_ context: LayerContext, in layout: ParameterLayout) -> any SequenceMixer
}

extension MixerSettings {
  public static var recipe: MixerRecipe { MixerRecipe() }

  public static var looksUpByContent: Bool { true }

  public static var stateKey: String? { nil }

  /// Every whole number from 1 on.
  public func stateValues(modelDimension: Int) -> [Double] {
    (1...ModelShape.largestDimension).map(Double.init)
  }

  /// Recurrences, keys and values; no inputs of convolutions.
  public func publishedScalars(of state: [StatePart: Int], modelDimension: Int) -> Double {
    Double(state.filter { $0.key.role != .recentInputs }.values.reduce(0, +))
  }

  public func keyDimensions(modelDimension: Int, length: Int) -> Int? { nil }

  public func validate(modelDimension: Int) throws(SettingsError) {}

  public func selecting(layers: [Int]) -> Self { self }

  public static var note: String? { nil }

  public var isCausal: Bool { true }
}

/// What a mixer's parameters depend on besides its settings: the model's sizes and the layer's number.
public struct LayerContext: Sendable {
  /// d_model
  public let modelDimension: Int
  /// L_max: the longest sequence.
  public let maximumLength: Int
  /// Layers of the model.
  public let layers: Int
  /// This layer's number, from 0.
  public let layer: Int
  /// Whether no earlier layer has a mixer of this kind.
  public let isFirstOfKind: Bool
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
