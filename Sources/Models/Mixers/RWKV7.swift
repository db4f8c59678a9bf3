import Autodiff
import Foundation
import Support

/// RWKV-7's time mixing: Peng et al., "RWKV-7 Goose with Expressive Dynamic State Evolution", 2025, section 4 and
/// appendix on initialisation. Weights as in fla's `rwkv7`.
public struct RWKV7: MixerSettings {
  public static let kind = "rwkv7"
  public static let name = "RWKV-7"
  public static let modelDefaults = ModelDefaults.zoology
  public static let recipe = MixerRecipe(training: ["lr": 1e-2])
  public static let stateKey: String? = "head_dim"

  public enum Start: String, SettingChoice {
    /// The authors' own initial weights, which depend on the layer's depth and the channel.
    case rwkv
    /// zoology's: no token shift and no removal at the start, and the same decay, .74, in every channel.
    case zoology
  }

  /// N: channels of a head.
  public var headDimension = 64
  /// Widths of the low-rank projections of the decays, the removal rates, the value residual and the gate.
  public var decayRank = 16
  public var rateRank = 16
  public var valueRank = 16
  public var gateRank = 64
  /// Whether later layers mix the first one's values into theirs.
  public var sharesValues = true
  /// The initial weights.
  public var start = Start.rwkv
  /// Tokens per chunk of the parallel form; changes speed and rounding, not the result.
  public var chunkLength = 32

  public init() {}

  public static let keys: [SettingKey<RWKV7>] = [
    .headDimension(\.headDimension, .from(1, to: .init(largestHead))),
    .integer("decay_low_rank_dim", \.decayRank, ranks, "width of the decays' projection"),
    .integer("a_low_rank_dim", \.rateRank, ranks, "width of the removal rates' projection"),
    .integer("v_low_rank_dim", \.valueRank, ranks, "width of the value residual's projection"),
    .gateRank(\.gateRank),
    .flag(
      "value_residual", \.sharesValues,
      "whether layers mix the first one's values into theirs; zoology's do not"),
    .choice("init", \.start, "how weights start: rwkv is the authors' own"),
    .chunkLength(\.chunkLength, atMost: 64),
  ]
  private static let ranks = 1...4096
  private static let largestHead = 1024

  public func stateValues(modelDimension: Int) -> [Double] {
    values(1...Self.largestHead, modelDimension: modelDimension, \.headDimension)
  }

  /// zoology counts d² scalars for any head size, and not the token before.
  public func publishedScalars(of state: [StatePart: Int], modelDimension: Int) -> Double {
    Double(modelDimension * modelDimension)
  }

  public func validate(modelDimension: Int) throws(SettingsError) {
    try SettingsError.checkDivisor("head_dim", headDimension, of: modelDimension)
  }

  public func keyDimensions(modelDimension: Int, length: Int) -> Int? {
    modelDimension
  }

  public func mixer(_ context: LayerContext, in layout: ParameterLayout) -> any SequenceMixer {
    RWKV7Mixer(self, context, in: layout)
  }
}

/// The initial values of RWKV-7's parameters in one layer (RWKV-LM's v7; Peng et al. 2025, appendix).
struct RWKV7Start {
  private let start: RWKV7.Start
  private let context: LayerContext
  private let headDimension: Int

  init(_ settings: RWKV7, _ context: LayerContext) {
    (start, self.context) = (settings.start, context)
    headDimension = settings.headDimension
  }

  private var channels: Int { context.modelDimension }
  /// ρ: 1 in the first layer, lower in each later one, above 0 in the last.
  private var remaining: Double { 1 - Double(context.layer) / Double(context.layers) }
  /// 0 in the first layer, 1 in the last.
  private var depth: Double { Double(context.layer) / Double(max(1, context.layers - 1)) }

  /// How a matrix starts: as `own` in the authors' start, as N(0, 0.02) in zoology's.
  func matrix(_ own: Initializer) -> Initializer {
    start == .rwkv ? own : .normal(std: 0.02)
  }

  /// The share of the last token in channel i of an input: 1 − (i/d)^(c ρ), where c depends on the input.
  func shift(_ name: String) -> Initializer {
    let factor = ["r": 0.2, "g": 0.2, "w": 0.9, "a": 0.9][name] ?? 0.7
    return vector { 1 - pow(Double($0) / Double(channels), factor * remaining) }
  }

  var removal: Initializer { vector { 0.71 - 0.1 * slope($0) } }
  var rate: Initializer { vector { _ in 1.02 } }
  var bonus: Initializer { vector { _ in -0.04 } }

  /// How the bias of the projection of decays (w), of rates (a) or of the values' mixture (v) starts.
  func bias(_ name: String) -> Initializer {
    vector { channel in
      switch name {
      case "w":
        let fraction = Double(channel) / Double(max(1, channels - 1))
        return -6 + 6 * pow(fraction, 1 + pow(depth, 0.3)) + 0.5 + 2.5 * zigzag(channel)
      case "a": return -0.19 + 0.3 * zigzag(channel) + 0.4 * slope(channel)
      default: return 0.73 - 0.4 * slope(channel)
      }
    }
  }

  /// Rises evenly from −½ to ½ over the channels.
  private func slope(_ channel: Int) -> Double {
    Double(channel) / Double(max(1, channels - 1)) - 0.5
  }

  /// x |x|, where x rises evenly from −1 to 1 over the channels of a head.
  private func zigzag(_ channel: Int) -> Double {
    let middle = Double(headDimension - 1) / 2
    guard middle > 0 else { return 0 }
    let x = (Double(channel % headDimension) - middle) / middle
    return x * abs(x)
  }

  private func vector(_ value: (Int) -> Double) -> Initializer {
    start == .rwkv ? .numbers((0..<channels).map { Float(value($0)) }) : .zeros
  }
}

extension Tape {
  /// W₂ f(W₀ x) + b.
  func lowRank(_ x: Tensor, _ map: RWKV7Mixer.LowRank) -> Tensor {
    let hidden = linear(x, weight: map.down)
    let activated =
      switch map.function {
      case .identity: hidden
      case .tanh: activation(.tanh, of: hidden)
      case .sigmoid: activation(.sigmoid, of: hidden)
      }
    return linear(activated, weight: map.up, bias: map.bias)
  }
}

extension ReferenceWeights {
  /// W₂ f(W₀ x) + b.
  func lowRank(_ x: [Double], _ map: RWKV7Mixer.LowRank) -> [Double] {
    let hidden = linear(x, map.down)
    let activated =
      switch map.function {
      case .identity: hidden
      case .tanh: TokenStep.activation(.tanh, of: hidden)
      case .sigmoid: TokenStep.activation(.sigmoid, of: hidden)
      }
    return linear(activated, map.up, map.bias)
  }
}
