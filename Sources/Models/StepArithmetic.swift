import Autodiff
import Foundation

/// The plain double-precision arithmetic that `step` is written in.
extension Weights {
  /// W x + b, with W [out, in].
  func linear(_ x: [Double], _ weight: Parameter, _ bias: Parameter? = nil) -> [Double] {
    let (outputs, inputs) = (weight.shape[0], weight.shape[1])
    precondition(x.count == inputs, "\(weight.name): \(x.count) inputs for \(inputs)")
    let w = Array(self(weight))
    var y = bias.map { Array(self($0)) } ?? [Double](repeating: 0, count: outputs)
    for o in 0..<outputs {
      for i in 0..<inputs { y[o] += w[o * inputs + i] * x[i] }
    }
    return y
  }

  /// LayerNorm where the normalization has a bias, RMSNorm where it has none.
  func normalize(_ x: [Double], _ norm: Normalization) -> [Double] {
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
  func convolution(
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

func silu(_ x: Double) -> Double { x / (1 + exp(-x)) }

func softplus(_ x: Double) -> Double { x > 30 ? x : log1p(exp(x)) }
