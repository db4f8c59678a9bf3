import Autodiff
import Foundation
import Support

/// Mamba's selective state-space mixer (S6): Gu and Dao, "Mamba: Linear-Time Sequence Modeling with
/// Selective State Spaces", 2023, algorithm 2 and section 3.4.
public struct Mamba: MixerSettings {
  public static let kind = "mamba"
  public static let name = "Mamba"
  public static let modelDefaults = ModelDefaults(block: .preNorm)
  public static let stateKey: String? = "d_state"

  /// N: state scalars per inner channel.
  public var stateDimension = 16
  /// Inner channels per model channel.
  public var expand = 2

  public init() {}

  enum CodingKeys: String, CodingKey {
    case stateDimension = "d_state"
    case expand
  }

  public func validate(modelDimension: Int) throws(SettingsError) {
    for (key, value) in [("d_state", stateDimension), ("expand", expand)] {
      try SettingsError.require(key, value, in: 1...ModelShape.largestDimension)
    }
  }

  public func mixer(_ context: LayerContext, in layout: ParameterLayout) -> any SequenceMixer {
    MambaMixer(self, context, in: layout)
  }
}

struct MambaMixer: RecurrentMixer {
  let inner: Int
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
  let skipD: Parameter
  let outProj: Parameter

  init(_ settings: Mamba, _ context: LayerContext, in layout: ParameterLayout) {
    let (d, prefix) = (context.modelDimension, context.prefix)
    inner = settings.expand * d
    rank = (d + 15) / 16
    states = settings.stateDimension
    inProj = layout.addLinear("in_proj.weight", [2 * inner, d], context)
    (convolution, convolutionBias) = layout.addShortConvolution(prefix + "conv1d", channels: inner)
    xProj = layout.addLinear("x_proj.weight", [rank + 2 * states, inner], context)
    dtProj = layout.add(
      prefix + "dt_proj.weight", [inner, rank],
      context.linearStart(.uniform(bound: 1 / Double(rank).squareRoot())), isMatrix: true)
    dtBias = layout.add(prefix + "dt_proj.bias", [inner], .timeStepBias)
    aLog = layout.add(prefix + "A_log", [inner, states], .logarithmsOfRange)
    skipD = layout.add(prefix + "D", [inner], .ones)
    outProj = layout.addLinear("out_proj.weight", [d, inner], context, isOutput: true)
  }

  func callAsFunction(_ u: Tensor, rows: RowSelection?, on tape: Tape) -> Tensor {
    let projected = tape.linear(u, weight: inProj)  // [batch, time, 2·inner]: x, z
    let x = tape.causalConvolution(
      tape.columns(0..<inner, of: projected), weight: convolution, bias: convolutionBias)
    let selected = tape.linear(x, weight: xProj)  // [batch, time, R + 2N]: dt, B, C
    let dt = tape.linear(tape.columns(0..<rank, of: selected), weight: dtProj, bias: dtBias)
    let y = tape.selectiveScan(
      x, timeStep: dt, B: tape.columns(rank..<(rank + states), of: selected),
      C: tape.columns((rank + states)..<(rank + 2 * states), of: selected),
      gate: tape.columns(inner..<(2 * inner), of: projected), decay: aLog, skip: skipD)
    return tape.linear(rows.map { tape.gather($0, of: y) } ?? y, weight: outProj)
  }

  /// Projections and convolution, of which the output's is for outputs alone; the recurrence is three
  /// multiply-adds for each state scalar: decay and input of h, and its product with C.
  func multiplyAdds(length: Int, outputs: OutputPositions) -> Int {
    let weights = [inProj, convolution, xProj, dtProj].reduce(0) { $0 + $1.count }
    return length * (weights + 3 * inner * states) + outputs.count * outProj.count
  }

  /// Every projection's and the convolution's result, the recurrence's; its state at every 32nd token.
  func trainingFloats(length: Int, outputs: Int) -> Double {
    let widths = 2 * inner + inner + xProj.shape[0] + inner + inner
    return Double(length) * Double(2 * widths) + Double(outputs) * Double(2 * outProj.shape[0])
      + Double((length + 31) / 32) * Double(inner * states)
  }

  /// The weights once; decay, input and output for each state scalar.
  func stepMultiplyAdds(leaving sizes: [StatePart: Int]) -> Int {
    let weights = [inProj, convolution, xProj, dtProj, outProj].reduce(0) { $0 + $1.count }
    return weights + 3 * sizes[.recurrence]!
  }

  func initialState() -> MixerState {
    MixerState([
      .recurrence: [Double](repeating: 0, count: inner * states),  // [inner, N]
      .convolution: [Double](repeating: 0, count: (shortConvolutionWidth - 1) * inner),
    ])
  }

  /// h ← exp(dt A) ⊙ h + (dt x) Bᵀ;  y = (h C + D x) ⊙ SiLU(z).
  func step(_ u: [Double], state: inout MixerState, weights: ReferenceWeights) -> [Double] {
    let projected = weights.linear(u, inProj)
    let x = weights.convolution(
      Array(projected[..<inner]), convolution, convolutionBias, tail: &state[.convolution])
    let selected = weights.linear(x, xProj)
    let dt = weights.linear(Array(selected[..<rank]), dtProj, dtBias).map(softplus)
    let (aLog, d) = (Array(weights(self.aLog)), Array(weights(skipD)))
    var h = state[.recurrence]
    var y = [Double](repeating: 0, count: inner)
    for channel in 0..<inner {
      for n in 0..<states {
        let index = channel * states + n
        let carried = exp(-dt[channel] * exp(aLog[index])) * h[index]
        h[index] = carried + dt[channel] * x[channel] * selected[rank + n]
        y[channel] += h[index] * selected[rank + states + n]
      }
      y[channel] = (y[channel] + d[channel] * x[channel]) * silu(projected[inner + channel])
    }
    state[.recurrence] = h
    return weights.linear(y, outProj)
  }
}
