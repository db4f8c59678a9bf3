import Autodiff
import Models
import Support
import Testing

/// The matrices of one layer's mixer for 24 tokens, d_model 12.
struct MatrixTrial: Sendable {
  let model: LanguageModel, weights: ReferenceWeights
  /// The mixer's inputs [24][12]
  let inputs: [[Double]]
  let matrices: MixingMatrices

  init(_ kind: String, _ keys: [String: SettingValue]) throws {
    let trial = try ModelTrial(ModelCase(kind, 24, layers: 1, keys), batch: 1)
    (model, weights) = (trial.model, ReferenceWeights(trial.values))
    inputs = try model.reference(trial.tokens.map(Int.init), weights: weights).mixerInputs[0]
    matrices = try model.mixingMatrices(ofLayer: 0, inputs: inputs, weights: weights)
  }

  private func parameter(_ name: String) throws -> Parameter {
    try #require(
      model.parameters.first {
        $0.name.contains("layers.0.") && $0.name.hasSuffix("mixer." + name)
      }, "\(name)")
  }

  /// A parameter of the mixer, row major.
  subscript(name: String) -> [Double] {
    get throws { weights(try parameter(name)) }
  }

  /// W x (+ b) of the mixer's linear map `name`.
  func linear(_ x: [Double], _ name: String, bias: Bool = false) throws -> [Double] {
    weights.linear(
      x, try parameter(name + ".weight"), bias ? try parameter(name + ".bias") : nil)
  }

  /// The linear map of every input.
  func linear(_ name: String, bias: Bool = false) throws -> [[Double]] {
    try inputs.map { try linear($0, name, bias: bias) }
  }

  /// A short convolution over the sequence.
  func convolved(
    _ x: [[Double]], _ weight: String, _ bias: String? = nil, silu: Bool
  ) throws -> [[Double]] {
    let (weight, bias) = (try self[weight], try bias.map { try self[$0] })
    var before = [Double](repeating: 0, count: weight.count - x[0].count)
    return x.map {
      TokenStep.causalConvolution($0, weight: weight, bias: bias, silu: silu, inputs: &before)
    }
  }

  /// RWKV-7's token shift: x_t + (x_{t−1} − x_t) ⊙ w for the input named.
  func shifted(_ t: Int, _ name: String) throws -> [Double] {
    let (x, w) = (inputs[t], try self["x_" + name])
    let before = t == 0 ? [Double](repeating: 0, count: x.count) : inputs[t - 1]
    return x.indices.map { x[$0] + (before[$0] - x[$0]) * w[$0] }
  }
}
