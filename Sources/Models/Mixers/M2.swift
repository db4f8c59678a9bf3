import Autodiff
import Foundation
import Support

/// M2's long convolution in both directions: Fu et al., "Monarch Mixer: A Simple Sub-Quadratic GEMM-Based Architecture",
/// 2023, section 4. Weights as in the public M2-BERT.
public struct M2: MixerSettings {
  public static let kind = "m2"
  public static let name = "M2"
  public static let modelDefaults = ModelDefaults(
    block: .m2, positionEmbedding: .learned, embeddingDropout: 0.1, frame: .bert,
    mlp: .monarchGLU, onlyInThisBlock: true)
  public static let looksUpByContent = false
  public static let note: String? =
    "Corrected: the embedding of token 0 learns. Public code stops its gradient as an input (padding_idx 0); here "
    + "token 0 is a token like others."

  /// Features of a position.
  public var features = 5
  /// R: hidden channels of the filters' networks.
  public var filterOrder = 128
  /// Whether a second long convolution goes around the gates.
  public var hasResidualConvolution = true

  public init() {}

  public static let keys: [SettingKey<M2>] = [
    .integer(
      "emb_dim", \.features, 3...4097,
      "features of a position, which a filter's network reads; an odd number"),
    .filterOrder(\.filterOrder),
    .flag(
      "residual_long_conv", \.hasResidualConvolution,
      "whether a second long convolution of the layer's input is added"),
  ]

  public func validateTogether() throws(SettingsError) {
    guard features % 2 == 1 else {
      throw SettingsError("emb_dim", features, allowed: "odd numbers")
    }
  }

  public var isCausal: Bool { false }

  public func mixer(_ context: LayerContext, in layout: ParameterLayout) -> any SequenceMixer {
    M2Mixer(self, context, in: layout)
  }
}

/// [x₁, x₂, v] = conv(W u + b); y = x₂ ⊙ T₁(x₁ ⊙ v) + T₂ u; out = W y + b. The short convolution is causal. T₁ and T₂ are
/// convolutions with fixed filters in both directions.
struct M2Mixer: MatrixMixer, FilterMixer {
  /// Taps of the convolution before the gates.
  private static let shortWidth = 3

  private let inProj: Parameter, inBias: Parameter
  private let convolution: Parameter, convolutionBias: Parameter
  private let filter: BidirectionalFilter
  private let residualFilter: BidirectionalFilter?
  private let outProj: Parameter, outBias: Parameter

  init(_ settings: M2, _ context: LayerContext, in layout: ParameterLayout) {
    let (d, prefix) = (context.modelDimension, context.prefix)
    let start = Initializer.uniform(bound: 1 / Double(d).squareRoot())
    func linear(_ name: String, _ outputs: Int, isOutput: Bool = false) -> (Parameter, Parameter) {
      (
        layout.add(
          prefix + name + ".weight", [outputs, d], context.linearStart(start, isOutput: isOutput),
          isMatrix: true),
        layout.add(prefix + name + ".bias", [outputs], start)
      )
    }
    (inProj, inBias) = linear("in_linear", 3 * d)
    (convolution, convolutionBias) = layout.addShortConvolution(
      prefix + "short_filter", channels: 3 * d, width: Self.shortWidth)
    filter = BidirectionalFilter(settings, context, prefix + "filter_fn.", in: layout)
    residualFilter =
      settings.hasResidualConvolution
      ? BidirectionalFilter(settings, context, prefix + "filter_fn2.", in: layout) : nil
    (outProj, outBias) = linear("out_linear", d, isOutput: true)
  }

  func callAsFunction(_ u: Tensor, rows: PositionSelection?, on tape: Tape) -> Tensor {
    let d = u.channels
    func wanted(_ x: Tensor) -> Tensor { rows.map { tape.gather($0, of: x) } ?? x }
    let mixed = tape.causalConvolution(
      tape.linear(u, weight: inProj, bias: inBias), weight: convolution, bias: convolutionBias,
      silu: false)
    let y = tape.product(
      tape.slice(0..<d, of: mixed), tape.slice(2 * d..<3 * d, of: mixed))
    let sum = tape.product(
      wanted(tape.slice(d..<2 * d, of: mixed)), wanted(filter(y, on: tape)),
      adding: residualFilter.map { wanted($0(u, on: tape)) })
    return tape.linear(sum, weight: outProj, bias: outBias)
  }

  func makeFilters(_ length: Int, on tape: Tape, _ take: (Parameter, Tensor) -> Void) {
    filter.make(length, on: tape, take)
    residualFilter?.make(length, on: tape, take)
  }

  // MARK: - Counting

  private var filters: [BidirectionalFilter] { [filter] + (residualFilter.map { [$0] } ?? []) }

  func filterMultiplyAdds(length: Int) -> Int { filters.reduce(0) { $0 + length * $1.count } }

  /// The output projection runs for the wanted outputs only, all else for all tokens.
  func multiplyAdds(length: Int, outputs: OutputPositions) -> Int {
    let d = outProj.shape[0]
    return length * (inProj.count + convolution.count) + filterMultiplyAdds(length: length)
      + filters.count
      * LongConvolutionArithmetic.multiplyAdds(length: length, channels: d, kernels: 2 * d)
      + outputs.count * outProj.count
  }

  /// The tape keeps for each token the results of the input projection and of all convolutions, the product before the
  /// first long one, and what the filters' networks make; for each wanted output, the gated value and the result. All
  /// have gradients.
  func trainingFloats(length: Int, outputs: Int) -> Double {
    let d = outProj.shape[0]
    let widths = filters.reduce(7 * d) { $0 + d + $1.widths }
    return Double(length) * Double(2 * widths) + Double(outputs) * Double(4 * d)
  }

  // MARK: - The specification

  func reference(_ x: [[Double]], weights: ReferenceWeights) -> [[Double]] {
    let d = outProj.shape[0]
    var inputs = [Double](repeating: 0, count: (Self.shortWidth - 1) * inProj.shape[0])
    let mixed = x.map {
      weights.convolution(
        weights.linear($0, inProj, inBias), convolution, convolutionBias, silu: false,
        inputs: &inputs)
    }
    let y = filter.matrices(x.count, weights).product(
      mixed.map { m in (0..<d).map { m[$0] * m[2 * d + $0] } })
    let residual = residualFilter?.matrices(x.count, weights).product(x)
    return x.indices.map { t in
      let sum = (0..<d).map { mixed[t][d + $0] * y[t][$0] + (residual?[t][$0] ?? 0) }
      return weights.linear(sum, outProj, outBias)
    }
  }

  /// T₁ of each channel.
  func mixingMatrices(_ x: [[Double]], weights: ReferenceWeights) -> MixingMatrices {
    filter.matrices(x.count, weights)
  }
}

/// A fixed filter over earlier tokens, one over later tokens, and a weight for the token itself. Each filter is a network's
/// output for a position, times exp(−t |δ|).
private struct BidirectionalFilter: Sendable {
  let positions: Parameter  // z [1, longest, features]
  /// Their sines share one frequency.
  let earlier: FilterNetwork, later: FilterNetwork
  /// [d]
  let ownWeight: Parameter
  /// t [longest] and δ [d], which are not stored.
  let times: [Float], rates: [Float]

  init(
    _ settings: M2, _ context: LayerContext, _ prefix: String, in layout: ParameterLayout
  ) {
    let (d, longest) = (context.modelDimension, context.maximumLength)
    let names = ["implicit_filter", "implicit_filter_rev"].map { prefix + $0 }
    func network(_ name: String, _ frequency: FilterNetwork.Frequency) -> FilterNetwork {
      FilterNetwork(
        name, features: settings.features, order: settings.filterOrder, channels: d, .torch,
        frequency, in: layout)
    }
    positions = layout.add(
      prefix + "pos_emb.z", [1, longest, settings.features], .filterPositions)
    earlier = network(names[0], .own(10, sharedWith: [names[1]]))
    later = network(names[1], .shared(earlier.frequency))
    ownWeight = layout.add(prefix + "bias", [d], .normal(std: 1))
    times = (0..<longest).map { Float(Double($0) / Double(max(1, longest - 1))) }
    rates = FilterNetwork.rates(d)
    for name in ["pos_emb.t", "modulation.deltas"] { layout.ignore(prefix + name) }
  }

  func callAsFunction(_ x: Tensor, on tape: Tape) -> Tensor {
    func shared(_ network: FilterNetwork) -> Tensor {
      tape.shared(network.output, length: x.length) { kernel(of: network, x.length, on: tape) }
    }
    return tape.longConvolution(
      x, kernel: shared(earlier), later: shared(later), skip: .weighted(ownWeight))
  }

  /// Makes both filters, as `FilterMixer.makeFilters`.
  func make(_ length: Int, on tape: Tape, _ take: (Parameter, Tensor) -> Void) {
    take(earlier.output, kernel(of: earlier, length, on: tape))
    take(later.output, kernel(of: later, length, on: tape))
  }

  private func kernel(of network: FilterNetwork, _ length: Int, on tape: Tape) -> Tensor {
    tape.decayWindow(
      network(tape.rows(length, of: positions), on: tape), times: times, rates: rates)
  }

  /// Multiply-adds of one tap in each direction.
  var count: Int { earlier.count + later.count }

  /// Numbers that are made for one tap in each direction: the networks', and the filters after their decay.
  var widths: Int { 2 * (earlier.widths + earlier.output.shape[0]) }

  /// The filters [taps][d].
  func taps(_ count: Int, _ weights: ReferenceWeights) -> (
    earlier: [[Double]], later: [[Double]]
  ) {
    let z = weights(positions)
    let features = positions.shape[2]
    func taps(_ network: FilterNetwork) -> [[Double]] {
      (0..<count).map { tap in
        TokenStep.decayWindow(
          network.step(
            Array(z[tap * features..<(tap + 1) * features]), weights: weights),
          time: Double(times[tap]), rates: rates.map(Double.init))
      }
    }
    return (taps(earlier), taps(later))
  }

  /// The matrix of each channel.
  func matrices(_ length: Int, _ weights: ReferenceWeights) -> MixingMatrices {
    let (taps, own) = (taps(length, weights), weights(ownWeight))
    return MixingMatrices(of: .channel, count: own.count, width: 1, length: length) { channel in
      var matrix = [Double](repeating: 0, count: length * length)
      for t in 0..<length {
        for s in 0..<length {
          matrix[t * length + s] =
            s > t
            ? taps.later[s - t - 1][channel]
            : taps.earlier[t - s][channel] + (s == t ? own[channel] : 0)
        }
      }
      return matrix
    }
  }
}
