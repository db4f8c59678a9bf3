import Autodiff
import Foundation
import Support

/// Mamba's selective state-space mixer (S6): Gu and Dao, "Mamba: Linear-Time Sequence Modeling with
/// Selective State Spaces", 2023, algorithm 2 and section 3.4.
public struct Mamba: MixerSettings {
  public static let kind = "mamba"
  public static let name = "Mamba"
  public static let modelDefaults = ModelDefaults(block: .preNorm)
  public static let recipe = MixerRecipe(training: ["lr": 3e-2])
  public static let stateKey: String? = "d_state"

  /// N: state scalars per inner channel.
  public var stateDimension = 16
  /// Inner channels per model channel.
  public var expand = 2

  public init() {}

  public static let keys: [SettingKey<Mamba>] = [
    .stateDimension(\.stateDimension), .expand(\.expand),
  ]

  /// zoology counts 2 d N scalars for any `expand`.
  public func publishedScalars(of state: [StatePart: Int], modelDimension: Int) -> Double {
    Double(2 * modelDimension * stateDimension)
  }

  public func keyDimensions(modelDimension: Int, length: Int) -> Int? {
    stateDimension
  }

  public func mixer(_ context: LayerContext, in layout: ParameterLayout) -> any SequenceMixer {
    MambaMixer(self, context, in: layout)
  }
}

struct MambaMixer: RecurrentMixer, MixerWithMatrices {
  let innerDimension: Int
  /// R: width of the time step's low-rank projection.
  let rank: Int
  let states: Int
  let inProj: Parameter
  let convolution: Parameter
  let convolutionBias: Parameter
  let xProj: Parameter
  let dtProj: Parameter
  let dtBias: Parameter
  let aLog: Parameter
  // swift-format-ignore: AlwaysUseLowerCamelCase
  let D: Parameter
  let outProj: Parameter

  init(_ settings: Mamba, _ context: LayerContext, in layout: ParameterLayout) {
    let (d, prefix) = (context.modelDimension, context.prefix)
    innerDimension = settings.expand * d
    rank = (d + 15) / 16
    states = settings.stateDimension
    inProj = layout.addLinear("in_proj.weight", [2 * innerDimension, d], context)
    (convolution, convolutionBias) = layout.addShortConvolution(
      prefix + "conv1d", channels: innerDimension)
    xProj = layout.addLinear("x_proj.weight", [rank + 2 * states, innerDimension], context)
    dtProj = layout.add(
      prefix + "dt_proj.weight", [innerDimension, rank],
      context.linearStart(.uniform(bound: 1 / Double(rank).squareRoot())), isMatrix: true)
    dtBias = layout.add(prefix + "dt_proj.bias", [innerDimension], .dtBias)
    aLog = layout.add(prefix + "A_log", [innerDimension, states], .logarithmsOfRange)
    D = layout.add(prefix + "D", [innerDimension], .ones)
    outProj = layout.addLinear("out_proj.weight", [d, innerDimension], context, isOutput: true)
  }

  func callAsFunction(_ u: Tensor, rows: PositionSelection?, on tape: Tape) -> Tensor {
    let projected = tape.linear(u, weight: inProj)  // [batch, length, 2 innerDimension]: x, z
    let x = tape.causalConvolution(
      tape.slice(0..<innerDimension, of: projected), weight: convolution, bias: convolutionBias)
    let selected = tape.linear(x, weight: xProj)  // [batch, length, R + 2N]: dt, B, C
    let dt = tape.linear(tape.slice(0..<rank, of: selected), weight: dtProj, bias: dtBias)
    let y = tape.selectiveScan(
      x, dt: dt, B: tape.slice(rank..<(rank + states), of: selected),
      C: tape.slice((rank + states)..<(rank + 2 * states), of: selected),
      gate: tape.slice(innerDimension..<(2 * innerDimension), of: projected), aLog: aLog, D: D)
    return tape.linear(rows.map { tape.gather($0, of: y) } ?? y, weight: outProj)
  }

  /// The output projection runs for the wanted outputs only. The recurrence takes three multiply-adds for each state
  /// scalar and token: decay of h, input to h, and product with C.
  func multiplyAdds(length: Int, outputs: OutputPositions) -> Int {
    let weights = [inProj, convolution, xProj, dtProj].reduce(0) { $0 + $1.count }
    return length * (weights + 3 * innerDimension * states) + outputs.count * outProj.count
  }

  /// The tape keeps the results of every projection, of the convolution and of the recurrence with their gradients,
  /// and the state at every 32nd token.
  func trainingFloats(length: Int, outputs: Int) -> Double {
    let widths =
      2 * innerDimension + innerDimension + xProj.shape[0] + innerDimension + innerDimension
    return Double(length) * Double(2 * widths) + Double(outputs) * Double(2 * outProj.shape[0])
      + Double((length + 31) / 32) * Double(innerDimension * states)
  }

  /// Each weight is used once. A state scalar takes three multiply-adds: decay, input and output.
  func stepMultiplyAdds(leaving sizes: [StatePart: Int]) -> Int {
    let weights = [inProj, convolution, xProj, dtProj, outProj].reduce(0) { $0 + $1.count }
    return weights + 3 * sizes[.recurrence]!
  }

  var initialSizes: KeyValuePairs<StatePart, Int> {
    [
      .recurrence: innerDimension * states,  // [innerDimension, N]
      .convolution: (shortConvolutionWidth - 1) * innerDimension,
    ]
  }

  /// A token's channels after the convolution, dt [inner channels], B and C [N].
  private func operands(
    _ projected: [Double], inputs: inout [Double], weights: ReferenceWeights
  ) -> (x: [Double], dt: [Double], b: [Double], c: [Double]) {
    let x = weights.convolution(
      Array(projected[..<innerDimension]), convolution, convolutionBias, inputs: &inputs)
    let selected = weights.linear(x, xProj)
    return (
      x, weights.linear(Array(selected[..<rank]), dtProj, dtBias),
      Array(selected[rank..<(rank + states)]), Array(selected[(rank + states)...])
    )
  }

  /// Before the gate, with D on the diagonal: M_ts = Σ_n C_tn exp(A_n Σ_{s<j≤t} Δ_j) B_sn Δ_s for each channel.
  func mixingMatrices(_ u: [[Double]], weights: ReferenceWeights) -> MixingMatrices {
    var inputs = initialState()[.convolution]
    let tokens = u.map { operands(weights.linear($0, inProj), inputs: &inputs, weights: weights) }
    let length = u.count
    let (aLog, direct) = (weights(aLog), weights(D))
    return .ofSteps(of: .channel, count: innerDimension, width: 1, length: length) { _ in
      [Double](repeating: 0, count: length * states)
    } step: { channel, token, values, state in
      let operands = tokens[token]
      return TokenStep.selectiveScan(
        channel: values, dt: operands.dt[channel], B: operands.b, C: operands.c,
        aLog: aLog[channel * states..<(channel + 1) * states], D: direct[channel], state: &state)
    }
  }

  /// h ← exp(dt A) ⊙ h + (dt x) Bᵀ;  y = (h C + D x) ⊙ SiLU(z).
  func step(_ u: [Double], state: inout MixerState, weights: ReferenceWeights) -> [Double] {
    let projected = weights.linear(u, inProj)
    let (x, dt, b, c) = operands(projected, inputs: &state[.convolution], weights: weights)
    let y = TokenStep.selectiveScan(
      x, dt: dt, B: b, C: c,
      gate: Array(projected[innerDimension...]), aLog: weights(aLog), D: weights(D),
      state: &state[.recurrence])
    return weights.linear(y, outProj)
  }
}
