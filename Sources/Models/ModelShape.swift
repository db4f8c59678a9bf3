import Support

/// What a model has besides its mixers: sizes, embeddings, and the residual block around every mixer.
public struct ModelShape: Settings {
  /// d
  public var modelDimension = 64
  public var layers = 2
  /// V; 0 stands for the task's.
  public var vocabularySize = 0
  /// Rows of learned position embeddings; 0 stands for the longest sequence of the run.
  public var maximumLength = 0
  public var positionEmbedding = PositionKind.none
  /// Standard deviation of the position embeddings: of learned ones at the start, of sinusoids always.
  public var positionStd = 0.02
  /// Standard deviation of the token embedding at the start.
  public var embeddingStd = 0.02
  /// Dropout on the embeddings before the first layer, in training.
  public var embeddingDropout = 0.0
  public var block = BlockKind.own
  /// The channel mixer of every layer.
  public var mlp = ChannelMixerKind.none
  /// Hidden channels of the channel mixer; 0 stands for 4 d.
  public var feedForwardDimension = 0
  /// Diagonal blocks of each weight of `monarch_glu`.
  public var mlpBlocks = 4

  public init() {}

  /// The values that a mixer was published with.
  public init(_ defaults: ModelDefaults) {
    block = defaults.block
    positionEmbedding = defaults.positionEmbedding
    embeddingDropout = defaults.embeddingDropout
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case modelDimension = "d_model"
    case layers = "n_layers"
    case vocabularySize = "vocab_size"
    case maximumLength = "max_length"
    case positionEmbedding = "position_embedding"
    case positionStd = "position_std"
    case embeddingStd = "embedding_init_std"
    case embeddingDropout = "embedding_dropout"
    case block
    case mlp
    case feedForwardDimension = "d_ff"
    case mlpBlocks = "mlp_blocks"
  }

  /// The largest d_model, d_state and the like, so that what is counted from them fits an integer.
  static let largestDimension = 1 << 16

  public func validate() throws(SettingsError) {
    for (key, value, bounds) in [
      ("d_model", modelDimension, 1...Self.largestDimension),
      ("n_layers", layers, 1...1024),
      ("vocab_size", vocabularySize, 0...Int(Int32.max)),
      ("max_length", maximumLength, 0...Int(Int32.max)),
      ("d_ff", feedForwardDimension, 0...4 * Self.largestDimension),
      ("mlp_blocks", mlpBlocks, 1...Self.largestDimension),
    ] {
      try SettingsError.require(key, value, in: bounds)
    }
    guard embeddingDropout >= 0, embeddingDropout < 1 else {
      throw SettingsError(
        "embedding_dropout", embeddingDropout, allowed: "at least 0 and below 1")
    }
    for (key, std) in [("position_std", positionStd), ("embedding_init_std", embeddingStd)]
    where !(std > 0 && std.isFinite) {
      throw SettingsError(key, std, allowed: "above 0")
    }
    guard mlp == .monarchGLU else { return }
    guard modelDimension % mlpBlocks == 0, hiddenChannels % mlpBlocks == 0 else {
      throw SettingsError(
        "mlp_blocks", mlpBlocks,
        allowed: "divisors of d_model = \(modelDimension) and of d_ff = \(hiddenChannels)")
    }
  }

  /// Hidden channels of the channel mixer.
  var hiddenChannels: Int {
    feedForwardDimension == 0 ? 4 * modelDimension : feedForwardDimension
  }
}

/// What is added to the token embeddings to tell positions apart.
public enum PositionKind: String, SettingChoice {
  /// A parameter, normal at the start.
  case learned
  /// Fixed sinusoids.
  case sinusoidal
  case none
}

/// The residual block around a mixer: r is the residual stream, h what a layer hands on.
public enum BlockKind: String, SettingChoice {
  /// Zoology's: r ← r + h; r ← r + mix(LayerNorm r); h ← MLP(LayerNorm r), or LayerNorm r without an MLP.
  case zoology
  /// Mamba's: r ← r + h; h ← mix(RMSNorm r); with an MLP then r ← r + h; h ← MLP(RMSNorm r).
  case preNorm = "pre_norm"
  /// BERT's: h ← LayerNorm(h + mix(h)); with an MLP then h ← LayerNorm(h + MLP(h)).
  case postNorm = "post_norm"
  /// Another word for `pre_norm`, the block in which mixers are compared.
  case common
  /// The block that the mixer was published with.
  case own

  /// The block that this one stands for in a model with these defaults.
  func resolved(_ defaults: ModelDefaults) -> BlockKind {
    switch self {
    case .common: .preNorm
    case .own: defaults.block
    default: self
    }
  }
}

/// What a model takes where its description says nothing: how its mixer was published.
public struct ModelDefaults: Sendable {
  /// Zoology, pre-norm or post-norm.
  public let block: BlockKind
  public let positionEmbedding: PositionKind
  public let embeddingDropout: Double

  public init(
    block: BlockKind, positionEmbedding: PositionKind = .none, embeddingDropout: Double = 0
  ) {
    (self.block, self.positionEmbedding) = (block, positionEmbedding)
    self.embeddingDropout = embeddingDropout
  }

  /// Zoology's block and dropout, without position embeddings: causal mixers other than attention, and hybrids.
  public static let zoology = ModelDefaults(block: .zoology, embeddingDropout: 0.1)
}
