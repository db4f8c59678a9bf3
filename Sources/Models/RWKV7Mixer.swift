import Autodiff
import Foundation

/// The layer that `RWKV7` describes.
struct RWKV7Mixer: RecurrentMixer, MixerWithMatrices {
  private let heads: Int, width: Int
  private let chunkLength: Int
  /// Whether this layer gives its values to later ones.
  private let givesValues: Bool
  /// x_r, x_w, x_k, x_v, x_a, x_g: how much of the last token each input takes.
  private let shifts: [Parameter]
  private let rProj: Parameter, kProj: Parameter, vProj: Parameter, outProj: Parameter
  private let decay: LowRank, rate: LowRank, gate: LowRank
  /// nil in a layer that keeps its own values.
  private let valueMix: LowRank?
  private let removalWeight: Parameter  // k_k
  private let rateWeight: Parameter  // k_a
  private let bonusWeight: Parameter  // r_k [heads, N]
  private let normWeight: Parameter, normBias: Parameter

  init(_ settings: RWKV7, _ context: LayerContext, in layout: ParameterLayout) {
    let (d, prefix) = (context.modelDimension, context.prefix)
    let start = RWKV7Start(settings, context)
    width = settings.headDimension
    heads = d / width
    chunkLength = settings.chunkLength
    shifts = ["r", "w", "k", "v", "a", "g"].map { name in
      layout.add("\(prefix)x_\(name)", [1, 1, d], start.shift(name))
    }
    func matrix(_ name: String, _ own: Initializer) -> Parameter {
      layout.add(
        "\(prefix)\(name)_proj.weight", [d, d], start.matrix(own), isMatrix: true)
    }
    let bound = 0.5 / Double(d).squareRoot()
    rProj = matrix("r", .uniform(bound: bound))
    kProj = matrix("k", .uniform(bound: bound / 10))
    vProj = matrix("v", .uniform(bound: bound))
    outProj = matrix("o", .zeros)
    func lowRank(
      _ name: String, _ rank: Int, _ function: LowRank.Function = .identity, hasBias: Bool = true
    ) -> LowRank {
      let names = "\(prefix)\(name)_lora.lora."
      return LowRank(
        down: layout.add(names + "0.weight", [rank, d], start.matrix(.zeros), isMatrix: true),
        up: layout.add(
          names + "2.weight", [d, rank], start.matrix(.orthogonal(gain: 0.1)), isMatrix: true),
        bias: hasBias ? layout.add(names + "2.bias", [d], start.bias(name)) : nil,
        function: function)
    }
    decay = lowRank("w", settings.decayRank, .tanh)
    rate = lowRank("a", settings.rateRank)
    gate = lowRank("g", settings.gateRank, .sigmoid, hasBias: false)
    givesValues = settings.sharesValues && context.isFirstOfKind
    if settings.sharesValues && !context.isFirstOfKind {
      valueMix = lowRank("v", settings.valueRank)
    } else {
      // Public models have these in every layer but number 0.
      layout.ignore(prefix + "v_lora.")
      valueMix = nil
    }
    removalWeight = layout.add(prefix + "k_k", [d], start.removal)
    rateWeight = layout.add(prefix + "k_a", [d], start.rate)
    bonusWeight = layout.add(prefix + "r_k", [heads, width], start.bonus)
    normWeight = layout.add(prefix + "g_norm.weight", [d], .ones)
    normBias = layout.add(prefix + "g_norm.bias", [d], .zeros)
  }

  /// W₂ f(W₀ x) + b.
  struct LowRank {
    let down: Parameter, up: Parameter
    let bias: Parameter?
    let function: Function

    enum Function { case identity, tanh, sigmoid }

    var count: Int { down.count + up.count }
  }

  /// ε of the norm per head.
  private var epsilon: Double { Double(width) * 1e-5 }
  /// A log-decay is a sigmoid times this.
  private static let decayScale = -exp(-0.5)

  func callAsFunction(_ x: Tensor, rows: PositionSelection?, on tape: Tape) -> Tensor {
    var shared: Tensor?
    return self(x, shared: &shared, rows: rows, on: tape)
  }

  func callAsFunction(
    _ x: Tensor, shared: inout Tensor?, rows: PositionSelection?, on tape: Tape
  ) -> Tensor {
    let d = x.channels
    let shifted = tape.tokenShift(x, by: shifts)
    func input(_ index: Int) -> Tensor { tape.slice(index * d..<(index + 1) * d, of: shifted) }
    // What only some rows need comes first. In the backward pass, the rest then assigns the gradients, and these few
    // rows are added to them.
    func own(_ tensor: Tensor) -> Tensor { rows.map { tape.gather($0, of: tensor) } ?? tensor }
    let gate = tape.lowRank(own(input(5)), self.gate)
    let r = tape.linear(input(0), weight: rProj)
    let w = tape.activation(
      .sigmoid, of: tape.lowRank(input(1), decay), scale: Float(Self.decayScale))
    let plainKey = tape.linear(input(2), weight: kProj)
    let valueInput = input(3)
    var v = tape.linear(valueInput, weight: vProj)
    if givesValues { shared = v }
    if let valueMix, let first = shared {
      let weight = tape.activation(.sigmoid, of: tape.lowRank(valueInput, valueMix))
      v = tape.interpolate(v, first, by: weight)
    }
    let a = tape.activation(.sigmoid, of: tape.lowRank(input(4), rate))
    let removal = tape.unitNorm(
      plainKey, heads: heads, weight: removalWeight, guard: .floor(1e-12))
    let k = tape.interpolate(plainKey, tape.product(plainKey, a), by: rateWeight)
    let (ownR, ownK, ownV) = (own(r), own(k), own(v))
    let o = tape.diagonalPlusLowRank(
      r: r, logDecay: w, k: k, v: v, removal: removal, rate: a, heads: heads,
      chunkLength: chunkLength)
    let normed = tape.groupNorm(
      own(o), groups: heads, weight: normWeight, bias: normBias, epsilon: Float(epsilon))
    let y = tape.bonusGate(
      normed, r: ownR, k: ownK, v: ownV, gate: gate, weight: bonusWeight)
    return tape.linear(y, weight: outProj)
  }

  // MARK: - Counting

  private var recurrentWeights: Int {
    rProj.count + kProj.count + vProj.count + decay.count + rate.count + (valueMix?.count ?? 0)
  }
  private var channels: Int { outProj.shape[0] }

  /// The gate and the output projection run for the wanted outputs only. With A = r or κ and B = k or κ ⊙ a, each
  /// chunk takes the causal halves of the four products A Bᵀ, of three products of these with V or U, and of the
  /// triangular solve for U. r and κ read the state; k with V and κ ⊙ a with U write it.
  func multiplyAdds(length: Int, outputs: OutputPositions) -> Int {
    let crossing = 2 * channels * width
    return length * recurrentWeights + outputs.count * (gate.count + outProj.count)
      + ChunkedArithmetic(
        perPair: 4 * channels, perEarlierPair: 4 * channels, perRead: crossing, perWrite: crossing
      ).multiplyAdds(length: length, chunk: chunkLength)
  }

  /// The tape keeps the six inputs, r, w, k, v, the rates, the removals and the steps between them with their
  /// gradients; of each chunk it keeps the four products A Bᵀ, U and the state at its start.
  func trainingFloats(length: Int, outputs: Int) -> Double {
    let ranks = [decay, rate, valueMix].reduce(0) { $0 + 2 * ($1?.down.shape[0] ?? 0) }
    let widths = (valueMix == nil ? 17 : 20) * channels + ranks
    let chunk = min(chunkLength, length)
    return Double(length) * Double(2 * widths + 4 * heads * chunk + channels)
      + Double((length - 1) / chunk) * Double(channels * width)
      + Double(outputs) * Double(2 * (4 * channels + gate.down.shape[0]))
  }

  /// Each weight is used once. A state scalar takes five multiply-adds: it decays, κ reads it, what was read is
  /// removed, k writes it, and r reads it.
  func stepMultiplyAdds(leaving sizes: [StatePart: Int]) -> Int {
    recurrentWeights + gate.count + outProj.count + 5 * sizes[.recurrence]!
  }

  // MARK: - The recurrence

  var initialSizes: KeyValuePairs<StatePart, Int> {
    [
      .recurrence: channels * width,  // [heads, N, N]
      .shift: channels,
    ]
  }

  func step(_ x: [Double], state: inout MixerState, weights: ReferenceWeights) -> [Double] {
    var shared: [Double]?
    return step(x, shared: &shared, state: &state, weights: weights)
  }

  /// What the recurrence takes of a token besides its values.
  private struct TokenOperands: Sendable {
    let r: [Double], w: [Double], k: [Double], removal: [Double], a: [Double]
  }

  private func operands(_ inputs: [[Double]], weights: ReferenceWeights) -> TokenOperands {
    let plainKey = weights.linear(inputs[2], kProj)
    let a = weights.lowRank(inputs[4], rate).map(TokenStep.sigmoid)
    return TokenOperands(
      r: weights.linear(inputs[0], rProj),
      w: weights.lowRank(inputs[1], decay).map { Self.decayScale * TokenStep.sigmoid($0) },
      k: TokenStep.interpolate(plainKey, zip(plainKey, a).map(*), by: weights(rateWeight)),
      removal: TokenStep.unitNorm(
        plainKey, heads: heads, weight: weights(removalWeight), guard: .floor(1e-12)), a: a)
  }

  /// Before the norm, so without the bonus, which moves nothing from token to token.
  func mixingMatrices(_ x: [[Double]], weights: ReferenceWeights) -> MixingMatrices {
    var before = initialState()[.shift]
    let tokens = x.map { x in
      let shifted = TokenStep.tokenShift(
        x, by: shifts.map(weights.callAsFunction), before: &before)
      return operands(
        (0..<6).map { Array(shifted[$0 * x.count..<($0 + 1) * x.count]) }, weights: weights)
    }
    // A state has as many columns as a head has channels.
    let (width, length) = (width, x.count)
    return .ofSteps(count: heads, width: width, length: length) { _ in
      [[Double]](
        repeating: .init(repeating: 0, count: width * width), count: (length + width - 1) / width)
    } step: { head, token, values, states in
      let (token, channels) = (tokens[token], head * width..<(head + 1) * width)
      func own(_ x: [Double]) -> [Double] { Array(x[channels]) }
      let padded = values + [Double](repeating: 0, count: states.count * width - length)
      let rows = states.indices.flatMap { part in
        TokenStep.diagonalPlusLowRank(
          r: own(token.r), logDecay: own(token.w), k: own(token.k),
          v: Array(padded[part * width..<(part + 1) * width]), removal: own(token.removal),
          rate: own(token.a), heads: 1, state: &states[part])
      }
      return Array(rows[..<length])
    }
  }

  func step(
    _ x: [Double], shared: inout [Double]?, state: inout MixerState, weights: ReferenceWeights
  ) -> [Double] {
    let d = x.count
    let shifted = TokenStep.tokenShift(
      x, by: shifts.map(weights.callAsFunction), before: &state[.shift])
    let inputs = (0..<6).map { Array(shifted[$0 * d..<($0 + 1) * d]) }
    let token = operands(inputs, weights: weights)
    var v = weights.linear(inputs[3], vProj)
    if givesValues { shared = v }
    if let valueMix, let first = shared {
      v = TokenStep.interpolate(
        v, first, by: weights.lowRank(inputs[3], valueMix).map(TokenStep.sigmoid))
    }
    let o = TokenStep.diagonalPlusLowRank(
      r: token.r, logDecay: token.w, k: token.k, v: v, removal: token.removal, rate: token.a,
      heads: heads, state: &state[.recurrence])
    let normed = TokenStep.groupNorm(
      o, groups: heads, weight: weights(normWeight), bias: weights(normBias), epsilon: epsilon)
    let y = TokenStep.bonusGate(
      normed, r: token.r, k: token.k, v: v, gate: weights.lowRank(inputs[5], gate),
      weight: weights(bonusWeight), heads: heads)
    return weights.linear(y, outProj)
  }
}
