import Autodiff
import Foundation

/// Parameter values in Double, for specifications in plain loops.
public struct ReferenceWeights: Sendable {
  private let values: [Double]

  public init(_ buffer: ParameterBuffer) {
    values = UnsafeBufferPointer(start: buffer.values, count: buffer.count).map(Double.init)
  }

  /// The elements of a parameter, row major.
  public func callAsFunction(_ parameter: Parameter) -> ArraySlice<Double> {
    values[parameter.offset..<(parameter.offset + parameter.count)]
  }
}

/// The arithmetic that `step` is written in.
extension ReferenceWeights {
  /// W x + b, with W [out, in] or block-diagonal [blocks, out / blocks, in / blocks].
  public func linear(_ x: [Double], _ weight: Parameter, _ bias: Parameter? = nil) -> [Double] {
    let shape = weight.shape.count == 3 ? weight.shape : [1] + weight.shape
    let (blocks, outputs, inputs) = (shape[0], shape[1], shape[2])
    precondition(
      x.count == blocks * inputs, "\(weight.name): \(x.count) inputs for \(blocks * inputs)")
    let w = Array(self(weight))
    var y = bias.map { Array(self($0)) } ?? [Double](repeating: 0, count: blocks * outputs)
    for o in 0..<(blocks * outputs) {
      let first = o / outputs * inputs
      for i in 0..<inputs { y[o] += w[o * inputs + i] * x[first + i] }
    }
    return y
  }

  /// LayerNorm where the normalization has a bias, RMSNorm where it has none.
  public func normalize(_ x: [Double], _ norm: Normalization) -> [Double] {
    let weight = Array(self(norm.weight))
    guard let bias = norm.bias.map({ Array(self($0)) }) else {
      return zip(rootMeanSquareNormalized(x, epsilon: Double(norm.epsilon)), weight).map(*)
    }
    let mean = x.reduce(0, +) / Double(x.count)
    let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count)
    let scale = 1 / (variance + Double(norm.epsilon)).squareRoot()
    return x.indices.map { (x[$0] - mean) * scale * weight[$0] + bias[$0] }
  }

  /// Depthwise causal convolution and SiLU of one token; `tail` [width − 1, channels] are the inputs
  /// before it, oldest first, and moves on by one.
  public func convolution(
    _ x: [Double], _ weight: Parameter, _ bias: Parameter, tail: inout [Double]
  ) -> [Double] {
    let (channels, width) = (weight.shape[0], weight.shape[2])
    let (w, b) = (Array(self(weight)), Array(self(bias)))
    let window = tail + x
    tail = Array(window[channels...])
    return (0..<channels).map { c in
      silu((0..<width).reduce(b[c]) { $0 + w[c * width + $1] * window[$1 * channels + c] })
    }
  }
}

func rootMeanSquareNormalized(_ x: [Double], epsilon: Double) -> [Double] {
  let meanSquare = x.reduce(0) { $0 + $1 * $1 } / Double(x.count)
  return x.map { $0 / (meanSquare + epsilon).squareRoot() }
}

/// x Φ(x), in the form with the error function.
func gelu(_ x: Double) -> Double { x * erfc(-x / 2.0.squareRoot()) / 2 }

func silu(_ x: Double) -> Double { x / (1 + exp(-x)) }

func softplus(_ x: Double) -> Double { x > 30 ? x : log1p(exp(x)) }
