import Autodiff

/// Linear attention that forgets, without convolutions: GLA and RetNet.
///
/// S ← diag(exp g) S + k vᵀ;  o = Sᵀ (q K^-½);  out = W (rms(o) ⊙ SiLU(W x)).
struct DecayedAttentionMixer: RecurrentMixer, MixerWithMatrices {
  enum Decay {
    /// A log-decay for each head, the same for every token.
    case fixed([Float])
    /// g = logsigmoid(W₁ W₀ x + b) / normalizer, per key channel.
    case projected(rank: Int, normalizer: Double)
  }

  private let heads: Int
  /// K and V: channels of a head's keys and values.
  private let keyWidth: Int, valueWidth: Int
  private let chunkLength: Int
  private let fixedDecay: [Float]
  private let normalizer: Double
  /// Rotates queries and keys by their position; nil if they are not rotated.
  private let rotation: RotaryTable?
  private let qProj: Parameter, kProj: Parameter, vProj: Parameter
  private let gateProj: Parameter
  /// Linear maps, applied one after the other.
  private let decayProj: [Parameter]
  private let decayBias: Parameter?
  private let norm: Parameter
  private let outProj: Parameter

  init(
    heads: Int, keyWidth: Int, valueWidth: Int, decay: Decay, rotates: Bool, chunkLength: Int,
    _ context: LayerContext, in layout: ParameterLayout
  ) {
    let (d, keys, values) = (context.modelDimension, heads * keyWidth, heads * valueWidth)
    (self.heads, self.keyWidth, self.valueWidth) = (heads, keyWidth, valueWidth)
    self.chunkLength = chunkLength
    rotation = rotates ? RotaryTable(length: context.maximumLength, width: keyWidth) : nil
    qProj = layout.addLinear("q_proj.weight", [keys, d], context)
    kProj = layout.addLinear("k_proj.weight", [keys, d], context)
    vProj = layout.addLinear("v_proj.weight", [values, d], context)
    gateProj = layout.addLinear("g_proj.weight", [values, d], context)
    switch decay {
    case .fixed(let g):
      (fixedDecay, normalizer, decayProj, decayBias) = (g, 1, [], nil)
    case .projected(let rank, let normalizer):
      fixedDecay = []
      self.normalizer = normalizer
      decayProj = [
        layout.addLinear("gk_proj.0.weight", [rank, d], context),
        layout.addLinear("gk_proj.1.weight", [keys, rank], context),
      ]
      decayBias = layout.add(context.prefix + "gk_proj.1.bias", [keys], .zeros)
    }
    norm = layout.add(context.prefix + "g_norm_swish_gate.weight", [valueWidth], .ones)
    outProj = layout.addLinear("o_proj.weight", [d, values], context)
  }

  /// The factor on queries.
  private var scale: Double { 1 / Double(keyWidth).squareRoot() }

  func callAsFunction(_ x: Tensor, rows: PositionSelection?, on tape: Tape) -> Tensor {
    // The gate comes first. In the backward pass, the rest then assigns the gradient of the input, and the few rows
    // of the gate are added to it.
    let gate = tape.linear(rows.map { tape.gather($0, of: x) } ?? x, weight: gateProj)
    func project(_ weight: Parameter) -> Tensor {
      let projected = tape.linear(x, weight: weight)
      return rotation.map { tape.rotary(projected, $0) } ?? projected
    }
    let decay: LogDecay =
      decayProj.isEmpty
      ? .fixed(fixedDecay)
      : .perChannel(
        tape.activation(
          .logSigmoid, of: tape.linear(x, through: decayProj, bias: decayBias),
          scale: Float(1 / normalizer)))
    let o = tape.linearAttention(
      project(qProj), project(kProj), tape.linear(x, weight: vProj), heads: heads, decay: decay,
      scale: Float(scale), chunkLength: chunkLength)
    let normed = tape.rmsNormGate(
      rows.map { tape.gather($0, of: o) } ?? o, gate: gate, weight: norm)
    return tape.linear(normed, weight: outProj)
  }

  // MARK: - Counting

  private var recurrentWeights: Int {
    ([qProj, kProj, vProj] + decayProj).reduce(0) { $0 + $1.count }
  }
  private var stateSize: Int { heads * keyWidth * valueWidth }

  /// The gate and the output projection run for the wanted outputs only, all else for all tokens. Each chunk takes
  /// the causal halves of Q Kᵀ and of its product with V. Across chunks, q reads the state, and k writes it.
  func multiplyAdds(length: Int, outputs: OutputPositions) -> Int {
    length * recurrentWeights + outputs.count * (gateProj.count + outProj.count)
      + ChunkedArithmetic(
        perPair: heads * (keyWidth + valueWidth), perRead: stateSize, perWrite: stateSize
      ).multiplyAdds(length: length, chunk: chunkLength)
  }

  /// The tape keeps the results of projections and rotations, the log-decays and the recurrence's result with their
  /// gradients; of each chunk it keeps Q Kᵀ and the state at its start, and with one decay per head six numbers a token.
  func trainingFloats(length: Int, outputs: Int) -> Double {
    let (keys, values) = (qProj.shape[0], vProj.shape[0])
    let decays = decayProj.isEmpty ? 0 : 2 * keys + decayProj[0].shape[0]
    let widths = (rotation == nil ? 2 : 4) * keys + 2 * values + decays
    let chunk = min(chunkLength, length)
    let tables = decayProj.isEmpty ? 6 : 0
    return Double(length) * Double(2 * widths + heads * (chunk + tables))
      + Double((length - 1) / chunk) * Double(stateSize)
      + Double(outputs) * Double(2 * (2 * values + outProj.shape[0]))
  }

  /// Each weight is used once. A state scalar takes three multiply-adds: decay, input and output.
  func stepMultiplyAdds(leaving sizes: [StatePart: Int]) -> Int {
    recurrentWeights + gateProj.count + outProj.count + 3 * sizes[.recurrence]!
  }

  // MARK: - The recurrence

  var initialSizes: KeyValuePairs<StatePart, Int> {
    // [heads, K, V]
    rotation == nil ? [.recurrence: stateSize] : [.recurrence: stateSize, .position: 1]
  }

  /// What a token reads and writes with, and its log-decay.
  private func operands(
    _ x: [Double], state: inout MixerState, weights: ReferenceWeights
  ) -> (q: [Double], k: [Double], g: [Double]) {
    var (q, k) = (weights.linear(x, qProj), weights.linear(x, kProj))
    if rotation != nil {
      let position = Int(state[.position][0])
      q = TokenStep.rotary(q, position: position, width: keyWidth)
      k = TokenStep.rotary(k, position: position, width: keyWidth)
      state[.position][0] += 1
    }
    let g =
      decayProj.isEmpty
      ? fixedDecay.map(Double.init)
      : TokenStep.activation(
        .logSigmoid, of: weights.linear(x, through: decayProj, bias: decayBias)
      ).map { $0 / normalizer }
    return (q, k, g)
  }

  func step(_ x: [Double], state: inout MixerState, weights: ReferenceWeights) -> [Double] {
    let (q, k, g) = operands(x, state: &state, weights: weights)
    let o = TokenStep.linearAttention(
      q, k, weights.linear(x, vProj), heads: heads, logDecay: g, scale: scale,
      state: &state[.recurrence])
    let normed = TokenStep.rmsNormGate(
      o, gate: weights.linear(x, gateProj), weight: weights(norm))
    return weights.linear(normed, outProj)
  }

  func mixingMatrices(_ x: [[Double]], weights: ReferenceWeights) -> MixingMatrices {
    var state = initialState()
    let tokens = x.map { operands($0, state: &state, weights: weights) }
    return .ofSteps(count: heads, width: vProj.shape[0] / heads, length: x.count) { _ in
      [Double](repeating: 0, count: keyWidth * x.count)
    } step: { head, token, values, state in
      let (q, k, g) = tokens[token]
      let channels = head * keyWidth..<(head + 1) * keyWidth
      return TokenStep.linearAttention(
        Array(q[channels]), Array(k[channels]), values, heads: 1,
        logDecay: g.count == heads ? [g[head]] : Array(g[channels]), scale: scale, state: &state)
    }
  }
}
