import Autodiff
import Foundation
import Support

/// H3: Fu et al., "Hungry Hungry Hippos: Towards Language Modeling with State Space Models", 2023, section 3.1. Weights
/// as in zoology's `h3`.
public struct H3: MixerSettings {
  public static let kind = "h3"
  public static let name = "H3"
  public static let modelDefaults = ModelDefaults.zoology
  public static let looksUpByContent = false
  public static let stateKey: String? = "d_state"

  /// N: taps of the shift, and state scalars for each product of a channel of k and a channel of v.
  public var stateDimension = 16
  /// P: channels of a head.
  public var headDimension = 2

  public init() {}

  public static let keys: [SettingKey<H3>] = [
    .stateDimension(\.stateDimension, .even(from: 2, to: mostStates)),
    .headDimension(\.headDimension, .from(1, to: 64)),
  ]

  private static let mostStates = 4096

  public func stateValues(modelDimension: Int) -> [Double] {
    stride(from: 2, through: Self.mostStates, by: 2).map(Double.init)
  }

  /// zoology counts d N scalars for any P.
  public func publishedScalars(of state: [StatePart: Int], modelDimension: Int) -> Double {
    Double(modelDimension * stateDimension)
  }

  public func validate(modelDimension: Int) throws(SettingsError) {
    try SettingsError.checkDivisor("head_dim", headDimension, of: modelDimension)
  }

  public func mixer(_ context: LayerContext, in layout: ParameterLayout) -> any SequenceMixer {
    H3Mixer(self, context, in: layout)
  }
}

struct H3Mixer: RecurrentMixer, MixerWithMatrices {
  private let heads: Int, states: Int
  private let query: Projection, key: Projection, value: Projection
  private let output: Projection
  private let shiftInputs: Parameter, shiftOutputs: Parameter, shiftD: Parameter
  private let space: DiagonalStateSpace
  // swift-format-ignore: AlwaysUseLowerCamelCase
  private let D: Parameter

  private struct Projection {
    let weight: Parameter, bias: Parameter
  }

  init(_ settings: H3, _ context: LayerContext, in layout: ParameterLayout) {
    let (d, prefix) = (context.modelDimension, context.prefix)
    let (heads, states) = (d / settings.headDimension, settings.stateDimension)
    let half = states / 2
    (self.heads, self.states) = (heads, states)
    func projection(_ name: String) -> Projection {
      Projection(
        weight: layout.addLinear(name + ".weight", [d, d], context),
        bias: layout.add("\(prefix)\(name).bias", [d], .zeros))
    }
    (query, key, value) = (projection("q_proj"), projection("k_proj"), projection("v_proj"))
    output = projection("output_linear")
    let shift = prefix + "ssm_k_kernel.kernel."
    shiftInputs = layout.add(
      shift + "B", [d, states],
      .numbers((0..<d * states).map { $0 % states == 0 ? 1 : 0 }))
    shiftOutputs = layout.add(
      shift + "C", [1, d, states], .uniform(bound: 1 / Double(states).squareRoot()))
    shiftD = layout.add(prefix + "ssm_k_D", [d], .normal(std: 1))
    let diagonal = prefix + "kernel.kernel."
    let frequencies = (0..<heads * half).map { Float(Double.pi * Double($0 % half)) }
    space = DiagonalStateSpace(
      logStep: layout.add(
        diagonal + "log_dt", [heads], .uniformBetween(log(1e-3), log(0.1))),
      logReal: layout.add(
        diagonal + "inv_A_real", [heads, half],
        .numbers(.init(repeating: Float(log(0.5)), count: heads * half))),
      imaginary: layout.add(diagonal + "A_imag", [heads, half], .numbers(frequencies)),
      inputs: layout.add(
        diagonal + "B", [heads, half, 2],
        .numbers((0..<2 * heads * half).map { $0 % 2 == 0 ? 1 : 0 })),
      outputs: layout.add(
        diagonal + "C", [1, heads, half, 2], .normal(std: 0.5.squareRoot())))
    D = layout.add(prefix + "D", [heads], .normal(std: 1))
  }

  func callAsFunction(_ x: Tensor, rows: PositionSelection?, on tape: Tape) -> Tensor {
    func project(_ projection: Projection) -> Tensor {
      tape.linear(x, weight: projection.weight, bias: projection.bias)
    }
    let shifted = tape.longConvolution(
      project(key), kernel: tape.shiftKernel(inputs: shiftInputs, outputs: shiftOutputs),
      skip: .weighted(shiftD))
    let o = tape.outerStateSpace(project(query), shifted, project(value), space, D: D)
    return tape.linear(
      rows.map { tape.gather($0, of: o) } ?? o, weight: output.weight, bias: output.bias)
  }

  // MARK: - Counting

  private var channels: Int { query.weight.shape[0] }
  /// P: channels of a head.
  private var width: Int { channels / heads }

  /// The output projection runs for the wanted outputs only, all else for all tokens. The shift is a convolution of d
  /// channels. The second state space is one of P · d channels, one for each product of a channel of k and a channel
  /// of v, with one kernel for each head; a tap of a kernel takes three multiply-adds for each of its N state
  /// scalars. Each of the P · d products takes one multiply-add to be made and one to be read by q.
  func multiplyAdds(length: Int, outputs: OutputPositions) -> Int {
    let products = width * channels
    return length * (3 * query.weight.count + 2 * products + 3 * heads * states)
      + LongConvolutionArithmetic.multiplyAdds(
        length: length, channels: channels, kernels: channels)
      + LongConvolutionArithmetic.multiplyAdds(length: length, channels: products, kernels: heads)
      + outputs.count * output.weight.count
  }

  /// The tape keeps for each token the results of the three projections and of both state spaces with their
  /// gradients, and the second one's kernels; for each wanted output, the result with its gradient.
  func trainingFloats(length: Int, outputs: Int) -> Double {
    Double(length) * Double(2 * 5 * channels + heads)
      + Double(outputs) * Double(2 * channels)
  }

  /// Each weight is used once. A scalar of the shift takes two multiply-adds: input and output. One of the second
  /// state space takes four: half a complex product (two), input and output. Each product of a channel of k and a
  /// channel of v takes one to be made and one to be read by q.
  func stepMultiplyAdds(leaving sizes: [StatePart: Int]) -> Int {
    4 * query.weight.count + 2 * sizes[.convolution]! + 4 * sizes[.recurrence]!
      + 2 * width * channels
  }

  // MARK: - The recurrence

  var initialSizes: KeyValuePairs<StatePart, Int> {
    [
      .recurrence: width * channels * states,  // [heads, P, P, N]
      .convolution: channels * states,  // the shift's [d, N]
    ]
  }

  /// For each head and pair of a channel e of k and f of v: M_ts = q_te κ_{t−s} k_se, with the kernel κ of the head. Pair
  /// (h P + e) P + f.
  func mixingMatrices(_ x: [[Double]], weights: ReferenceWeights) -> MixingMatrices {
    var state = initialState()[.convolution]
    let tokens = x.map { x in
      (
        q: weights.linear(x, query.weight, query.bias),
        k: TokenStep.shift(
          weights.linear(x, key.weight, key.bias), inputs: weights(shiftInputs),
          outputs: weights(shiftOutputs), D: weights(shiftD), state: &state)
      )
    }
    let kernels = (0..<heads).map { head in
      func own(_ parameter: Parameter) -> [Double] {
        let count = parameter.count / heads
        return Array(weights(parameter)[head * count..<(head + 1) * count])
      }
      var state = [Double](repeating: 0, count: states)
      return x.indices.map { t in
        TokenStep.outerStateSpace(
          [1], [1], [t == 0 ? 1 : 0], logStep: own(space.logStep), logReal: own(space.logReal),
          imaginary: own(space.imaginary), inputs: own(space.inputs),
          outputs: own(space.outputs), D: own(D), state: &state)[0]
      }
    }
    return .ofFilter(of: .pair, count: channels * width, length: x.count) { pair, t, s in
      let e = pair / width
      return tokens[t].q[e] * kernels[e / width][t - s] * tokens[s].k[e]
    }
  }

  func step(_ x: [Double], state: inout MixerState, weights: ReferenceWeights) -> [Double] {
    func project(_ projection: Projection) -> [Double] {
      weights.linear(x, projection.weight, projection.bias)
    }
    let shifted = TokenStep.shift(
      project(key), inputs: weights(shiftInputs), outputs: weights(shiftOutputs),
      D: weights(shiftD),
      state: &state[.convolution])
    let o = TokenStep.outerStateSpace(
      project(query), shifted, project(value), logStep: weights(space.logStep),
      logReal: weights(space.logReal), imaginary: weights(space.imaginary),
      inputs: weights(space.inputs), outputs: weights(space.outputs), D: weights(D),
      state: &state[.recurrence])
    return weights.linear(o, output.weight, output.bias)
  }
}
