import Autodiff
import Support

/// Softmax attention with several heads, as in the published MQAR benchmark (zoology).
public struct Attention: MixerSettings {
  public static let kind = "attention"
  public static let name = "attention"
  public static let modelDefaults = ModelDefaults(
    block: .zoology, positionEmbedding: .learned, embeddingDropout: 0.1)
  /// Fixed sinusoids, and small embeddings beside large query and key weights: with the published initial sizes and
  /// learned positions recall forms late, or not at all.
  public static let recipe = MixerRecipe(
    training: ["lr": 1e-2],
    model: [
      "dropout": 0, "position_embedding": "sinusoidal", "position_std": 0.12,
      "embedding_init_std": 0.06, "projection_init_std": 0.15, "output_init_std": 0.03,
    ])

  /// Heads, each with its own queries, keys and values.
  public var heads = 1
  /// Dropout of the attention weights, in training.
  public var dropout = 0.1
  /// Initial standard deviation of the weights of queries, keys and values.
  public var projectionStd = 0.02
  /// The output projection's weights start with this standard deviation divided by √(2 n_layers).
  public var outputStd = 0.02
  /// Whether a token sees no later token.
  public var isCausal = true

  public init() {}

  public static let keys: [SettingKey<Attention>] = [
    .heads(\.heads),
    .dropout(\.dropout),
    .number(
      "projection_init_std", \.projectionStd, .above(0),
      "initial standard deviation of the weights of queries, keys and values"
    ).addedLater(before: 0.02),
    .number(
      "output_init_std", \.outputStd, .above(0),
      "initial standard deviation of the output weights, times sqrt(2 n_layers)"
    ).addedLater(before: 0.02),
    .flag("causal", \.isCausal, "whether a token sees only itself and the tokens before it")
      .addedLater(before: true),
  ]

  public func validate(modelDimension: Int) throws(SettingsError) {
    try SettingsError.checkDivisor("num_heads", heads, of: modelDimension)
  }

  public func keyDimensions(modelDimension: Int, length: Int) -> Int? {
    heads * length
  }

  public func mixer(_ context: LayerContext, in layout: ParameterLayout) -> any SequenceMixer {
    let mixer = AttentionMixer(self, window: nil, context, in: layout)
    return isCausal ? mixer : FullAttentionMixer(mixer)
  }
}

struct AttentionMixer: RecurrentMixer {
  let heads: Int
  /// How many tokens a query sees, its own included; nil for all before it.
  let window: Int?
  let dropout: Float
  /// [3d, d]: the rows of q, then k, then v; within each, one head after the other.
  let qkvProj: Parameter
  let qkvBias: Parameter
  /// The rows of weight and bias for the queries, and those for keys and values.
  let queries: (weight: Parameter, bias: Parameter)
  let keysValues: (weight: Parameter, bias: Parameter)
  let outProj: Parameter
  let outBias: Parameter

  init(
    _ settings: Attention, window: Int?, _ context: LayerContext, in layout: ParameterLayout
  ) {
    (heads, self.window) = (settings.heads, window)
    dropout = Float(settings.dropout)
    let (d, prefix) = (context.modelDimension, context.prefix)
    qkvProj = layout.add(
      prefix + "Wqkv.weight", [3 * d, d], .normal(std: settings.projectionStd), isMatrix: true)
    qkvBias = layout.add(prefix + "Wqkv.bias", [3 * d], .zeros)
    queries = (qkvProj.rows(0..<d), qkvBias.rows(0..<d))
    keysValues = (qkvProj.rows(d..<3 * d), qkvBias.rows(d..<3 * d))
    outProj = layout.add(
      prefix + "out_proj.weight", [d, d],
      .normal(std: settings.outputStd / (2 * Double(context.layers)).squareRoot()),
      isMatrix: true)
    outBias = layout.add(prefix + "out_proj.bias", [d], .zeros)
  }

  func callAsFunction(_ x: Tensor, rows: PositionSelection?, on tape: Tape) -> Tensor {
    let mixed = rows.map { attend(x, $0, on: tape) } ?? attend(x, on: tape)
    return tape.linear(mixed, weight: outProj, bias: outBias)
  }

  private func attend(_ x: Tensor, on tape: Tape) -> Tensor {
    let queriesKeysValues = tape.linear(x, weight: qkvProj, bias: qkvBias)
    return tape.causalAttention(
      queriesKeysValues, heads: heads, window: window, dropoutRate: dropout)
  }

  /// Attention with the queries of some rows only [1, rows, d].
  private func attend(_ x: Tensor, _ rows: PositionSelection, on tape: Tape) -> Tensor {
    // Queries come first. In the backward pass, keys and values then assign the gradient of x, and the few rows of
    // the queries are added to it.
    let q = tape.linear(tape.gather(rows, of: x), weight: queries.weight, bias: queries.bias)
    let kv = tape.linear(x, weight: keysValues.weight, bias: keysValues.bias)
    return tape.causalAttention(
      q, of: rows, keysValues: kv, heads: heads, window: window, dropoutRate: dropout)
  }

  /// Keys and values take 2d² a token, query and output 2d² an output; scores and their sum with values take d
  /// each for every pair of an output and a token that it sees.
  func multiplyAdds(length: Int, outputs: OutputPositions) -> Int {
    let d = outProj.shape[0]
    let tokens = window.map(outputs.tokens(within:)) ?? outputs.tokens
    return (length + outputs.count) * 2 * d * d + tokens * 2 * d
  }

  /// The tape keeps k and v of every token, and q, the weighted sum of values and the result of every wanted output,
  /// all with their gradients.
  func trainingFloats(length: Int, outputs: Int) -> Double {
    2 * (2 * Double(length) + 3 * Double(outputs)) * Double(outProj.shape[0])
  }

  /// Each weight is used once, and each scalar of the cache once: a key's in its score, a value's in the sum.
  func stepMultiplyAdds(leaving sizes: [StatePart: Int]) -> Int {
    qkvProj.count + outProj.count + sizes[.keyValueCache]!
  }

  var initialSizes: KeyValuePairs<StatePart, Int> { [.keyValueCache: 0] }

  /// y = Σ_s softmax_s(q · k_s / √(d/heads)) v_s over the tokens s so far, this one included.
  func step(_ x: [Double], state: inout MixerState, weights: ReferenceWeights) -> [Double] {
    let d = x.count
    let projected = weights.linear(x, qkvProj, qkvBias)
    // The keys of all tokens, then their values.
    let cache = state[.keyValueCache]
    var keys = Array(cache[..<(cache.count / 2)])
    var values = Array(cache[(cache.count / 2)...])
    let mixed = TokenStep.causalAttention(
      Array(projected[..<d]), key: Array(projected[d..<2 * d]), value: Array(projected[(2 * d)...]),
      heads: heads, window: window, keys: &keys, values: &values)
    state[.keyValueCache] = keys + values
    return weights.linear(mixed, outProj, outBias)
  }
}
