import Autodiff

/// The differences between the mixers of the delta family.
struct DeltaSettings {
  let heads: Int
  /// K and V: channels of a head's keys and values.
  let keyWidth: Int, valueWidth: Int
  let convolutionWidth: Int
  let decay: Decay
  let gate: Gate
  /// Whether β reaches 2, so that a write may reverse what was stored.
  let allowsNegative: Bool
  let chunkLength: Int

  enum Decay {
    case none
    /// One decay per head, computed as in Mamba-2.
    case perHead
    /// One decay per key channel, from a projection of rank V.
    case perChannel
  }

  enum Gate {
    case none
    /// SiLU of a projection.
    case silu
    /// σ of a projection of rank V with a bias.
    case lowRankSigmoid
  }
}

/// A mixer of the delta family: queries, keys and values through short convolutions, the delta rule, a norm per head
/// and perhaps a gate.
///
/// q, k, v = SiLU(conv(W x)); q = unit(q) K^-½, k = unit(k); β = σ(W x), per head; the recurrence is
/// `Tape.deltaRule`'s; out = W (rms(o) ⊙ gate).
struct DeltaMixer: RecurrentMixer, MixerWithMatrices {
  private let settings: DeltaSettings
  private let query: Projection, key: Projection, value: Projection
  private let rateProj: Parameter
  private let decay: DecayWeights?
  private let norm: Parameter
  /// Linear maps, applied one after the other.
  private let gateProj: [Parameter]
  private let gateBias: Parameter?
  private let outProj: Parameter

  /// A projection with the convolution after it.
  private struct Projection {
    let weight: Parameter, convolution: Parameter
    var count: Int { weight.count + convolution.count }
  }

  private struct DecayWeights {
    /// Linear maps, applied one after the other.
    let projections: [Parameter]
    let bias: Parameter, aLog: Parameter
  }

  /// - Parameter rates: the range in which −A of the decay starts, uniformly distributed.
  init(
    _ settings: DeltaSettings, rates: ClosedRange<Double>, _ context: LayerContext,
    in layout: ParameterLayout
  ) {
    self.settings = settings
    let (d, prefix) = (context.modelDimension, context.prefix)
    let keys = settings.heads * settings.keyWidth
    let (values, rank) = (settings.heads * settings.valueWidth, settings.valueWidth)
    func projection(_ name: String, _ channels: Int) -> Projection {
      Projection(
        weight: layout.addLinear("\(name)_proj.weight", [channels, d], context),
        convolution: layout.addConvolutionWeight(
          "\(prefix)\(name)_conv1d", channels: channels, width: settings.convolutionWidth))
    }
    (query, key, value) = (projection("q", keys), projection("k", keys), projection("v", values))
    rateProj = layout.addLinear("b_proj.weight", [settings.heads, d], context)
    func decay(_ names: [(String, [Int])], channels: Int) -> DecayWeights {
      DecayWeights(
        projections: names.map { layout.addLinear("\($0).weight", $1, context) },
        bias: layout.add(prefix + "dt_bias", [channels], .dtBias),
        aLog: layout.add(
          prefix + "A_log", [settings.heads],
          .logarithmOfUniform(low: rates.lowerBound, high: rates.upperBound)))
    }
    self.decay =
      switch settings.decay {
      case .none: nil
      case .perHead: decay([("a_proj", [settings.heads, d])], channels: settings.heads)
      case .perChannel:
        decay([("f_proj.0", [rank, d]), ("f_proj.1", [keys, rank])], channels: keys)
      }
    switch settings.gate {
    case .none: (gateProj, gateBias) = ([], nil)
    case .silu:
      gateProj = [layout.addLinear("g_proj.weight", [values, d], context)]
      gateBias = nil
    case .lowRankSigmoid:
      gateProj = [
        layout.addLinear("g_proj.0.weight", [rank, d], context),
        layout.addLinear("g_proj.1.weight", [values, rank], context),
      ]
      gateBias = layout.add(prefix + "g_proj.1.bias", [values], .zeros)
    }
    norm = layout.add(prefix + "o_norm.weight", [settings.valueWidth], .ones)
    outProj = layout.addLinear("o_proj.weight", [d, values], context)
  }

  /// The factor on queries.
  private var scale: Double { 1 / Double(settings.keyWidth).squareRoot() }
  private var largestRate: Double { settings.allowsNegative ? 2 : 1 }

  func callAsFunction(_ x: Tensor, rows: PositionSelection?, on tape: Tape) -> Tensor {
    // The gate comes first. In the backward pass, the rest then assigns the gradient of the input, and the few rows
    // of the gate are added to it.
    let gate: Tensor? =
      gateProj.isEmpty
      ? nil
      : tape.linear(rows.map { tape.gather($0, of: x) } ?? x, through: gateProj, bias: gateBias)
    func project(_ projection: Projection) -> Tensor {
      tape.causalConvolution(
        tape.linear(x, weight: projection.weight), weight: projection.convolution)
    }
    let rate = tape.activation(
      .sigmoid, of: tape.linear(x, weight: rateProj), scale: Float(largestRate))
    let o = tape.deltaRule(
      tape.unitNorm(project(query), heads: settings.heads, scale: Float(scale)),
      tape.unitNorm(project(key), heads: settings.heads), project(value), beta: rate,
      heads: settings.heads, decay: logDecay(x, on: tape), chunkLength: settings.chunkLength)
    let normed = tape.rmsNormGate(
      rows.map { tape.gather($0, of: o) } ?? o, gate: gate,
      settings.gate == .silu ? .silu : .sigmoid, weight: norm)
    return tape.linear(normed, weight: outProj)
  }

  /// g = −exp(A_log) softplus(W x + dt_bias).
  private func logDecay(_ x: Tensor, on tape: Tape) -> LogDecay {
    guard let decay else { return .none }
    let g = tape.softplusDecay(
      tape.linear(x, through: decay.projections, bias: decay.bias), aLog: decay.aLog)
    return settings.decay == .perHead ? .perHead(g) : .perChannel(g)
  }

  // MARK: - Counting

  private var recurrentWeights: Int {
    query.count + key.count + value.count + rateProj.count
      + (decay?.projections.reduce(0) { $0 + $1.count } ?? 0)
  }
  private var outputWeights: Int { gateProj.reduce(outProj.count) { $0 + $1.count } }
  private var stateSize: Int { settings.heads * settings.keyWidth * settings.valueWidth }

  /// The gate and the output projection run for the wanted outputs only, all else for all tokens. Each chunk takes
  /// the causal halves of Q Kᵀ, of its product with U, of K Kᵀ and of the triangular solve. Across chunks, q and k
  /// read the state, and k writes it.
  func multiplyAdds(length: Int, outputs: OutputPositions) -> Int {
    let widths = settings.heads * (settings.keyWidth + settings.valueWidth)
    return length * recurrentWeights + outputs.count * outputWeights
      + ChunkedArithmetic(
        perPair: widths, perEarlierPair: widths, perRead: 2 * stateSize, perWrite: stateSize
      ).multiplyAdds(length: length, chunk: settings.chunkLength)
  }

  /// The tape keeps the results of projections, convolutions and unit norms, the log-decays and the recurrence's
  /// result with their gradients; of each chunk it keeps Q Kᵀ, K Kᵀ, U and the state at its start.
  func trainingFloats(length: Int, outputs: Int) -> Double {
    let (keys, values) = (query.weight.shape[0], value.weight.shape[0])
    let decays = decay?.projections.last?.shape[0] ?? 0
    let chunk = min(settings.chunkLength, length)
    let widths = 6 * keys + 3 * values + 2 * decays
    let gates = gateProj.isEmpty ? 0 : values
    return Double(length) * Double(2 * widths + 2 * settings.heads * chunk + values)
      + Double((length - 1) / chunk) * Double(stateSize)
      + Double(outputs) * Double(2 * (values + gates + outProj.shape[0]))
  }

  /// Each weight is used once. A state scalar takes one multiply-add to decay, if it does, and three more: k reads
  /// it, k writes it, q reads it.
  func stepMultiplyAdds(leaving sizes: [StatePart: Int]) -> Int {
    recurrentWeights + outputWeights
      + (settings.decay == .none ? 3 : 4) * sizes[.recurrence]!
  }

  // MARK: - The recurrence

  var initialSizes: KeyValuePairs<StatePart, Int> {
    let channels = 2 * query.weight.shape[0] + value.weight.shape[0]
    return [
      .recurrence: stateSize,  // [heads, K, V]
      .convolution: (settings.convolutionWidth - 1) * channels,  // [taps − 1, channels of q, k, v]
    ]
  }

  /// What the recurrence takes of a token.
  private struct TokenOperands: Sendable {
    let q: [Double], k: [Double], v: [Double], beta: [Double], g: [Double]
  }

  private func operands(
    _ x: [Double], state: inout MixerState, weights: ReferenceWeights
  ) -> TokenOperands {
    let projections = [query, key, value]
    let mixed = TokenStep.causalConvolution(
      projections.flatMap { weights.linear(x, $0.weight) },
      weight: projections.flatMap { weights($0.convolution) }, inputs: &state[.convolution])
    let keys = query.weight.shape[0]
    let g = decay.map { decay in
      TokenStep.softplusDecay(
        weights.linear(x, through: decay.projections, bias: decay.bias),
        aLog: weights(decay.aLog))
    }
    return TokenOperands(
      q: TokenStep.unitNorm(Array(mixed[..<keys]), heads: settings.heads, scale: scale),
      k: TokenStep.unitNorm(Array(mixed[keys..<2 * keys]), heads: settings.heads),
      v: Array(mixed[(2 * keys)...]),
      beta: weights.linear(x, rateProj).map { largestRate * TokenStep.sigmoid($0) }, g: g ?? [])
  }

  func mixingMatrices(_ x: [[Double]], weights: ReferenceWeights) -> MixingMatrices {
    var state = initialState()
    let tokens = x.map { operands($0, state: &state, weights: weights) }
    let (heads, width) = (settings.heads, settings.keyWidth)
    return .ofSteps(count: heads, width: settings.valueWidth, length: x.count) { _ in
      [Double](repeating: 0, count: width * x.count)
    } step: { head, token, values, state in
      let (token, channels) = (tokens[token], head * width..<(head + 1) * width)
      let g = token.g.isEmpty ? [] : token.g.count == heads ? [token.g[head]] : token.g[channels]
      return TokenStep.deltaRule(
        Array(token.q[channels]), Array(token.k[channels]), values, beta: [token.beta[head]],
        heads: 1, logDecay: Array(g), state: &state)
    }
  }

  func step(_ x: [Double], state: inout MixerState, weights: ReferenceWeights) -> [Double] {
    let token = operands(x, state: &state, weights: weights)
    let o = TokenStep.deltaRule(
      token.q, token.k, token.v, beta: token.beta, heads: settings.heads, logDecay: token.g,
      state: &state[.recurrence])
    let normed = TokenStep.rmsNormGate(
      o, gate: gateProj.isEmpty ? nil : weights.linear(x, through: gateProj, bias: gateBias),
      settings.gate == .silu ? .silu : .sigmoid, weight: weights(norm))
    return weights.linear(normed, outProj)
  }
}

extension Tape {
  /// Linear maps one after the other, with a bias after the last.
  func linear(_ x: Tensor, through weights: [Parameter], bias: Parameter? = nil) -> Tensor {
    weights.indices.reduce(x) {
      linear($0, weight: weights[$1], bias: $1 == weights.count - 1 ? bias : nil)
    }
  }
}

extension ReferenceWeights {
  /// Linear maps one after the other, with a bias after the last.
  func linear(_ x: [Double], through weights: [Parameter], bias: Parameter? = nil) -> [Double] {
    weights.indices.reduce(x) {
      linear($0, weights[$1], $1 == weights.count - 1 ? bias : nil)
    }
  }
}
