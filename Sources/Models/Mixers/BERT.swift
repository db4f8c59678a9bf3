import Autodiff
import Support

/// BERT's encoder: Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding",
/// 2019, section 3. Attention to all tokens in BERT's block, embeddings and names of tensors, as in Hugging Face's
/// transformers.
public struct BERT: MixerSettings {
  public static let kind = "bert"
  public static let name = "BERT"
  public static let modelDefaults = ModelDefaults(
    block: .postNorm, positionEmbedding: .learned, embeddingDropout: 0.1, frame: .bert, mlp: .gelu)
  public static let recipe = MixerRecipe(training: ["lr": 2e-3], model: ["dropout": 0])
  public static let note: String? =
    "Corrected: the embedding of token 0 learns. Public code stops its gradient as an input (padding_idx 0); here "
    + "token 0 is a token like others. Dropout is of embeddings and attention weights, not of a layer's outputs."

  /// Heads, each with its own queries, keys and values.
  public var heads = 1
  /// Dropout of the attention weights, in training.
  public var dropout = 0.1

  public init() {}

  public static let keys: [SettingKey<BERT>] = [.heads(\.heads), .dropout(\.dropout)]

  public var isCausal: Bool { false }

  public func validate(modelDimension: Int) throws(SettingsError) {
    try SettingsError.checkDivisor("num_heads", heads, of: modelDimension)
  }

  public func mixer(_ context: LayerContext, in layout: ParameterLayout) -> any SequenceMixer {
    let d = context.modelDimension
    func linear(_ name: String, isOutput: Bool = false) -> FullAttentionMixer.Linear {
      let start = context.linearStart(.normal(std: 0.02), isOutput: isOutput)
      return (
        layout.add(context.prefix + name + ".weight", [d, d], start, isMatrix: true),
        layout.add(context.prefix + name + ".bias", [d], .zeros)
      )
    }
    return FullAttentionMixer(
      heads: heads, dropout: dropout, queries: linear("self.query"), keys: linear("self.key"),
      values: linear("self.value"), output: linear("output.dense", isOutput: true))
  }
}
