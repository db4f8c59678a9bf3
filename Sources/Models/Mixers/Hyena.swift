import Autodiff
import Foundation
import Support

/// Hyena of order 2: Poli et al., "Hyena Hierarchy: Towards Larger Convolutional Language Models", 2023, section 3.
/// Weights as in zoology's `hyena`.
public struct Hyena: MixerSettings {
  public static let kind = "hyena"
  public static let name = "Hyena"
  public static let modelDefaults = ModelDefaults.zoology
  public static let looksUpByContent = false
  public static let stateKey: String? = nil

  /// R: hidden channels of the filter's network.
  public var filterOrder = 64
  /// The initial values of the network that makes the long filter.
  public var filterStart = FilterStart.published

  public init() {}

  public static let keys: [SettingKey<Hyena>] = [
    .filterOrder(\.filterOrder),
    .choice(
      "filter_init", \.filterStart,
      "initial weights of a long convolution's network: published (small, nearly no filter), torch (PyTorch's default) or live (faster sines)"
    ),
  ]

  /// zoology counts the long convolution's inputs only.
  public func publishedScalars(of state: [StatePart: Int], modelDimension: Int) -> Double {
    Double(state[.inputs]!)
  }

  public func mixer(_ context: LayerContext, in layout: ParameterLayout) -> any SequenceMixer {
    HyenaMixer(self, context, in: layout)
  }
}

struct HyenaMixer: RecurrentMixer, MixerWithMatrices, FilterMixer {
  /// Taps of the convolution before the gates.
  private static let shortWidth = 3
  /// Features of a position.
  private static let features = 3

  private let inProj: Parameter, inBias: Parameter
  private let convolution: Parameter, convolutionBias: Parameter
  private let filter: Filter
  private let bias: Parameter
  private let outProj: Parameter, outBias: Parameter

  /// κ = exp(−t |δ|) ⊙ W₆ sin(ω ⊙ (W₄ sin(ω ⊙ (W₂ sin(ω ⊙ (W₀ z + b₀)) + b₂)) + b₄)).
  private struct Filter {
    let positions: Parameter  // z [1, longest, 3]
    let times: Parameter  // t [1, longest, 1], not trained
    let rates: Parameter  // δ [1, 1, d], not trained
    let network: FilterNetwork

    /// Numbers that are made for one position: the network's, and the filter after its decay.
    var widths: Int { network.widths + network.output.shape[0] }
  }

  init(_ settings: Hyena, _ context: LayerContext, in layout: ParameterLayout) {
    let (d, prefix, order) = (context.modelDimension, context.prefix, settings.filterOrder)
    inProj = layout.addLinear("in_proj.weight", [3 * d, d], context)
    inBias = layout.add(prefix + "in_proj.bias", [3 * d], .zeros)
    (convolution, convolutionBias) = layout.addShortConvolution(
      prefix + "short_filter", channels: 3 * d, width: Self.shortWidth)
    let (start, names) = (settings.filterStart, prefix + "filter_fn.")
    filter = Filter(
      positions: layout.add(
        names + "pos_emb.z", [1, context.maximumLength, Self.features], .filterPositions),
      times: layout.add(
        names + "pos_emb.t", [1, context.maximumLength, 1], .fractions, isTrained: false),
      rates: layout.add(
        names + "modulation.deltas", [1, 1, d], .numbers(FilterNetwork.rates(d)), isTrained: false),
      network: FilterNetwork(
        names + "implicit_filter", features: Self.features, order: order, channels: d, start,
        .own(start == .live ? 10 : 1, sharedWith: []), in: layout))
    bias = layout.add(names + "bias", [d], .normal(std: 1))
    outProj = layout.addLinear("out_proj.weight", [d, d], context, isOutput: true)
    outBias = layout.add(prefix + "out_proj.bias", [d], .zeros)
  }

  /// [x₁, x₂, v] = conv(W u + b); y = x₁ ⊙ v; out = W (x₂ ⊙ (κ ∗ y + b ⊙ y)) + b.
  func callAsFunction(_ u: Tensor, rows: PositionSelection?, on tape: Tape) -> Tensor {
    let d = u.channels
    let mixed = tape.causalConvolution(
      tape.linear(u, weight: inProj, bias: inBias), weight: convolution, bias: convolutionBias,
      silu: false)
    let y = tape.product(
      tape.slice(0..<d, of: mixed), tape.slice(2 * d..<3 * d, of: mixed))
    let convolved = tape.longConvolution(
      y,
      kernel: tape.shared(filter.network.output, length: u.length) { kernel(u.length, on: tape) },
      skip: .weighted(bias))
    let gate = tape.slice(d..<2 * d, of: mixed)
    let gated = tape.product(
      rows.map { tape.gather($0, of: gate) } ?? gate,
      rows.map { tape.gather($0, of: convolved) } ?? convolved)
    return tape.linear(gated, weight: outProj, bias: outBias)
  }

  /// κ [1, length, d]
  private func kernel(_ length: Int, on tape: Tape) -> Tensor {
    tape.decayWindow(
      filter.network(tape.rows(length, of: filter.positions), on: tape),
      times: filter.times, rates: filter.rates)
  }

  func makeFilters(_ length: Int, on tape: Tape, _ take: (Parameter, Tensor) -> Void) {
    take(filter.network.output, kernel(length, on: tape))
  }

  // MARK: - Counting

  func filterMultiplyAdds(length: Int) -> Int { length * filter.network.count }

  /// The output projection runs for the wanted outputs only. The input projection and both convolutions run for all
  /// tokens, and so does the filter's network, which makes one tap a token.
  func multiplyAdds(length: Int, outputs: OutputPositions) -> Int {
    length * (inProj.count + convolution.count) + filterMultiplyAdds(length: length)
      + LongConvolutionArithmetic.multiplyAdds(
        length: length, channels: outProj.shape[0], kernels: outProj.shape[0])
      + outputs.count * outProj.count
  }

  /// The tape keeps for each token the results of the input projection and of both convolutions, the product before
  /// the long one, and what the filter's network makes; for each wanted output, the gated value and the result. All
  /// have gradients.
  func trainingFloats(length: Int, outputs: Int) -> Double {
    let d = outProj.shape[0]
    return Double(length) * Double(2 * (8 * d + filter.widths)) + Double(outputs) * Double(4 * d)
  }

  /// Each weight is used once, and each carried input of the long convolution is multiplied by one tap. The filter is
  /// read from a table.
  func stepMultiplyAdds(leaving sizes: [StatePart: Int]) -> Int {
    inProj.count + convolution.count + outProj.count + sizes[.inputs]!
  }

  // MARK: - The recurrence

  var initialSizes: KeyValuePairs<StatePart, Int> {
    [.inputs: 0, .convolution: (Self.shortWidth - 1) * inProj.shape[0]]
  }

  func step(_ u: [Double], state: inout MixerState, weights: ReferenceWeights) -> [Double] {
    let d = u.count
    let mixed = weights.convolution(
      weights.linear(u, inProj, inBias), convolution, convolutionBias, silu: false,
      inputs: &state[.convolution])
    let y = (0..<d).map { mixed[$0] * mixed[2 * d + $0] }
    let convolved = TokenStep.longConvolution(
      y, kernel: kernel(state[.inputs].count / d + 1, weights), skip: weights(bias),
      inputs: &state[.inputs])
    return weights.linear((0..<d).map { mixed[d + $0] * convolved[$0] }, outProj, outBias)
  }

  /// The matrices that multiply v, with both gates: M_ts = x₂_t (κ_{t−s}, with b at t = s) x₁_s for each channel.
  func mixingMatrices(_ u: [[Double]], weights: ReferenceWeights) -> MixingMatrices {
    var inputs = initialState()[.convolution]
    let tokens = u.map {
      weights.convolution(
        weights.linear($0, inProj, inBias), convolution, convolutionBias, silu: false,
        inputs: &inputs)
    }
    let (d, kernel) = (outProj.shape[0], kernel(u.count, weights))
    return .ofFilter(count: d, length: u.count) { channel, t, s in
      let tap = kernel[(t - s) * d + channel] + (t == s ? weights(bias)[channel] : 0)
      return tokens[t][d + channel] * tap * tokens[s][channel]
    }
  }

  private func kernel(_ taps: Int, _ weights: ReferenceWeights) -> [Double] {
    let (positions, times) = (weights(filter.positions), weights(filter.times))
    let rates = weights(filter.rates)
    return (0..<taps).flatMap { tap in
      let position = Array(positions[tap * Self.features..<(tap + 1) * Self.features])
      return TokenStep.decayWindow(
        filter.network.step(position, weights: weights), time: times[tap], rates: rates)
    }
  }
}
