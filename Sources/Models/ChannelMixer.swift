import Autodiff
import Support

/// The MLP of a layer, which mixes the channels of one position. g and w are the two halves of the first
/// weight's outputs, `d_ff` channels each.
public enum ChannelMixerKind: String, SettingChoice {
  case none
  /// W₂ gelu(W₁ x + b₁) + b₂
  case gelu
  /// W₂ (w ∘ silu(g)) without biases; the first weight holds w, then g. It is mamba_ssm's GatedMLP.
  case swiglu
  /// W₂ (gelu(g) ∘ w) + b₂; the first weight holds g, then w. It is the gated linear unit of M2 (Monarch Mixer).
  case glu
  /// `glu` with block-diagonal weights [blocks, out / blocks, in / blocks]: block j maps slice j of the inputs to
  /// slice j of the outputs.
  case monarchGLU = "monarch_glu"
}

/// A channel mixer's parameters, its form on the tape and its form for one position in Double.
struct ChannelMixer: Sendable {
  private let kind: ChannelMixerKind
  private let hidden: Int
  private let first: Parameter
  private let firstBias: Parameter?
  private let second: Parameter
  private let secondBias: Parameter?

  /// nil for `none`. The first weight starts as N(0, 0.02), the second as N(0, `outputStd`), biases as 0.
  init?(_ shape: ModelShape, prefix: String, outputStd: Double, in layout: ParameterLayout) {
    let (d, hidden, blocks) = (shape.modelDimension, shape.hiddenChannels, shape.mlpBlocks)
    func weight(_ name: String, _ outputs: Int, _ inputs: Int, _ std: Double = 0.02) -> Parameter {
      layout.add(
        prefix + name + ".weight",
        shape.mlp == .monarchGLU
          ? [blocks, outputs / blocks, inputs / blocks] : [outputs, inputs],
        .normal(std: std), isMatrix: true)
    }
    func bias(_ name: String, _ count: Int) -> Parameter {
      layout.add(prefix + name + ".bias", [count], .zeros)
    }
    (kind, self.hidden) = (shape.mlp, hidden)
    let isBERT = shape.frame == .bert
    switch shape.mlp {
    case .none: return nil
    case .gelu:
      let names = isBERT ? ("intermediate.dense", "output.dense") : ("fc1", "fc2")
      (first, firstBias) = (weight(names.0, hidden, d), bias(names.0, hidden))
      (second, secondBias) = (weight(names.1, d, hidden, outputStd), bias(names.1, d))
    case .swiglu:
      (first, firstBias) = (weight("fc1", 2 * hidden, d), nil)
      (second, secondBias) = (weight("fc2", d, hidden, outputStd), nil)
    case .glu, .monarchGLU:
      (first, firstBias) = (weight("gated_layers", 2 * hidden, d), nil)
      (second, secondBias) = (weight("wo", d, hidden, outputStd), bias("wo", d))
    }
  }

  /// x [batch, length, d_model] → [batch, length, d_model]
  func callAsFunction(_ x: Tensor, on tape: Tape) -> Tensor {
    let projected = linear(x, first, firstBias, on: tape)
    let (lower, upper) = (0..<hidden, hidden..<2 * hidden)
    let activated =
      switch kind {
      case .gelu: tape.activation(.gelu, of: projected)
      case .swiglu:
        tape.activation(
          .silu, of: tape.slice(upper, of: projected), times: tape.slice(lower, of: projected))
      default:
        tape.activation(
          .gelu, of: tape.slice(lower, of: projected), times: tape.slice(upper, of: projected))
      }
    return linear(activated, second, secondBias, on: tape)
  }

  private func linear(_ x: Tensor, _ weight: Parameter, _ bias: Parameter?, on tape: Tape)
    -> Tensor
  {
    kind == .monarchGLU
      ? tape.blockDiagonalLinear(x, weight: weight, bias: bias)
      : tape.linear(x, weight: weight, bias: bias)
  }

  /// One position in Double.
  func step(_ x: [Double], weights: ReferenceWeights) -> [Double] {
    let projected = weights.linear(x, first, firstBias)
    let (lower, upper) = (Array(projected[..<hidden]), Array(projected[hidden...]))
    let activated =
      switch kind {
      case .gelu: TokenStep.activation(.gelu, of: projected)
      case .swiglu: TokenStep.activation(.silu, of: upper, times: lower)
      default: TokenStep.activation(.gelu, of: lower, times: upper)
      }
    return weights.linear(activated, second, secondBias)
  }

  /// Multiply-adds of one position.
  var weightCount: Int { first.count + second.count }

  /// Floats of the first weight's outputs, the activation's and the second weight's, with their gradients.
  var trainingFloatsPerOutput: Int {
    let projected = kind == .gelu ? hidden : 2 * hidden
    return 2 * (projected + hidden + (secondBias?.count ?? second.shape[0]))
  }
}
