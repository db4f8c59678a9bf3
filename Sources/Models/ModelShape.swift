import Support

/// What a model has besides its mixers: sizes, embeddings, and the residual block around every mixer.
public struct ModelShape: Settings {
  /// d
  public var modelDimension = 64
  /// n_layers
  public var layers = 2
  /// V; 0 takes the task's.
  public var vocabularySize = 0
  /// Rows of position embeddings; 0 takes the longest sequence of the run.
  public var maximumLength = 0
  /// What is added to the token embedding.
  public var positionEmbedding = PositionKind.none
  /// Standard deviation of the position embeddings: the initial one if they are learned.
  public var positionStd = 0.02
  /// Initial standard deviation of the token embedding.
  public var embeddingStd = 0.02
  /// Dropout on the embeddings before the first layer, in training.
  public var embeddingDropout = 0.0
  /// The residual block around each mixer.
  public var block = BlockKind.own
  /// Embeddings, names and final norm.
  public var frame = ModelFrame.plain
  /// Before the head.
  public var finalNorm = FinalNorm.layer
  /// The channel mixer of every layer.
  public var mlp = ChannelMixerKind.none
  /// Hidden channels of the channel mixer; 0 means 4 d.
  public var feedForwardDimension = 0
  /// Diagonal blocks of each weight of `monarch_glu`.
  public var mlpBlocks = 4
  /// Whether BERT's head for masked tokens stands before the tied embedding.
  public var hasMaskedTokenHead = false

  public init() {}

  /// The shape with the defaults of a mixer.
  public init(_ defaults: ModelDefaults) {
    block = defaults.block
    positionEmbedding = defaults.positionEmbedding
    embeddingDropout = defaults.embeddingDropout
    (frame, mlp) = (defaults.frame, defaults.mlp)
  }

  /// The largest d_model, d_state and the like, so that counts computed from them fit into an `Int`.
  package static let largestDimension = 1 << 16
  /// The most key or value channels per model channel.
  static let mostExpansion = 64.0
  /// The most channels of a head's keys in the delta family.
  static let largestHead = 4096
  package static let mostLayers = 1024

  public static let keys: [SettingKey<ModelShape>] = [
    .integer("d_model", \.modelDimension, 1...largestDimension, "width of the residual stream"),
    .integer("n_layers", \.layers, 1...mostLayers, "layers, one after the other"),
    .integer(
      "vocab_size", \.vocabularySize, 0...Int(Int32.max),
      "tokens are below this; 0 takes the task's"),
    .integer(
      "max_length", \.maximumLength, 0...Int(Int32.max),
      "rows of position embeddings; 0 takes the longest sequence of the run"),
    .choice(
      "position_embedding", \.positionEmbedding, "position embedding, added to the token embedding"),
    .number(
      "position_std", \.positionStd, .above(0),
      "standard deviation of position embeddings; the initial one if they are learned"
    ).addedLater(before: 0.02),
    .number(
      "embedding_init_std", \.embeddingStd, .above(0),
      "initial standard deviation of token embeddings"
    ).addedLater(before: 0.02),
    .number(
      "embedding_dropout", \.embeddingDropout, .atLeast(0, below: 1),
      "dropout of embeddings, in training"),
    .choice(
      "block", \.block,
      "residual block around each mixer; own: as the mixer was published; common: pre_norm"),
    .choice(
      "frame", \.frame,
      "what surrounds the layers; bert: token type and norm after the embeddings, no final norm, "
        + "names as in transformers"
    ).addedLater(before: "plain"),
    .choice(
      "final_norm", \.finalNorm,
      "norm before the head: LayerNorm, or RMSNorm as in mamba_ssm; frame: bert has none"
    ).addedLater(before: "layer"),
    .choice("mlp", \.mlp, "channel mixer of each layer").addedLater(before: "none"),
    .integer(
      "d_ff", \.feedForwardDimension, 0...4 * largestDimension,
      "hidden channels of the channel mixer; 0 is 4 d_model"
    ).addedLater(before: 0),
    .integer(
      "mlp_blocks", \.mlpBlocks, 1...largestDimension,
      "diagonal blocks of each weight of monarch_glu"
    ).alias("monarch_mlp").addedLater(before: 4),
    .flag(
      "mlm_head", \.hasMaskedTokenHead,
      "whether BERT's head for masked tokens, with a hidden layer, makes the logits; only in frame: bert"
    ).addedLater(before: false),
  ]

  public func validateTogether() throws(SettingsError) {
    try validateFrame()
    // Otherwise runs that differ in them alone would train the same model.
    guard mlp != .none || feedForwardDimension == 0 else {
      throw SettingsError("d_ff", feedForwardDimension, allowed: "0 without an mlp")
    }
    guard mlp == .monarchGLU else {
      guard mlpBlocks == Self().mlpBlocks else {
        throw SettingsError(
          "mlp_blocks", mlpBlocks, allowed: "\(Self().mlpBlocks) without mlp: monarch_glu")
      }
      return
    }
    guard modelDimension % mlpBlocks == 0, hiddenChannels % mlpBlocks == 0 else {
      throw SettingsError(
        "mlp_blocks", mlpBlocks,
        allowed: "divisors of d_model = \(modelDimension) and of d_ff = \(hiddenChannels)")
    }
  }

  private func validateFrame() throws(SettingsError) {
    guard frame == .bert else {
      guard !hasMaskedTokenHead else {
        throw SettingsError("mlm_head", "true", allowed: "false without frame: bert")
      }
      return try validateBlock()
    }
    guard finalNorm == .layer else {
      throw SettingsError(
        "final_norm", finalNorm.rawValue, allowed: "layer with frame: bert, which has no such norm")
    }
    guard block.isPostNorm || block == .own else {
      throw SettingsError(
        "block", block.rawValue, allowed: "post_norm or m2 with frame: bert, or own where it is one"
      )
    }
    try validateBlock()
  }

  private func validateBlock() throws(SettingsError) {
    guard block != .m2 || mlp != .none else {
      throw SettingsError(
        "mlp", "none", allowed: "any other with block: m2, which ends with an mlp")
    }
  }

  /// Hidden channels of the channel mixer.
  var hiddenChannels: Int {
    feedForwardDimension == 0 ? 4 * modelDimension : feedForwardDimension
  }
}

/// The position embeddings, which are added to the token embeddings.
public enum PositionKind: String, SettingChoice {
  /// A parameter with normal initial values.
  case learned
  /// Fixed sinusoids.
  case sinusoidal
  case none
}

/// The norm between the last layer and the head.
public enum FinalNorm: String, SettingChoice {
  case layer, rms
}

/// The residual block around a mixer. r is the residual stream, h the output of a layer.
public enum BlockKind: String, SettingChoice {
  /// Zoology's: r ← r + h; r ← r + mix(LayerNorm r); h ← MLP(LayerNorm r), or LayerNorm r without an MLP.
  case zoology
  /// Mamba's: r ← r + h; h ← mix(RMSNorm r); with an MLP then r ← r + h; h ← MLP(RMSNorm r).
  case preNorm = "pre_norm"
  /// BERT's: h ← LayerNorm(h + mix(h)); with an MLP then h ← LayerNorm(h + MLP(h)).
  case postNorm = "post_norm"
  /// M2's (Fu et al. 2023, "Monarch Mixer"), without a residual around the mixer: a ← mix(h);
  /// h ← LayerNorm(a + MLP(a)).
  case m2
  /// The same as `pre_norm`: the block in which different mixers are compared.
  case common
  /// The block that the mixer was published with.
  case own

  /// Whether a layer ends with a norm and passes no residual stream on.
  var isPostNorm: Bool { self == .postNorm || self == .m2 }

  /// The block itself: `preNorm` for `common`, and the block of the defaults for `own`.
  func resolved(_ defaults: ModelDefaults) -> BlockKind {
    switch self {
    case .common: .preNorm
    case .own: defaults.block
    default: self
    }
  }
}

/// Defaults of a model that depend on its mixer: how the mixer was published. A mixer's defaults never change,
/// because its old records leave keys out that have them.
public struct ModelDefaults: Sendable {
  /// Zoology, pre-norm, post-norm or M2's.
  public let block: BlockKind
  /// The default of `position_embedding`.
  public let positionEmbedding: PositionKind
  /// The default of `embedding_dropout`.
  public let embeddingDropout: Double
  /// The default of `frame`.
  public let frame: ModelFrame
  /// The default of `mlp`.
  public let mlp: ChannelMixerKind
  /// Whether these defaults hold in this block only; in any other block, defaults are those of a plain model.
  public let onlyInThisBlock: Bool

  public init(
    block: BlockKind, positionEmbedding: PositionKind = .none, embeddingDropout: Double = 0,
    frame: ModelFrame = .plain, mlp: ChannelMixerKind = .none, onlyInThisBlock: Bool = false
  ) {
    (self.block, self.positionEmbedding) = (block, positionEmbedding)
    self.embeddingDropout = embeddingDropout
    (self.frame, self.mlp, self.onlyInThisBlock) = (frame, mlp, onlyInThisBlock)
  }

  /// The defaults of a model with this block.
  func inBlock(_ other: BlockKind) -> ModelDefaults {
    onlyInThisBlock && other.resolved(self) != block ? ModelDefaults(block: block) : self
  }

  /// Zoology's block and dropout, without position embeddings: causal mixers other than attention, and hybrids.
  public static let zoology = ModelDefaults(block: .zoology, embeddingDropout: 0.1)

  /// The keys of `ModelShape` that have these defaults, as records spell them, with their values.
  var values: [String: SettingValue] {
    let keys = ["block", "position_embedding", "embedding_dropout", "frame", "mlp"]
    return ModelShape(self).recordValues.filter { keys.contains($0.key) }
  }
}
