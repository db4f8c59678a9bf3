import Autodiff
import Foundation
import Support

/// Mamba-2's mixer: Dao and Gu, "Transformers are SSMs: Generalized Models and Efficient Algorithms
/// Through Structured State Space Duality", 2024, section 7 and listing 1.
public struct SSD: MixerConfiguration {
  public static let kind = "ssd"
  public static let name = "SSD"
  public static let block = BlockKind.stateSpace

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

  enum CodingKeys: String, CodingKey {
    case stateDimension = "d_state"
    case expand
    case headDimension = "headdim"
    case groups = "ngroups"
    case chunkLength = "chunk_length"
  }

  public func validate(modelDimension: Int) throws(SettingsError) {
    for (key, value) in [
      ("d_state", stateDimension), ("expand", expand), ("headdim", headDimension),
      ("ngroups", groups), ("chunk_length", chunkLength),
    ] {
      try SettingsError.require(key, value, in: 1...ModelConfiguration.largestDimension)
    }
    let inner = expand * modelDimension
    guard inner % headDimension == 0 else {
      // Who left headdim as it is chose d_model.
      guard headDimension == SSD().headDimension else {
        throw SettingsError(
          "headdim", headDimension, allowed: "divisors of expand · d_model = \(inner)")
      }
      let fitting = (1...headDimension).first { expand * $0 % headDimension == 0 }!
      throw SettingsError(
        "d_model", modelDimension,
        allowed:
          "multiples of \(fitting), as headdim = \(headDimension) must divide expand · d_model")
    }
    guard (inner / headDimension) % groups == 0 else {
      throw SettingsError(
        "ngroups", groups, allowed: "divisors of the number of heads = \(inner / headDimension)")
    }
  }

  public func mixer(_ place: MixerPlace, in layout: ParameterLayout) -> any SequenceMixer {
    SSDMixer(self, place, in: layout)
  }
}

struct SSDMixer: SequenceMixer {
  let settings: SSD
  let inner: Int
  let heads: Int
  /// Channels of x, B and C together, which pass through the convolution.
  let convolved: Int
  let input: Parameter
  /// Its rows for the gate z, and the rest.
  let inputOfGate: Parameter
  let inputOfRest: Parameter
  let convolution: Parameter
  let convolutionBias: Parameter
  let timeStepBias: Parameter
  let decay: Parameter
  let skip: Parameter
  let norm: Parameter
  let output: Parameter

  init(_ settings: SSD, _ place: MixerPlace, in layout: ParameterLayout) {
    let (d, prefix) = (place.modelDimension, place.prefix)
    self.settings = settings
    inner = settings.expand * d
    heads = inner / settings.headDimension
    convolved = inner + 2 * settings.groups * settings.stateDimension
    input = layout.addLinear(prefix + "in_proj.weight", [inner + convolved + heads, d])
    inputOfGate = input.rows(0..<inner)
    inputOfRest = input.rows(inner..<input.shape[0])
    (convolution, convolutionBias) = layout.addShortConvolution(
      prefix + "conv1d", channels: convolved)
    timeStepBias = layout.add(prefix + "dt_bias", [heads], .timeStepBias)
    decay = layout.add(prefix + "A_log", [heads], .logarithmOfUniform(low: 1, high: 16))
    skip = layout.add(prefix + "D", [heads], .ones)
    norm = layout.add(prefix + "norm.weight", [inner], .ones)
    output = layout.addLinear(
      prefix + "out_proj.weight", [d, inner], dividedByRootOf: place.layers)
  }

  /// Columns of x, B and C within the convolved channels.
  private var columns: (x: Range<Int>, b: Range<Int>, c: Range<Int>) {
    let width = settings.groups * settings.stateDimension
    return (0..<inner, inner..<(inner + width), (inner + width)..<(inner + 2 * width))
  }

  func callAsFunction(_ u: Tensor, rows: PositionSelection?, on tape: Tape) -> Tensor {
    let (y, gate): (Tensor, Tensor)
    if let rows {
      // The gate first: on the way back, few rows are then added to a gradient that the rest assigned.
      gate = tape.linear(tape.gather(rows, of: u), weight: inputOfGate)
      let projected = tape.linear(u, weight: inputOfRest)  // (x, B, C), dt
      y = tape.gather(rows, of: recur(projected, from: 0, on: tape))
    } else {
      let projected = tape.linear(u, weight: input)  // z, (x, B, C), dt
      gate = tape.slice(0..<inner, of: projected)
      y = recur(projected, from: inner, on: tape)
    }
    let gated = tape.gatedRMSNorm(y, gate: gate, weight: norm, groups: settings.groups)
    return tape.linear(gated, weight: output)
  }

  /// (x, B, C), dt are the columns of `projected` from `first` on → y [batch, time, inner].
  private func recur(_ projected: Tensor, from first: Int, on tape: Tape) -> Tensor {
    let mixed = tape.causalConvolution(
      tape.slice(first..<(first + convolved), of: projected), weight: convolution,
      bias: convolutionBias)
    return tape.ssd(
      tape.slice(columns.x, of: mixed),
      dt: tape.slice((first + convolved)..<(first + convolved + heads), of: projected),
      B: tape.slice(columns.b, of: mixed), C: tape.slice(columns.c, of: mixed), aLog: decay,
      D: skip, dtBias: timeStepBias, headDimension: settings.headDimension,
      groups: settings.groups, chunkLength: settings.chunkLength)
  }

  /// Projections and convolution, of which the gate's and the output's are for outputs alone; per chunk of q
  /// tokens the causal half of C Bᵀ (per group) and of its product with X, then C · state and B ⊗ X (both skipped
  /// where no state crosses a chunk's end).
  func multiplyAdds(length: Int, outputs: OutputPositions) -> Int {
    let weights = inputOfRest.count + convolution.count
    let chunk = settings.chunkLength
    var recurrence = 0
    for start in stride(from: 0, to: length, by: chunk) {
      let tokens = min(chunk, length - start)
      let pairs = tokens * (tokens + 1) / 2
      recurrence += pairs * (settings.groups * settings.stateDimension + inner)
      let crossing = tokens * settings.stateDimension * inner
      recurrence += (start > 0 ? crossing : 0) + (start + chunk < length ? crossing : 0)
    }
    return length * weights + outputs.count * (inputOfGate.count + output.count) + recurrence
  }

  /// Every projection's and the convolution's result, the recurrence's, gated and not; C Bᵀ of every chunk and
  /// the state at its start.
  func trainingFloats(length: Int, outputs: Int) -> Double {
    let widths = inputOfRest.shape[0] + convolved + inner
    let outputWidths = inner + inner + output.shape[0]
    let chunk = min(settings.chunkLength, length)
    let states = Double((length - 1) / chunk) * Double(inner * settings.stateDimension)
    return Double(length) * (Double(2 * widths) + Double(settings.groups * chunk)) + states
      + Double(outputs) * Double(2 * outputWidths)
  }

  /// The weights once; decay, input and output for each state scalar.
  func stepMultiplyAdds(leaving state: MixerState) -> Int {
    let weights = [input, convolution, output].reduce(0) { $0 + $1.count }
    return weights + 3 * state.stateSpace.count
  }

  func initialState() -> MixerState {
    var state = MixerState()
    state.stateSpace = [Double](repeating: 0, count: inner * settings.stateDimension)
    state.convolution = [Double](repeating: 0, count: (shortConvolutionWidth - 1) * convolved)
    return state
  }

  /// Per head: h ← exp(dt A) h + dt x Bᵀ;  y = h C + D x;  out = W RMSNorm(y ⊙ SiLU(z)).
  func step(_ u: [Double], state: inout MixerState, weights: Weights) -> [Double] {
    let projected = weights.linear(u, input)
    let mixed = weights.convolution(
      Array(projected[inner..<(inner + convolved)]), convolution, convolutionBias,
      tail: &state.convolution)
    let dtBias = Array(weights(timeStepBias))
    let dt = (0..<heads).map { softplus(projected[inner + convolved + $0] + dtBias[$0]) }
    let (aLog, d) = (Array(weights(decay)), Array(weights(skip)))
    let states = settings.stateDimension
    var y = [Double](repeating: 0, count: inner)
    for channel in 0..<inner {
      let head = channel / settings.headDimension
      let group = head / (heads / settings.groups)
      let (b, c) = (columns.b.lowerBound + group * states, columns.c.lowerBound + group * states)
      let kept = exp(-dt[head] * exp(aLog[head]))
      for n in 0..<states {
        let index = channel * states + n  // h [inner, N]
        state.stateSpace[index] =
          kept * state.stateSpace[index] + dt[head] * mixed[channel] * mixed[b + n]
        y[channel] += state.stateSpace[index] * mixed[c + n]
      }
      y[channel] = (y[channel] + d[head] * mixed[channel]) * silu(projected[channel])
    }
    let width = inner / settings.groups
    let normalized = stride(from: 0, to: inner, by: width).flatMap {
      rootMeanSquareNormalized(Array(y[$0..<($0 + width)]), epsilon: 1e-5)
    }
    return weights.linear(zip(normalized, weights(norm)).map(*), output)
  }
}
