import Autodiff
import Foundation
import Support

/// Mamba's selective state-space mixer (S6): Gu and Dao, "Mamba: Linear-Time Sequence Modeling with
/// Selective State Spaces", 2023, algorithm 2 and section 3.4.
public struct Mamba: MixerConfiguration {
  public static let kind = "mamba"
  public static let name = "Mamba"
  public static let block = BlockKind.stateSpace

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
      try SettingsError.require(key, value, in: 1...ModelConfiguration.largestDimension)
    }
  }

  public func mixer(_ place: MixerPlace, in layout: ParameterLayout) -> any SequenceMixer {
    MambaMixer(self, place, in: layout)
  }
}

struct MambaMixer: SequenceMixer {
  let inner: Int
  /// R: width of the time step's low-rank projection.
  let rank: Int
  let states: Int
  let input: Parameter
  let convolution: Parameter
  let convolutionBias: Parameter
  let selection: Parameter
  let timeStep: Parameter
  let timeStepBias: Parameter
  let decay: Parameter
  let skip: Parameter
  let output: Parameter

  init(_ settings: Mamba, _ place: MixerPlace, in layout: ParameterLayout) {
    let (d, prefix) = (place.modelDimension, place.prefix)
    inner = settings.expand * d
    rank = (d + 15) / 16
    states = settings.stateDimension
    input = layout.addLinear(prefix + "in_proj.weight", [2 * inner, d])
    (convolution, convolutionBias) = layout.addShortConvolution(prefix + "conv1d", channels: inner)
    selection = layout.addLinear(prefix + "x_proj.weight", [rank + 2 * states, inner])
    timeStep = layout.add(
      prefix + "dt_proj.weight", [inner, rank], .uniform(bound: 1 / Double(rank).squareRoot()),
      isMatrix: true)
    timeStepBias = layout.add(prefix + "dt_proj.bias", [inner], .timeStepBias)
    decay = layout.add(prefix + "A_log", [inner, states], .logarithmsOfRange)
    skip = layout.add(prefix + "D", [inner], .ones)
    output = layout.addLinear(
      prefix + "out_proj.weight", [d, inner], dividedByRootOf: place.layers)
  }

  func callAsFunction(_ u: Tensor, rows: PositionSelection?, on tape: Tape) -> Tensor {
    let projected = tape.linear(u, weight: input)  // [batch, time, 2·inner]: x, z
    let x = tape.causalConvolution(
      tape.slice(0..<inner, of: projected), weight: convolution, bias: convolutionBias)
    let selected = tape.linear(x, weight: selection)  // [batch, time, R + 2N]: dt, B, C
    let dt = tape.linear(
      tape.slice(0..<rank, of: selected), weight: timeStep, bias: timeStepBias)
    let y = tape.selectiveScan(
      x, dt: dt, B: tape.slice(rank..<(rank + states), of: selected),
      C: tape.slice((rank + states)..<(rank + 2 * states), of: selected),
      gate: tape.slice(inner..<(2 * inner), of: projected), aLog: decay, D: skip)
    return tape.linear(rows.map { tape.gather($0, of: y) } ?? y, weight: output)
  }

  /// Projections and convolution, of which the output's is for outputs alone; the recurrence is three
  /// multiply-adds for each state scalar: decay and input of h, and its product with C.
  func multiplyAdds(length: Int, outputs: OutputPositions) -> Int {
    let weights = [input, convolution, selection, timeStep].reduce(0) { $0 + $1.count }
    return length * (weights + 3 * inner * states) + outputs.count * output.count
  }

  /// Every projection's and the convolution's result, the recurrence's; its state at every 32nd token.
  func trainingFloats(length: Int, outputs: Int) -> Double {
    let widths = 2 * inner + inner + selection.shape[0] + inner + inner
    return Double(length) * Double(2 * widths) + Double(outputs) * Double(2 * output.shape[0])
      + Double((length + 31) / 32) * Double(inner * states)
  }

  /// The weights once; decay, input and output for each state scalar.
  func stepMultiplyAdds(leaving state: MixerState) -> Int {
    let weights = [input, convolution, selection, timeStep, output].reduce(0) { $0 + $1.count }
    return weights + 3 * state.stateSpace.count
  }

  func initialState() -> MixerState {
    var state = MixerState()
    state.stateSpace = [Double](repeating: 0, count: inner * states)  // [inner, N]
    state.convolution = [Double](repeating: 0, count: (shortConvolutionWidth - 1) * inner)
    return state
  }

  /// h ← exp(dt A) ⊙ h + (dt x) Bᵀ;  y = (h C + D x) ⊙ SiLU(z).
  func step(_ u: [Double], state: inout MixerState, weights: Weights) -> [Double] {
    let projected = weights.linear(u, input)
    let x = weights.convolution(
      Array(projected[..<inner]), convolution, convolutionBias, tail: &state.convolution)
    let selected = weights.linear(x, selection)
    let dt = weights.linear(Array(selected[..<rank]), timeStep, timeStepBias).map(softplus)
    let (aLog, d) = (Array(weights(decay)), Array(weights(skip)))
    var y = [Double](repeating: 0, count: inner)
    for channel in 0..<inner {
      for n in 0..<states {
        let index = channel * states + n
        let carried = exp(-dt[channel] * exp(aLog[index])) * state.stateSpace[index]
        state.stateSpace[index] = carried + dt[channel] * x[channel] * selected[rank + n]
        y[channel] += state.stateSpace[index] * selected[rank + states + n]
      }
      y[channel] = (y[channel] + d[channel] * x[channel]) * silu(projected[inner + channel])
    }
    return weights.linear(y, output)
  }
}
