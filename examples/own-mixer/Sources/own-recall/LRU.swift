import Autodiff
import Foundation
import Models
import Support

/// Linear recurrent unit with real eigenvalues and a gate, without the paper's scale γ of inputs: Orvieto et al.,
/// "Resurrecting Recurrent Neural Networks for Long Sequences", 2023, section 3. Each scalar of the state fades at a rate
/// of its own, which is learned:
///
///     u, z = W_in x;  h ← λ ⊙ h + u, λ = exp(−exp(ν));  y = W_out ((h + D ⊙ u) ⊙ SiLU(z))
struct LRU: MixerSettings {
  static let kind = "lru"
  static let name = "LRU"
  static let modelDefaults = ModelDefaults(block: .preNorm)
  static let stateKey: String? = "d_hidden"

  /// N: scalars of the state.
  var hiddenDimension = 64

  static let keys: [SettingKey<LRU>] = [
    .integer("d_hidden", \.hiddenDimension, 1...65_536, "N, scalars of the state")
  ]

  func mixer(_ context: LayerContext, in layout: ParameterLayout) -> any SequenceMixer {
    LRUMixer(self, context, in: layout)
  }
}

struct LRUMixer: RecurrentMixer {
  /// N
  let hidden: Int
  /// [2N, d]: u, z.
  let inProj: Parameter
  /// ν [N]
  let nuLog: Parameter
  /// D [N]
  let directWeight: Parameter
  /// [d, N]
  let outProj: Parameter

  init(_ settings: LRU, _ context: LayerContext, in layout: ParameterLayout) {
    let (d, prefix) = (context.modelDimension, context.prefix)
    hidden = settings.hiddenDimension
    func matrix(_ name: String, _ outputs: Int, _ inputs: Int, isOutput: Bool = false) -> Parameter
    {
      let start = Initializer.uniform(bound: 1 / Double(inputs).squareRoot())
      return layout.add(
        prefix + name, [outputs, inputs], context.linearStart(start, isOutput: isOutput),
        isMatrix: true)
    }
    inProj = matrix("in_proj.weight", 2 * hidden, d)
    // λ starts between exp(−1) and exp(−0.001): some scalars forget within a few tokens, others within 1000.
    nuLog = layout.add(prefix + "nu_log", [hidden, 1], .logarithmOfUniform(low: 0.001, high: 1))
    directWeight = layout.add(prefix + "D", [hidden], .ones)
    outProj = matrix("out_proj.weight", d, hidden, isOutput: true)
  }

  /// The selective scan with N channels of one state scalar each, and with Δ = B = C = 1.
  func callAsFunction(_ x: Tensor, rows: PositionSelection?, on tape: Tape) -> Tensor {
    let projected = tape.linear(x, weight: inProj)  // [batch, length, 2N]
    let one = tape.constant(1, channels: 1, like: x)  // [batch, length, 1]
    // softplus of this is 1.
    let dt = tape.constant(Float(log(exp(1.0) - 1)), channels: hidden, like: x)
    let y = tape.selectiveScan(
      tape.slice(0..<hidden, of: projected), dt: dt, B: one, C: one,
      gate: tape.slice(hidden..<2 * hidden, of: projected), aLog: nuLog, D: directWeight)
    return tape.linear(rows.map { tape.gather($0, of: y) } ?? y, weight: outProj)
  }

  var initialSizes: KeyValuePairs<StatePart, Int> { [.recurrence: hidden] }

  /// The equations above, for one token.
  func step(_ x: [Double], state: inout MixerState, weights: ReferenceWeights) -> [Double] {
    let projected = weights.linear(x, inProj)
    let (nu, d) = (weights(nuLog), weights(directWeight))
    let y = (0..<hidden).map { i in
      let (u, z) = (projected[i], projected[hidden + i])
      state[.recurrence][i] = exp(-exp(nu[i])) * state[.recurrence][i] + u
      return (state[.recurrence][i] + d[i] * u) * TokenStep.silu(z)
    }
    return weights.linear(y, outProj)
  }

  /// A token's weights, and decay, input and output of each scalar; the last weight is for outputs alone.
  func multiplyAdds(length: Int, outputs: OutputPositions) -> Int {
    length * (inProj.count + 3 * hidden) + outputs.count * outProj.count
  }

  func stepMultiplyAdds(leaving sizes: [StatePart: Int]) -> Int {
    inProj.count + outProj.count + 3 * sizes[.recurrence]!
  }

  /// u, z, Δ and y of each token, and the outputs; all with their gradients.
  func trainingFloats(length: Int, outputs: Int) -> Double {
    2 * (4 * Double(length) * Double(hidden) + Double(outputs) * Double(outProj.shape[0]))
  }
}
