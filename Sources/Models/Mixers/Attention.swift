import Autodiff
import Foundation
import Support

/// Causal softmax attention with several heads, as in the published MQAR benchmark (zoology).
public struct Attention: MixerSettings {
  public static let kind = "attention"
  public static let name = "attention"
  public static let modelDefaults = ModelDefaults(
    block: .zoology, positionEmbedding: .learned, embeddingDropout: 0.1)

  public var heads = 1
  /// On the attention weights, in training.
  public var dropout = 0.1
  /// Standard deviation at the start of the weights that make queries, keys and values.
  public var projectionStd = 0.02
  /// The same of the output projection's weights, times √(2 n_layers).
  public var outputStd = 0.02

  public init() {}

  enum CodingKeys: String, CodingKey {
    case heads = "num_heads"
    case dropout
    case projectionStd = "projection_init_std"
    case outputStd = "output_init_std"
  }

  public static let laterKeys: [String: SettingValue] = [
    "projection_init_std": 0.02, "output_init_std": 0.02,
  ]

  public func validate(modelDimension: Int) throws(SettingsError) {
    guard heads >= 1, modelDimension % heads == 0 else {
      throw SettingsError("num_heads", heads, allowed: "divisors of d_model = \(modelDimension)")
    }
    guard dropout >= 0, dropout < 1 else {
      throw SettingsError("dropout", dropout, allowed: "at least 0 and below 1")
    }
    for (key, std) in [("projection_init_std", projectionStd), ("output_init_std", outputStd)]
    where !(std > 0 && std.isFinite) {
      throw SettingsError(key, std, allowed: "above 0")
    }
  }

  public func mixer(_ context: LayerContext, in layout: ParameterLayout) -> any SequenceMixer {
    AttentionMixer(self, context, in: layout)
  }
}

struct AttentionMixer: RecurrentMixer {
  let heads: Int
  let dropout: Float
  /// [3d, d]: q, k, v, each head after head.
  let qkvProj: Parameter
  let qkvBias: Parameter
  /// The rows of both for the queries, and those for keys and values.
  let queries: (weight: Parameter, bias: Parameter)
  let keysValues: (weight: Parameter, bias: Parameter)
  let outProj: Parameter
  let outBias: Parameter

  init(_ settings: Attention, _ context: LayerContext, in layout: ParameterLayout) {
    heads = settings.heads
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

  func callAsFunction(_ x: Tensor, rows: RowSelection?, on tape: Tape) -> Tensor {
    let mixed = rows.map { attend(x, $0, on: tape) } ?? attend(x, on: tape)
    return tape.linear(mixed, weight: outProj, bias: outBias)
  }

  private func attend(_ x: Tensor, on tape: Tape) -> Tensor {
    let queriesKeysValues = tape.linear(x, weight: qkvProj, bias: qkvBias)
    return tape.causalAttention(queriesKeysValues, heads: heads, dropoutRate: dropout)
  }

  /// With queries from some rows alone.
  private func attend(_ x: Tensor, _ rows: RowSelection, on tape: Tape) -> Tensor {
    // Queries come before keys and values: on the way back, a few rows are then added to a gradient that keys
    // and values have assigned.
    let q = tape.linear(tape.gather(rows, of: x), weight: queries.weight, bias: queries.bias)
    let kv = tape.linear(x, weight: keysValues.weight, bias: keysValues.bias)
    return tape.causalAttention(
      q, of: rows, keysValues: kv, heads: heads, dropoutRate: dropout)
  }

  /// Keys and values take 2d² a token, query and output 2d² an output; scores and their sum with values take d
  /// each for every pair of an output and a token that it sees.
  func multiplyAdds(length: Int, outputs: OutputPositions) -> Int {
    let d = outProj.shape[0]
    return (length + outputs.count) * 2 * d * d + outputs.tokens * 2 * d
  }

  /// k and v; q, the mixture and the output.
  func trainingFloats(length: Int, outputs: Int) -> Double {
    2 * (2 * Double(length) + 3 * Double(outputs)) * Double(outProj.shape[0])
  }

  /// The weights once; a key's scalar in its score, a value's in the sum.
  func stepMultiplyAdds(leaving sizes: [StatePart: Int]) -> Int {
    qkvProj.count + outProj.count + sizes[.keyValueCache]!
  }

  func initialState() -> MixerState { MixerState([.keyValueCache: []]) }

  /// y = Σ_s softmax_s(q · k_s / √(d/heads)) v_s over the tokens s so far, this one included.
  func step(_ x: [Double], state: inout MixerState, weights: ReferenceWeights) -> [Double] {
    let d = x.count
    let width = d / heads
    let projected = weights.linear(x, qkvProj, qkvBias)
    state[.keyValueCache] += projected[d...]  // one token: k [d], v [d]
    let cache = state[.keyValueCache]
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
    return weights.linear(mixed, outProj, outBias)
  }
}
