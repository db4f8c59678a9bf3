import Autodiff
import Support

/// What stands around the layers of a model, and how its tensors are called.
public enum ModelFrame: String, SettingChoice {
  /// Token embeddings, layers, a final norm, a head tied to the embeddings; names as in zoology and mamba_ssm.
  case plain
  /// BERT's (Devlin et al. 2019): a token type is added to every embedding, then follows a LayerNorm; there is no final
  /// norm; names as in Hugging Face's transformers.
  case bert

  var tokenEmbedding: String {
    self == .plain ? WeightNames.embedding : "bert.embeddings.word_embeddings.weight"
  }

  var positionEmbedding: String {
    self == .plain
      ? "backbone.embeddings.position_embeddings.weight"
      : "bert.embeddings.position_embeddings.weight"
  }

  /// The start of the names of a layer's tensors.
  func prefix(ofLayer layer: Int) -> String {
    self == .plain ? "backbone.layers.\(layer)." : "bert.encoder.layer.\(layer)."
  }
}

/// What BERT adds to the embeddings: h = LayerNorm(token + position + type 0).
struct TypedEmbedding: Sendable {
  /// [2, d], for the two texts of BERT's own task; ours is always the first.
  let types: Parameter
  let norm: Normalization

  init(_ modelDimension: Int, std: Double, in layout: ParameterLayout) {
    types = layout.add(
      "bert.embeddings.token_type_embeddings.weight", [2, modelDimension], .normal(std: std))
    norm = layout.layerNorm("bert.embeddings.LayerNorm", modelDimension, epsilon: 1e-12)
    layout.ignore("bert.embeddings.position_ids")
  }
}

/// BERT's head for masked tokens: logits = LayerNorm(gelu(W h + b)) Eᵀ + bias.
struct MaskedTokenHead: Sendable {
  let dense: Parameter, denseBias: Parameter
  let norm: Normalization
  /// [V]
  let bias: Parameter

  /// The file of a public model names them a second time.
  static let copies = (
    embedding: "cls.predictions.decoder.weight", bias: "cls.predictions.decoder.bias"
  )

  init(_ modelDimension: Int, vocabulary: Int, in layout: ParameterLayout) {
    let transform = "cls.predictions.transform."
    dense = layout.add(
      transform + "dense.weight", [modelDimension, modelDimension], .normal(std: 0.02),
      isMatrix: true)
    denseBias = layout.add(transform + "dense.bias", [modelDimension], .zeros)
    norm = layout.layerNorm(transform + "LayerNorm", modelDimension, epsilon: 1e-12)
    bias = layout.add("cls.predictions.bias", [vocabulary], .zeros)
    // Heads for other purposes than masked tokens.
    for name in ["bert.pooler.", "cls.seq_relationship."] { layout.ignore(name) }
  }

  /// The hidden layer.
  func callAsFunction(_ h: Tensor, on tape: Tape) -> Tensor {
    let hidden = tape.activation(.gelu, of: tape.linear(h, weight: dense, bias: denseBias))
    return tape.residualNorm(hidden, residual: nil, norm, keepsResidual: false).normed
  }

  /// The hidden layer for one token, in Double.
  func step(_ h: [Double], weights: ReferenceWeights) -> [Double] {
    weights.normalize(
      TokenStep.activation(.gelu, of: weights.linear(h, dense, denseBias)), norm)
  }

  /// Floats of the hidden layer, its activation and its norm, with their gradients.
  var trainingFloatsPerOutput: Int { 6 * dense.shape[0] }
}
