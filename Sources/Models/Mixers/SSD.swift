import Autodiff
import Support

/// Mamba-2's mixer: Dao and Gu, "Transformers are SSMs: Generalized Models and Efficient Algorithms
/// Through Structured State Space Duality", 2024, section 7 and listing 1.
public struct SSD: MixerSettings {
  public static let kind = "ssd"
  public static let name = "SSD"
  public static let modelDefaults = ModelDefaults(block: .preNorm)
  public static let stateKey: String? = "d_state"

  /// N: state scalars per inner channel.
  public var stateDimension = 64
  /// Inner channels per model channel.
  public var expand = 2
  /// P: inner channels per head; a head has one decay rate.
  public var headDimension = 64
  /// Heads of a group share B and C.
  public var groups = 1
  /// Tokens per chunk of the dual form; changes speed and rounding, not the result.
  public var chunkLength = 64

  public init() {}

  public static let keys: [SettingKey<SSD>] = [
    .stateDimension(\.stateDimension), .expand(\.expand),
    .innerHeadDimension(\.headDimension), .groups(\.groups),
    .chunkLength(\.chunkLength, atMost: ModelShape.largestDimension),
  ]

  public func validate(modelDimension: Int) throws(SettingsError) {
    let heads = try SettingsError.heads(
      of: headDimension, standard: SSD().headDimension, expand: expand,
      modelDimension: modelDimension)
    try SettingsError.checkGroups(groups, ofHeads: heads)
  }

  /// zoology counts 2 d N scalars for any `expand`.
  public func publishedScalars(of state: [StatePart: Int], modelDimension: Int) -> Double {
    Double(2 * modelDimension * stateDimension)
  }

  public func keyDimensions(modelDimension: Int, length: Int) -> Int? {
    groups * stateDimension
  }

  public func mixer(_ context: LayerContext, in layout: ParameterLayout) -> any SequenceMixer {
    SSDMixer(self, context, in: layout)
  }
}

struct SSDMixer: RecurrentMixer, MixerWithMatrices {
  let settings: SSD
  let innerDimension: Int
  let heads: Int
  /// Channels of x, B and C together, which pass through the convolution.
  let convolved: Int
  let inProj: Parameter
  /// The rows of `inProj` for the gate z.
  let gateProj: Parameter
  let restProj: Parameter
  let convolution: Parameter
  let convolutionBias: Parameter
  let dtBias: Parameter
  let aLog: Parameter
  // swift-format-ignore: AlwaysUseLowerCamelCase
  let D: Parameter
  let norm: Parameter
  let outProj: Parameter

  init(_ settings: SSD, _ context: LayerContext, in layout: ParameterLayout) {
    let (d, prefix) = (context.modelDimension, context.prefix)
    self.settings = settings
    innerDimension = settings.expand * d
    heads = innerDimension / settings.headDimension
    convolved = innerDimension + 2 * settings.groups * settings.stateDimension
    inProj = layout.addLinear("in_proj.weight", [innerDimension + convolved + heads, d], context)
    gateProj = inProj.rows(0..<innerDimension)
    restProj = inProj.rows(innerDimension..<inProj.shape[0])
    (convolution, convolutionBias) = layout.addShortConvolution(
      prefix + "conv1d", channels: convolved)
    dtBias = layout.add(prefix + "dt_bias", [heads], .dtBias)
    aLog = layout.add(prefix + "A_log", [heads], .logarithmOfUniform(low: 1, high: 16))
    D = layout.add(prefix + "D", [heads], .ones)
    norm = layout.add(prefix + "norm.weight", [innerDimension], .ones)
    outProj = layout.addLinear("out_proj.weight", [d, innerDimension], context, isOutput: true)
  }

  /// Columns of x, B and C within the convolved channels.
  private var columns: (x: Range<Int>, b: Range<Int>, c: Range<Int>) {
    let width = settings.groups * settings.stateDimension
    return (
      0..<innerDimension, innerDimension..<(innerDimension + width),
      (innerDimension + width)..<(innerDimension + 2 * width)
    )
  }

  func callAsFunction(_ u: Tensor, rows: PositionSelection?, on tape: Tape) -> Tensor {
    let (y, gate): (Tensor, Tensor)
    if let rows {
      // The gate comes first. In the backward pass, the rest then assigns the gradient of u, and the few rows of the
      // gate are added to it.
      gate = tape.linear(tape.gather(rows, of: u), weight: gateProj)
      let projected = tape.linear(u, weight: restProj)  // (x, B, C), dt
      y = tape.gather(rows, of: recur(projected, from: 0, on: tape))
    } else {
      let projected = tape.linear(u, weight: inProj)  // z, (x, B, C), dt
      gate = tape.slice(0..<innerDimension, of: projected)
      y = recur(projected, from: innerDimension, on: tape)
    }
    let gated = tape.gatedRMSNorm(y, gate: gate, weight: norm, groups: settings.groups)
    return tape.linear(gated, weight: outProj)
  }

  /// The columns of `projected` from `first` on are (x, B, C), dt → y [batch, length, innerDimension].
  private func recur(_ projected: Tensor, from first: Int, on tape: Tape) -> Tensor {
    let mixed = tape.causalConvolution(
      tape.slice(first..<(first + convolved), of: projected), weight: convolution,
      bias: convolutionBias)
    return tape.ssd(
      tape.slice(columns.x, of: mixed),
      dt: tape.slice((first + convolved)..<(first + convolved + heads), of: projected),
      B: tape.slice(columns.b, of: mixed), C: tape.slice(columns.c, of: mixed), aLog: aLog,
      D: D, dtBias: dtBias, headDimension: settings.headDimension,
      groups: settings.groups, chunkLength: settings.chunkLength)
  }

  /// The gate and the output projection run for the wanted outputs only. Each chunk takes the causal half of C Bᵀ
  /// (for each group) and of its product with X. Every chunk but the first reads the state (C · state), and every
  /// chunk but the last writes it (B ⊗ X).
  func multiplyAdds(length: Int, outputs: OutputPositions) -> Int {
    let weights = restProj.count + convolution.count
    let chunk = settings.chunkLength
    var recurrence = 0
    for start in stride(from: 0, to: length, by: chunk) {
      let tokens = min(chunk, length - start)
      let pairs = tokens * (tokens + 1) / 2
      recurrence += pairs * (settings.groups * settings.stateDimension + innerDimension)
      let crossing = tokens * settings.stateDimension * innerDimension
      recurrence += (start > 0 ? crossing : 0) + (start + chunk < length ? crossing : 0)
    }
    return length * weights + outputs.count * (gateProj.count + outProj.count) + recurrence
  }

  /// The tape keeps the results of every projection and of the convolution, and y with and without gate, all with
  /// their gradients; of each chunk it keeps C Bᵀ and the state at its start.
  func trainingFloats(length: Int, outputs: Int) -> Double {
    let widths = restProj.shape[0] + convolved + innerDimension
    let outputWidths = innerDimension + innerDimension + outProj.shape[0]
    let chunk = min(settings.chunkLength, length)
    let states = Double((length - 1) / chunk) * Double(innerDimension * settings.stateDimension)
    return Double(length) * (Double(2 * widths) + Double(settings.groups * chunk)) + states
      + Double(outputs) * Double(2 * outputWidths)
  }

  /// Each weight is used once. A state scalar takes three multiply-adds: decay, input and output.
  func stepMultiplyAdds(leaving sizes: [StatePart: Int]) -> Int {
    let weights = [inProj, convolution, outProj].reduce(0) { $0 + $1.count }
    return weights + 3 * sizes[.recurrence]!
  }

  var initialSizes: KeyValuePairs<StatePart, Int> {
    [
      .recurrence: innerDimension * settings.stateDimension,  // [innerDimension, N]
      .convolution: (shortConvolutionWidth - 1) * convolved,
    ]
  }

  /// D is on the diagonal.
  func mixingMatrices(_ u: [[Double]], weights: ReferenceWeights) -> MixingMatrices {
    var inputs = initialState()[.convolution]
    let tokens = u.map { u in
      let projected = weights.linear(u, inProj)
      let mixed = weights.convolution(
        Array(projected[innerDimension..<(innerDimension + convolved)]), convolution,
        convolutionBias, inputs: &inputs)
      return (mixed: mixed, dt: Array(projected[(innerDimension + convolved)...]))
    }
    let (states, perGroup) = (settings.stateDimension, heads / settings.groups)
    return .ofSteps(count: heads, width: settings.headDimension, length: u.count) { _ in
      [Double](repeating: 0, count: u.count * states)
    } step: { head, token, values, state in
      let (mixed, dt) = tokens[token]
      func group(_ columns: Range<Int>) -> [Double] {
        Array(mixed[columns].dropFirst(head / perGroup * states).prefix(states))
      }
      return TokenStep.ssd(
        values, dt: [dt[head]], B: group(columns.b), C: group(columns.c),
        aLog: [weights(aLog)[head]], D: [weights(D)[head]], dtBias: [weights(dtBias)[head]],
        groups: 1, state: &state)
    }
  }

  /// Per head: h ← exp(dt A) h + dt x Bᵀ;  y = h C + D x;  out = W RMSNorm(y ⊙ SiLU(z)).
  func step(_ u: [Double], state: inout MixerState, weights: ReferenceWeights) -> [Double] {
    let projected = weights.linear(u, inProj)
    let mixed = weights.convolution(
      Array(projected[innerDimension..<(innerDimension + convolved)]), convolution, convolutionBias,
      inputs: &state[.convolution])
    let y = TokenStep.ssd(
      Array(mixed[columns.x]), dt: Array(projected[(innerDimension + convolved)...]),
      B: Array(mixed[columns.b]), C: Array(mixed[columns.c]), aLog: weights(aLog), D: weights(D),
      dtBias: weights(dtBias), groups: settings.groups, state: &state[.recurrence])
    let gated = TokenStep.gatedRMSNorm(
      y, gate: Array(projected[..<innerDimension]), weight: weights(norm), groups: settings.groups)
    return weights.linear(gated, outProj)
  }
}
