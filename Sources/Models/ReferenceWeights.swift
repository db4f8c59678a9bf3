import Autodiff

/// Parameter values in Double, for the specifications, which are plain loops.
public struct ReferenceWeights: Sendable {
  /// The values; nil means that all are 0.
  private let values: [Double]?

  /// Weights that are all 0. With them `step` computes no products, which is enough to see how a state grows.
  package static let zeros = ReferenceWeights()

  private init() { values = nil }

  public init(_ buffer: ParameterBuffer) {
    values = UnsafeBufferPointer(start: buffer.values, count: buffer.count).map(Double.init)
  }

  /// The elements of a parameter, row major.
  public func callAsFunction(_ parameter: Parameter) -> [Double] {
    guard let values else { return [Double](repeating: 0, count: parameter.count) }
    return Array(values[parameter.offset..<(parameter.offset + parameter.count)])
  }
}

/// The operations that mixers use in `step`.
extension ReferenceWeights {
  /// W x + b, with W [out, in] or block-diagonal [blocks, out / blocks, in / blocks].
  public func linear(_ x: [Double], _ weight: Parameter, _ bias: Parameter? = nil) -> [Double] {
    guard values != nil else {
      let rows = weight.shape.dropLast().reduce(1, *)
      return [Double](repeating: 0, count: rows)
    }
    let bias = bias.map(callAsFunction)
    return weight.shape.count == 3
      ? TokenStep.blockDiagonalLinear(
        x, weight: self(weight), blocks: weight.shape[0], bias: bias)
      : TokenStep.linear(x, weight: self(weight), bias: bias)
  }

  /// LayerNorm where the normalization has a bias, RMSNorm where it has none.
  public func normalize(_ x: [Double], _ norm: Normalization) -> [Double] {
    TokenStep.norm(
      x, weight: self(norm.weight), bias: norm.bias.map(callAsFunction),
      epsilon: Double(norm.epsilon))
  }

  /// Depthwise causal convolution, then SiLU unless it is turned off. `inputs` [width − 1, channels] holds the inputs
  /// before this one, oldest first; this one is appended and the oldest removed.
  public func convolution(
    _ x: [Double], _ weight: Parameter, _ bias: Parameter?, silu: Bool = true,
    inputs: inout [Double]
  ) -> [Double] {
    TokenStep.causalConvolution(
      x, weight: self(weight), bias: bias.map(callAsFunction), silu: silu, inputs: &inputs)
  }
}
