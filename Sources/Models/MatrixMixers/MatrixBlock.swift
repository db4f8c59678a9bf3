import Autodiff
import Support

/// The keys that every matrix mixer has: sizes of what stands around its matrix.
struct MatrixBlockSettings: Hashable, Sendable {
  /// Inner channels per model channel.
  var expand = 2
  /// P: inner channels of a head, which has one matrix.
  var headDimension = 128
  /// Taps of the centred convolution.
  var convolutionWidth = 7

  /// Number of heads.
  func heads(_ modelDimension: Int) -> Int { expand * modelDimension / headDimension }

  /// Throws unless heads fill the inner channels. `standard` is the default of `headdim`.
  func validate(modelDimension: Int, standard: Int) throws(SettingsError) {
    _ = try SettingsError.heads(
      of: headDimension, standard: standard, expand: expand, modelDimension: modelDimension)
  }
}

/// Settings of a mixer in the shared block.
protocol MatrixSettings: MixerSettings {
  var block: MatrixBlockSettings { get set }
}

extension MatrixSettings {
  static var modelDefaults: ModelDefaults { ModelDefaults(block: .preNorm) }

  static var blockKeys: [SettingKey<Self>] {
    [
      .expand(\.block.expand), .innerHeadDimension(\.block.headDimension),
      .integer(
        "d_conv", \.block.convolutionWidth, .odd(from: 1, to: 255),
        "taps of the convolution, which sees as many later tokens as earlier ones"),
    ]
  }

  var isCausal: Bool { false }

  func validate(modelDimension: Int) throws(SettingsError) {
    try block.validate(modelDimension: modelDimension, standard: Self().block.headDimension)
  }
}

/// What stands around the matrix of a matrix mixer, as in Hydra (Hwang et al., "Hydra: Bidirectional State Space Models
/// Through Generalized Matrix Mixers", 2024):
///
///     z, c, rest = W u;  c ← SiLU(conv(c));  out = W_out (RMSNorm(y) ⊙ weight ⊙ SiLU(z)),
///
/// where the convolution is centred, y is what the mixer makes of c and the rest, and the norm comes before the gate.
struct MatrixBlock: Sendable {
  /// Channels of z.
  let innerDimension: Int
  /// Channels of y: as many as those of z, or twice as many, which the gate then multiplies half by half.
  let outerDimension: Int
  /// Channels that are convolved, of which SiLU is applied to the first `activated`.
  let convolved: Int, activated: Int
  /// Further channels of the projection.
  let rest: Int
  let inProj: Parameter
  /// The rows of `inProj` for the gate z, and the others.
  let gateProj: Parameter, restProj: Parameter
  let convolution: Parameter, convolutionBias: Parameter
  /// The parts of the convolution with and without SiLU.
  private let parts: [(weight: Parameter, bias: Parameter)]
  let norm: Parameter
  let outProj: Parameter

  /// `own` channels besides v are convolved; `rest` are not.
  init(
    _ settings: MatrixBlockSettings, own: Int, activatesOwn: Bool = true, rest: Int = 0,
    isDoubled: Bool = false, _ context: LayerContext, in layout: ParameterLayout
  ) {
    let (d, prefix) = (context.modelDimension, context.prefix)
    innerDimension = settings.expand * d
    outerDimension = isDoubled ? 2 * innerDimension : innerDimension
    convolved = innerDimension + own
    activated = activatesOwn ? convolved : innerDimension
    self.rest = rest
    inProj = layout.addLinear("in_proj.weight", [innerDimension + convolved + rest, d], context)
    gateProj = inProj.rows(0..<innerDimension)
    restProj = inProj.rows(innerDimension..<inProj.shape[0])
    (convolution, convolutionBias) = layout.addShortConvolution(
      prefix + "conv1d", channels: convolved, width: settings.convolutionWidth)
    let (weight, bias) = (convolution, convolutionBias)
    parts = [0..<activated, activated..<convolved].filter { !$0.isEmpty }.map {
      (weight.rows($0), bias.rows($0))
    }
    norm = layout.add(prefix + "norm.weight", [outerDimension], .ones)
    outProj = layout.addLinear("out_proj.weight", [d, outerDimension], context, isOutput: true)
  }

  /// The convolved channels, in two parts if SiLU is applied to the first alone, and the rest.
  struct Inputs {
    let activated: Tensor, plain: Tensor?
    let rest: Tensor?
  }

  /// `mix` makes y of the inputs, for every token.
  func callAsFunction(
    _ u: Tensor, rows: PositionSelection?, on tape: Tape, mix: (Inputs) -> Tensor
  ) -> Tensor {
    var (y, gate): (Tensor, Tensor)
    if let rows {
      // The gate comes first. In the backward pass, the rest then assigns the gradient of u, and the few rows of the
      // gate are added to it.
      gate = tape.linear(tape.gather(rows, of: u), weight: gateProj)
      y = tape.gather(
        rows, of: mix(inputs(tape.linear(u, weight: restProj), from: 0, on: tape)))
    } else {
      let projected = tape.linear(u, weight: inProj)
      gate = tape.slice(0..<innerDimension, of: projected)
      y = mix(inputs(projected, from: innerDimension, on: tape))
    }
    if outerDimension > innerDimension { gate = tape.sideBySide(gate, gate) }
    return tape.linear(tape.rmsNormGate(y, gate: gate, weight: norm), weight: outProj)
  }

  /// The columns of `projected` from `first` on are the channels that are convolved, then the rest.
  private func inputs(_ projected: Tensor, from first: Int, on tape: Tape) -> Inputs {
    func convolve(_ channels: Range<Int>, silu: Bool) -> Tensor {
      let part = parts[silu ? 0 : 1]
      return tape.centredConvolution(
        tape.slice(first + channels.lowerBound..<first + channels.upperBound, of: projected),
        weight: part.weight, bias: part.bias, silu: silu)
    }
    let end = first + convolved
    return Inputs(
      activated: convolve(0..<activated, silu: true),
      plain: activated < convolved ? convolve(activated..<convolved, silu: false) : nil,
      rest: rest > 0 ? tape.slice(end..<end + rest, of: projected) : nil)
  }

  // MARK: - Counting

  /// Multiply-adds beside those of the matrix.
  func multiplyAdds(length: Int, outputs: OutputPositions) -> Int {
    length * (restProj.count + convolution.count)
      + outputs.count * (gateProj.count + outProj.count)
  }

  /// The tape keeps the results of the projection and of the convolution, and y, of every token; the gate, the normed
  /// y and the result of every wanted output; all with their gradients.
  func trainingFloats(length: Int, outputs: Int) -> Double {
    Double(length) * Double(2 * (restProj.shape[0] + convolved + outerDimension))
      + Double(outputs) * Double(2 * (innerDimension + outerDimension + outProj.shape[0]))
  }

  // MARK: - The specification

  /// The gate, the convolved channels and the rest [length] of a sequence u [length][d_model].
  struct ReferenceInputs: Sendable {
    let gate: [[Double]], channels: [[Double]], rest: [[Double]]
    let innerDimension: Int

    /// v of a head of so many channels [length][P].
    func values(_ head: Int, of width: Int) -> [[Double]] {
      channels.map { Array($0[head * width..<(head + 1) * width]) }
    }

    /// Some of the channels after v [length].
    func own(_ range: Range<Int>) -> [[Double]] {
      channels.map {
        Array($0[innerDimension + range.lowerBound..<innerDimension + range.upperBound])
      }
    }
  }

  func inputs(_ u: [[Double]], weights: ReferenceWeights) -> ReferenceInputs {
    let projected = u.map { weights.linear($0, inProj) }
    let mixed = TokenStep.centredConvolution(
      projected.map { Array($0[innerDimension..<innerDimension + convolved]) },
      weight: weights(convolution), bias: weights(convolutionBias))
    return ReferenceInputs(
      gate: projected.map { Array($0[..<innerDimension]) },
      channels: mixed.map { row in
        row.enumerated().map { $0 < activated ? TokenStep.silu($1) : $1 }
      },
      rest: projected.map { Array($0[(innerDimension + convolved)...]) },
      innerDimension: innerDimension)
  }

  func outputs(_ y: [[Double]], gate: [[Double]], weights: ReferenceWeights) -> [[Double]] {
    let weight = weights(norm)
    return zip(y, gate).map { y, z in
      weights.linear(
        TokenStep.rmsNormGate(y, gate: y.count > z.count ? z + z : z, weight: weight), outProj)
    }
  }
}

/// Products with matrices in plain loops.
enum PlainMatrix {
  /// M v, with M [length, length] row major and v [length][channels].
  static func product(_ m: [Double], _ v: [[Double]]) -> [[Double]] {
    let length = v.count
    return (0..<length).map { t in
      var y = [Double](repeating: 0, count: v[t].count)
      for s in 0..<length {
        for c in y.indices { y[c] += m[t * length + s] * v[s][c] }
      }
      return y
    }
  }

  /// The heads' results [head][length][P] side by side [length][heads · P].
  static func joined(_ heads: [[[Double]]]) -> [[Double]] {
    heads[0].indices.map { t in heads.flatMap { $0[t] } }
  }

  static func dot(_ x: [Double], _ y: [Double]) -> Double {
    zip(x, y).reduce(0) { $0 + $1.0 * $1.1 }
  }
}
