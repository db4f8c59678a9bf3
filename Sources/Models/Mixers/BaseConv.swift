import Autodiff
import Support

/// Gated convolution: Arora et al., "Zoology: Measuring and Improving Recall in Efficient Language Models", 2023,
/// section 4.2 (BaseConv). Weights as in zoology's `base_conv`.
public struct BaseConv: MixerSettings {
  public static let kind = "base_conv"
  public static let name = "BaseConv"
  public static let modelDefaults = ModelDefaults.zoology
  public static let looksUpByContent = false
  public static let stateKey: String? = nil

  /// Taps of the convolution; −1 means as many as the longest sequence has tokens.
  public var kernelSizes = KernelSizes([3])
  /// The initial values of the network that makes the long filter.
  public var filterStart = FilterStart.published

  public init() {}

  public static let keys: [SettingKey<BaseConv>] = [
    SettingKey(
      "kernel_size", \.kernelSizes, .list,
      "taps of the convolution, -1 for one over the sequence; a list has one for each layer",
      SettingBounds(
        allowed: { _ in "-1, 1 to 1024, or a list of these" },
        contains: { sizes, _ in
          !sizes.values.isEmpty && sizes.values.allSatisfy { $0 == -1 || (1...1024).contains($0) }
        })),
    SettingKey(
      "filter_init", \.filterStart, .choice(FilterStart.allCases.map(\.rawValue)),
      "initial weights of a long convolution's network: published (small, nearly no filter), torch (PyTorch's default) or live (faster sines)",
      // This network has no sines.
      SettingBounds(
        allowed: { _ in "published, torch" }, contains: { start, _ in start != .live })),
  ]

  public func selecting(layers: [Int]) -> BaseConv {
    var settings = self
    let sizes = kernelSizes.values
    if sizes.count > 1 {
      settings.kernelSizes = KernelSizes(layers.map { sizes[$0 % sizes.count] })
    }
    return settings
  }

  /// zoology counts every input of a long convolution, and one for each tap of a short one, which carries one fewer.
  public func publishedScalars(of state: [StatePart: Int], modelDimension: Int) -> Double {
    Double(state[.inputs] ?? state[.convolution]! + modelDimension)
  }

  public func mixer(_ context: LayerContext, in layout: ParameterLayout) -> any SequenceMixer {
    BaseConvMixer(self, context, in: layout)
  }

  /// One number for all layers, or one for each.
  public struct KernelSizes: SettingRepresentable {
    public let values: [Int]

    public init(_ values: [Int]) { self.values = values }

    public init(setting value: SettingValue) throws(SettingsError) {
      values =
        if case .array = value { try [Int](setting: value) } else { [try Int(setting: value)] }
    }

    public func setting(forRecord: Bool) -> SettingValue {
      values.count == 1 ? .int(values[0]) : values.setting(forRecord: forRecord)
    }
  }
}

struct BaseConvMixer: RecurrentMixer, MixerWithMatrices, FilterMixer {
  private let projection: Parameter, projectionBias: Parameter
  private let convolution: Convolution

  private enum Convolution {
    case short(weight: Parameter, bias: Parameter)
    case long(Filter)
  }

  /// κ = W₂ relu(W₀ z + b₀) + b₂, z the features of positions.
  private struct Filter {
    let positions: Parameter  // z [1, longest, 3], not trained
    let first: (weight: Parameter, bias: Parameter?)
    let second: (weight: Parameter, bias: Parameter?)

    var count: Int { first.weight.count + second.weight.count }

    /// κ [1, length, d]
    func kernel(_ length: Int, on tape: Tape) -> Tensor {
      let hidden = tape.linear(
        tape.rows(length, of: positions), weight: first.weight, bias: first.bias)
      return tape.linear(
        tape.activation(.relu, of: hidden), weight: second.weight, bias: second.bias)
    }
  }

  init(_ settings: BaseConv, _ context: LayerContext, in layout: ParameterLayout) {
    let (d, prefix) = (context.modelDimension, context.prefix)
    projection = layout.addLinear("projection.weight", [d, d], context)
    projectionBias = layout.add(prefix + "projection.bias", [d], .zeros)
    let taps = settings.kernelSizes.values[0]
    if taps > 0 {
      let (weight, bias) = layout.addShortConvolution(
        prefix + "conv.conv", channels: d, width: taps)
      convolution = .short(weight: weight, bias: bias)
    } else {
      let start = settings.filterStart
      convolution = .long(
        Filter(
          positions: layout.add(
            prefix + "conv.pos_emb.z", [1, context.maximumLength, 3], .filterPositions,
            isTrained: false),
          first: layout.addFilterLayer(prefix + "conv.mlp.0", [16, 3], start),
          second: layout.addFilterLayer(prefix + "conv.mlp.2", [d, 16], start)))
    }
  }

  /// out = c ⊙ (W u + b) + u, where c is the convolution of u; the long one adds u to its result.
  func callAsFunction(_ u: Tensor, rows: PositionSelection?, on tape: Tape) -> Tensor {
    // What only some rows need comes first. In the backward pass, the rest then assigns the gradient of the input,
    // and these few rows are added to it.
    let own = rows.map { tape.gather($0, of: u) } ?? u
    let projected = tape.linear(own, weight: projection, bias: projectionBias)
    let convolved: Tensor
    switch convolution {
    case .short(let weight, let bias):
      convolved = tape.causalConvolution(u, weight: weight, bias: bias, silu: false)
    case .long(let filter):
      let kernel = tape.shared(filter.second.weight, length: u.length) {
        filter.kernel(u.length, on: tape)
      }
      convolved = tape.longConvolution(u, kernel: kernel, skip: .input)
    }
    return tape.product(
      rows.map { tape.gather($0, of: convolved) } ?? convolved, projected, adding: own)
  }

  func makeFilters(_ length: Int, on tape: Tape, _ take: (Parameter, Tensor) -> Void) {
    guard case .long(let filter) = convolution else { return }
    take(filter.second.weight, filter.kernel(length, on: tape))
  }

  // MARK: - Counting

  func filterMultiplyAdds(length: Int) -> Int {
    guard case .long(let filter) = convolution else { return 0 }
    return length * filter.count
  }

  /// The projection runs for the wanted outputs only. The convolution runs for all tokens, and so does the network
  /// that makes the filter of a long one.
  func multiplyAdds(length: Int, outputs: OutputPositions) -> Int {
    let convolved =
      switch convolution {
      case .short(let weight, _): length * weight.count
      case .long:
        filterMultiplyAdds(length: length)
          + LongConvolutionArithmetic.multiplyAdds(
            length: length, channels: projection.shape[0], kernels: projection.shape[0])
      }
    return convolved + outputs.count * projection.count
  }

  /// The tape keeps for each token the convolution's result and, of a long one, the filter and the 16 hidden channels
  /// before and after the ReLU; for each wanted output, the projection's result and the sum. All have gradients.
  func trainingFloats(length: Int, outputs: Int) -> Double {
    let d = projection.shape[0]
    let widths =
      switch convolution {
      case .short: d
      case .long: 2 * d + 2 * 16
      }
    return Double(length) * Double(2 * widths) + Double(outputs) * Double(4 * d)
  }

  /// Each weight is used once, and each carried input is multiplied by one tap. The filter of a long convolution is
  /// read from a table.
  func stepMultiplyAdds(leaving sizes: [StatePart: Int]) -> Int {
    switch convolution {
    case .short(let weight, _): projection.count + weight.count
    case .long: projection.count + sizes[.inputs]!
    }
  }

  // MARK: - The recurrence

  var initialSizes: KeyValuePairs<StatePart, Int> {
    switch convolution {
    case .short(let weight, _): [.convolution: (weight.shape[2] - 1) * weight.shape[0]]
    case .long: [.inputs: 0]
    }
  }

  /// [taps, d]
  private func kernel(_ filter: Filter, taps: Int, _ weights: ReferenceWeights) -> [Double] {
    let positions = weights(filter.positions)
    return (0..<taps).flatMap { position in
      let hidden = weights.linear(
        Array(positions[3 * position..<3 * position + 3]), filter.first.weight, filter.first.bias)
      return weights.linear(
        TokenStep.activation(.relu, of: hidden), filter.second.weight, filter.second.bias)
    }
  }

  /// The matrices that multiply the input, with the gate: M_ts = (W u + b)_t κ_{t−s} for each channel; of a long filter 1
  /// more at t = s.
  func mixingMatrices(_ u: [[Double]], weights: ReferenceWeights) -> MixingMatrices {
    let gates = u.map { weights.linear($0, projection, projectionBias) }
    let d = projection.shape[0]
    switch convolution {
    case .short(let weight, _):
      let (taps, width) = (weights(weight), weight.shape[2])
      return .ofFilter(count: d, length: u.count) { channel, t, s in
        t - s < width ? gates[t][channel] * taps[(channel + 1) * width - 1 - (t - s)] : 0
      }
    case .long(let filter):
      let taps = kernel(filter, taps: u.count, weights)
      return .ofFilter(count: d, length: u.count) { channel, t, s in
        gates[t][channel] * (taps[(t - s) * d + channel] + (t == s ? 1 : 0))
      }
    }
  }

  func step(_ u: [Double], state: inout MixerState, weights: ReferenceWeights) -> [Double] {
    let convolved: [Double]
    switch convolution {
    case .short(let weight, let bias):
      convolved = weights.convolution(
        u, weight, bias, silu: false, inputs: &state[.convolution])
    case .long(let filter):
      convolved = TokenStep.longConvolution(
        u, kernel: kernel(filter, taps: state[.inputs].count / u.count + 1, weights),
        skip: .init(repeating: 1, count: u.count), inputs: &state[.inputs])
    }
    let projected = weights.linear(u, projection, projectionBias)
    return u.indices.map { convolved[$0] * projected[$0] + u[$0] }
  }
}
