import Autodiff
import Support

/// Linear attention with a normaliser (Katharopoulos et al. 2020, equations 16 to 20); with Taylor features it is
/// Based (Arora et al., "Simple linear attention language models balance the recall-throughput tradeoff", 2024,
/// section 4.1). Weights as in zoology's `based`.
public struct LinearAttention: MixerSettings {
  public static let kind = "linear_attention"
  public static let name = "linear attention"
  public static let modelDefaults = ModelDefaults.zoology
  public static let stateKey: String? = "feature_dim"

  public enum Features: String, SettingChoice {
    /// φ(q) · φ(k) = 1 + s + s²/2, s = q · k / √feature_dim.
    case taylor = "taylor_exp"
    /// elu(x) + 1.
    case elu = "pos_elu"
    case identity
  }

  /// Heads, each with its own queries, keys and values.
  public var heads = 1
  /// f: channels of a head's queries and keys.
  public var featureDimension = 16
  /// The features φ of queries and keys.
  public var features = Features.taylor
  /// Tokens per chunk of the parallel form; changes speed and rounding, not the result.
  public var chunkLength = 64

  public init() {}

  public static let keys: [SettingKey<LinearAttention>] = [
    .heads(\.heads),
    .integer(
      "feature_dim", \.featureDimension, featureDimensions,
      "channels of a head's queries and keys"),
    .choice("feature_name", \.features, "features of queries and keys; taylor_exp is Based's"),
    .chunkLength(\.chunkLength),
  ]

  private static let featureDimensions = 1...512

  public func stateValues(modelDimension: Int) -> [Double] {
    Self.featureDimensions.map(Double.init)
  }

  /// zoology counts the products of features and values, equal ones once, without the normaliser.
  public func publishedScalars(of state: [StatePart: Int], modelDimension: Int) -> Double {
    let values = modelDimension / heads
    return Double(state[.recurrence]! / (values + 1) * values)
  }

  public func validate(modelDimension: Int) throws(SettingsError) {
    try SettingsError.checkDivisor("num_heads", heads, of: modelDimension)
  }

  fileprivate var featureMap: FeatureMap { features == .taylor ? .taylor : .identity }

  public func keyDimensions(modelDimension: Int, length: Int) -> Int? {
    heads * featureMap.count(featureDimension)
  }

  public func mixer(_ context: LayerContext, in layout: ParameterLayout) -> any SequenceMixer {
    LinearAttentionMixer(self, context, in: layout)
  }
}

struct LinearAttentionMixer: RecurrentMixer, MixerWithMatrices {
  let settings: LinearAttention
  let qProj: Parameter, kProj: Parameter, vProj: Parameter
  let outProj: Parameter

  init(_ settings: LinearAttention, _ context: LayerContext, in layout: ParameterLayout) {
    self.settings = settings
    let (d, keys) = (context.modelDimension, settings.heads * settings.featureDimension)
    qProj = layout.addLinear("proj_q.weight", [keys, d], context)
    kProj = layout.addLinear("proj_k.weight", [keys, d], context)
    vProj = layout.addLinear("proj_v.weight", [d, d], context)
    outProj = layout.addLinear("proj_o.weight", [d, d], context)
  }

  private var features: FeatureMap { settings.featureMap }
  /// V: channels of a head's values.
  private var valueWidth: Int { vProj.shape[0] / settings.heads }
  /// F: rows of a head's state.
  private var rows: Int { features.count(settings.featureDimension) }
  /// The factor on queries.
  private var scale: Double {
    settings.features == .taylor ? 1 / Double(settings.featureDimension).squareRoot() : 1
  }

  func callAsFunction(_ x: Tensor, rows: PositionSelection?, on tape: Tape) -> Tensor {
    func features(_ weight: Parameter) -> Tensor {
      let projected = tape.linear(x, weight: weight)
      return settings.features == .elu
        ? tape.activation(.eluPlusOne, of: projected) : projected
    }
    let y = tape.linearAttention(
      features(qProj), features(kProj), tape.linear(x, weight: vProj), heads: settings.heads,
      scale: Float(scale), features: self.features, normalized: true,
      chunkLength: settings.chunkLength)
    return tape.linear(rows.map { tape.gather($0, of: y) } ?? y, weight: outProj)
  }

  /// The output projection runs for the wanted outputs only. Each chunk takes the causal half of Q Kᵀ and of its
  /// product with V and the normaliser. Every chunk but the first reads the state, and every chunk but the last
  /// writes it.
  func multiplyAdds(length: Int, outputs: OutputPositions) -> Int {
    let weights = qProj.count + kProj.count + vProj.count
    let crossing = settings.heads * rows * (valueWidth + 1)
    return length * weights + outputs.count * outProj.count
      + ChunkedArithmetic(
        perPair: settings.heads * (settings.featureDimension + valueWidth + 1), perRead: crossing,
        perWrite: crossing
      ).multiplyAdds(length: length, chunk: settings.chunkLength)
  }

  /// The tape keeps for each token q, k, v and the recurrence's result with their gradients, and of each chunk Q Kᵀ
  /// and the state at its start; for each wanted output, the result with its gradient.
  func trainingFloats(length: Int, outputs: Int) -> Double {
    let widths = qProj.shape[0] + kProj.shape[0] + 2 * vProj.shape[0]
    let chunk = min(settings.chunkLength, length)
    return Double(length) * Double(2 * widths + settings.heads * chunk)
      + Double((length - 1) / chunk) * Double(settings.heads * rows * (valueWidth + 1))
      + Double(outputs) * Double(2 * outProj.shape[0])
  }

  /// Each weight is used once. A state scalar takes one multiply-add to be written and one to be read.
  func stepMultiplyAdds(leaving sizes: [StatePart: Int]) -> Int {
    qProj.count + kProj.count + vProj.count + outProj.count + 2 * sizes[.recurrence]!
  }

  var initialSizes: KeyValuePairs<StatePart, Int> {
    // [heads, F, V + 1]: S, with the sum of features n as one more column.
    [.recurrence: settings.heads * rows * (valueWidth + 1)]
  }

  /// A query or a key of one token.
  private func features(
    _ weight: Parameter, of x: [Double], _ weights: ReferenceWeights
  ) -> [Double] {
    let projected = weights.linear(x, weight)
    return settings.features == .elu
      ? TokenStep.activation(.eluPlusOne, of: projected) : projected
  }

  /// The matrices of the normalised result.
  func mixingMatrices(_ x: [[Double]], weights: ReferenceWeights) -> MixingMatrices {
    let tokens = x.map {
      (q: features(qProj, of: $0, weights), k: features(kProj, of: $0, weights))
    }
    let width = settings.featureDimension
    return .ofSteps(count: settings.heads, width: valueWidth, length: x.count) { _ in
      [Double](repeating: 0, count: rows * (x.count + 1))
    } step: { head, token, values, state in
      let channels = head * width..<(head + 1) * width
      return TokenStep.linearAttention(
        Array(tokens[token].q[channels]), Array(tokens[token].k[channels]), values, heads: 1,
        scale: scale, features: features, normalized: true, state: &state)
    }
  }

  /// S ← S + φ(k) vᵀ;  n ← n + φ(k);  o = Sᵀ φ(q) / (φ(q) · n + 1e-12).
  func step(_ x: [Double], state: inout MixerState, weights: ReferenceWeights) -> [Double] {
    let y = TokenStep.linearAttention(
      features(qProj, of: x, weights), features(kProj, of: x, weights), weights.linear(x, vProj),
      heads: settings.heads,
      scale: scale, features: self.features, normalized: true, state: &state[.recurrence])
    return weights.linear(y, outProj)
  }
}
