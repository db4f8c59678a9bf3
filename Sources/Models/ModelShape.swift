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

  /// The largest d_model, d_state and the like, so that what is counted from them fits an integer.
  static let largestDimension = 1 << 16

  public static let keys: [SettingKey<ModelShape>] = [
    .integer("d_model", \.modelDimension, 1...largestDimension, "width of the residual stream"),
    .integer("n_layers", \.layers, 1...1024, "mixers one after the other"),
    .integer(
      "vocab_size", \.vocabularySize, 0...Int(Int32.max),
      "tokens are below this; 0 takes the task's"),
    .integer(
      "max_length", \.maximumLength, 0...Int(Int32.max),
      "rows of position embeddings; 0 takes the longest sequence of the run"),
    .choice("position_embedding", \.positionEmbedding, "what is added to tell positions apart"),
    .number(
      "position_std", \.positionStd, .above(0),
      "standard deviation of position embeddings, if they are learned at the start"
    ).addedLater(before: 0.02),
    .number(
      "embedding_init_std", \.embeddingStd, .above(0),
      "standard deviation of token embeddings at the start"
    ).addedLater(before: 0.02),
    .number(
      "embedding_dropout", \.embeddingDropout, .atLeast(0, below: 1), "of embeddings, in training"),
    .choice(
      "block", \.block,
      "residual block around each mixer; own is the mixer's published one, common is pre_norm"),
    .choice("mlp", \.mlp, "channel mixer of each layer").addedLater(before: "none"),
    .integer(
      "d_ff", \.feedForwardDimension, 0...4 * largestDimension,
      "hidden channels of the channel mixer; 0 is 4 d_model"
    ).addedLater(before: 0),
    .integer(
      "mlp_blocks", \.mlpBlocks, 1...largestDimension,
      "diagonal blocks of each weight of monarch_glu"
    ).alias("monarch_mlp").addedLater(before: 4),
  ]

  public func validateTogether() throws(SettingsError) {
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

/// What a model takes where its description or record says nothing: how its mixer was published. The values of a
/// mixer never change, because they are also what its old records mean.
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
