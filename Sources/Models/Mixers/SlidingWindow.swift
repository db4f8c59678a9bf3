import Autodiff
import Support

/// Attention over the last tokens only (Beltagy, Peters and Cohan, "Longformer", 2020, section 3.1), as in the
/// published MQAR benchmark (zoology's `slide_attn`).
public struct SlidingWindow: MixerSettings {
  public static let kind = "sliding_window"
  public static let name = "sliding window"
  public static let modelDefaults = ModelDefaults.zoology
  /// Positions as attention's, because a window alone does not know which key stood before a value.
  public static let recipe = MixerRecipe(
    training: ["lr": 5e-3],
    model: [
      "dropout": 0, "position_embedding": "sinusoidal", "position_std": 0.12,
      "embedding_init_std": 0.06,
    ])
  public static let stateKey: String? = "window_size"

  /// Heads, each with its own queries, keys and values.
  public var heads = 1
  /// W: tokens that a query sees, its own included.
  public var window = 64
  /// Dropout of the attention weights, in training.
  public var dropout = 0.1

  public init() {}

  public static let keys: [SettingKey<SlidingWindow>] = [
    .heads(\.heads),
    .integer(
      "window_size", \.window, 1...ModelShape.largestDimension,
      "tokens that a query sees, its own included; zoology's block_size is one less"),
    .dropout(\.dropout),
  ]

  public func validate(modelDimension: Int) throws(SettingsError) {
    try SettingsError.checkDivisor("num_heads", heads, of: modelDimension)
  }

  public func keyDimensions(modelDimension: Int, length: Int) -> Int? {
    heads * min(window, length)
  }

  public func mixer(_ context: LayerContext, in layout: ParameterLayout) -> any SequenceMixer {
    var attention = Attention()
    (attention.heads, attention.dropout) = (heads, dropout)
    return AttentionMixer(attention, window: window, context, in: layout)
  }
}
