import Autodiff
import Foundation
import Support

/// Causal softmax attention with several heads, as in the published MQAR benchmark (Zoology).
public struct Attention: MixerConfiguration {
  public static let kind = "attention"
  public static let name = "attention"
  public static let block = BlockKind.transformer

  public var heads = 1
  /// On the attention weights, while training.
  public var dropout = 0.1
  /// On the embeddings, before the first block, while training.
  public var embeddingDropout = 0.1
  public var positionEmbedding = PositionKind.learned
  /// Standard deviation of the position embeddings, at first or for good.
  public var positionDeviation = 0.02
  /// Standard deviation of the word embeddings at first.
  public var embeddingDeviation = 0.02
  /// Standard deviation of the weights at first that make queries, keys and values.
  public var projectionDeviation = 0.02
  /// The same of the output projection's, times √(2 n_layers).
  public var outputDeviation = 0.02

  public init() {}

  public enum PositionKind: String, SettingChoice { case learned, sinusoidal }

  enum CodingKeys: String, CodingKey {
    case heads = "num_heads"
    case dropout
    case embeddingDropout = "embedding_dropout"
    case positionEmbedding = "position_embedding"
    case positionDeviation = "position_std"
    case embeddingDeviation = "embedding_init_std"
    case projectionDeviation = "projection_init_std"
    case outputDeviation = "output_init_std"
  }

  public func validate(modelDimension: Int) throws(SettingsError) {
    guard heads >= 1, modelDimension % heads == 0 else {
      throw SettingsError("num_heads", heads, allowed: "divisors of d_model = \(modelDimension)")
    }
    for (key, rate) in [("dropout", dropout), ("embedding_dropout", embeddingDropout)]
    where !(rate >= 0 && rate < 1) {
      throw SettingsError(key, rate, allowed: "at least 0 and below 1")
    }
    for (key, deviation) in [
      ("position_std", positionDeviation), ("embedding_init_std", embeddingDeviation),
      ("projection_init_std", projectionDeviation), ("output_init_std", outputDeviation),
    ] where !(deviation > 0 && deviation.isFinite) {
      throw SettingsError(key, deviation, allowed: "above 0")
    }
  }

  public var positions: PositionEmbedding? {
    switch positionEmbedding {
    case .learned: .learned(deviation: positionDeviation)
    case .sinusoidal: .sinusoidal(deviation: positionDeviation)
    }
  }

  public func mixer(_ place: MixerPlace, in layout: ParameterLayout) -> any SequenceMixer {
    AttentionMixer(self, place, in: layout)
  }
}

struct AttentionMixer: SequenceMixer {
  let heads: Int
  let dropout: Float
  /// [3d, d]: q, k, v, each head after head.
  let projection: Parameter
  let projectionBias: Parameter
  /// The queries' rows of both, and those of keys and values.
  let queries: (weight: Parameter, bias: Parameter)
  let keysValues: (weight: Parameter, bias: Parameter)
  let output: Parameter
  let outputBias: Parameter

  init(_ settings: Attention, _ place: MixerPlace, in layout: ParameterLayout) {
    heads = settings.heads
    dropout = Float(settings.dropout)
    let (d, prefix) = (place.modelDimension, place.prefix)
    projection = layout.add(
      prefix + "Wqkv.weight", [3 * d, d], .normal(std: settings.projectionDeviation),
      isMatrix: true)
    projectionBias = layout.add(prefix + "Wqkv.bias", [3 * d], .zeros)
    queries = (projection.rows(0..<d), projectionBias.rows(0..<d))
    keysValues = (projection.rows(d..<3 * d), projectionBias.rows(d..<3 * d))
    output = layout.add(
      prefix + "out_proj.weight", [d, d],
      .normal(std: settings.outputDeviation / (2 * Double(place.layers)).squareRoot()),
      isMatrix: true)
    outputBias = layout.add(prefix + "out_proj.bias", [d], .zeros)
  }

  func callAsFunction(_ x: Tensor, rows: PositionSelection?, on tape: Tape) -> Tensor {
    let mixed = rows.map { attend(x, $0, on: tape) } ?? attend(x, on: tape)
    return tape.linear(mixed, weight: output, bias: outputBias)
  }

  private func attend(_ x: Tensor, on tape: Tape) -> Tensor {
    let queriesKeysValues = tape.linear(x, weight: projection, bias: projectionBias)
    return tape.causalAttention(queriesKeysValues, heads: heads, dropoutRate: dropout)
  }

  /// With queries from some rows alone.
  private func attend(_ x: Tensor, _ rows: PositionSelection, on tape: Tape) -> Tensor {
    // Before keys and values: on the way back, few rows are then added to a gradient that those assigned.
    let q = tape.linear(tape.gather(rows, of: x), weight: queries.weight, bias: queries.bias)
    let kv = tape.linear(x, weight: keysValues.weight, bias: keysValues.bias)
    return tape.causalAttention(
      q, of: rows, keysValues: kv, heads: heads, dropoutRate: dropout)
  }

  /// Keys and values 2d² a token, query and output 2d² an output; scores and their sum with values, d each for
  /// every pair of an output and a token that it sees.
  func multiplyAdds(length: Int, outputs: OutputPositions) -> Int {
    let d = output.shape[0]
    return (length + outputs.count) * 2 * d * d + outputs.tokens * 2 * d
  }

  /// k and v; q, the mixture and the output.
  func trainingFloats(length: Int, outputs: Int) -> Double {
    2 * (2 * Double(length) + 3 * Double(outputs)) * Double(output.shape[0])
  }

  /// The weights once; a key's scalar in its score, a value's in the sum.
  func stepMultiplyAdds(leaving state: MixerState) -> Int {
    projection.count + output.count + state.keyValueCache.count
  }

  func initialState() -> MixerState { MixerState() }

  /// y = Σ_s softmax_s(q · k_s / √(d/heads)) v_s over the tokens s so far, this one included.
  func step(_ x: [Double], state: inout MixerState, weights: Weights) -> [Double] {
    let d = x.count
    let width = d / heads
    let projected = weights.linear(x, projection, projectionBias)
    state.keyValueCache += projected[d...]  // one token: k [d], v [d]
    let cache = state.keyValueCache
    let tokens = cache.count / (2 * d)
    var mixed = [Double](repeating: 0, count: d)
    for head in 0..<heads {
      let channels = (head * width)..<((head + 1) * width)
      let scores = (0..<tokens).map { token in
        channels.reduce(0) { $0 + projected[$1] * cache[token * 2 * d + $1] }
          / Double(width).squareRoot()
      }
      let largest = scores.max()!
      let unnormalized = scores.map { exp($0 - largest) }
      let total = unnormalized.reduce(0, +)
      for token in 0..<tokens {
        for c in channels {
          mixed[c] += unnormalized[token] / total * cache[(token * 2 + 1) * d + c]
        }
      }
    }
    return weights.linear(mixed, output, outputBias)
  }
}
