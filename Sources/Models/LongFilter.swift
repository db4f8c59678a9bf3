import Autodiff
import Foundation
import Support

/// The initial values of the network that makes a long filter.
public enum FilterStart: String, SettingChoice {
  /// Weights N(0, 0.02) and biases 0, as in the published runs: the filter starts near 0.
  case published
  /// PyTorch's default: weights and biases U(±1/√fan_in).
  case torch
  /// The initial weights of `published`, with sines of frequency 10.
  case live

  /// The initial values of the weight or the bias of a layer with this number of inputs.
  func initializer(inputs: Int, isBias: Bool = false) -> Initializer {
    switch self {
    case .published, .live: isBias ? .zeros : .normal(std: 0.02)
    case .torch: .uniform(bound: 1 / Double(inputs).squareRoot())
    }
  }
}

extension ParameterLayout {
  /// Adds a linear layer of a filter's network.
  func addFilterLayer(
    _ name: String, _ shape: [Int], _ start: FilterStart, hasBias: Bool = true
  ) -> (weight: Parameter, bias: Parameter?) {
    (
      add(name + ".weight", shape, start.initializer(inputs: shape[1]), isMatrix: true),
      hasBias
        ? add(name + ".bias", [shape[0]], start.initializer(inputs: shape[1], isBias: true)) : nil
    )
  }
}

/// The network that makes a long filter from features z of a position: W₆ sin(ω ⊙ (W₄ sin(ω ⊙ (W₂ sin(ω ⊙ (W₀ z + b₀)) +
/// b₂)) + b₄)).
struct FilterNetwork: Sendable {
  /// A sine follows each of these layers.
  let hidden: [(weight: Parameter, bias: Parameter?)]
  let frequency: Parameter  // ω [1, R]
  let output: Parameter

  /// Where the frequency of a network's sines comes from.
  enum Frequency {
    /// It starts with this value. Networks of these names share it. Public checkpoints hold it once for each sine.
    case own(Float, sharedWith: [String])
    case shared(Parameter)
  }

  init(
    _ name: String, features: Int, order: Int, channels: Int, _ start: FilterStart,
    _ frequency: Frequency, in layout: ParameterLayout
  ) {
    hidden = [(0, features), (2, order), (4, order)].map { index, inputs in
      layout.addFilterLayer("\(name).\(index)", [order, inputs], start)
    }
    switch frequency {
    case .shared(let parameter): self.frequency = parameter
    case .own(let value, let others):
      let names = ([name] + others).flatMap { name in [1, 3, 5].map { "\(name).\($0).freq" } }
      self.frequency = layout.add(
        names[0], [1, order], .numbers(.init(repeating: value, count: order)),
        otherNames: Array(names.dropFirst()))
    }
    output = layout.addFilterLayer("\(name).6", [channels, order], start, hasBias: false).weight
  }

  /// δ in even steps from the slowest rate to the fastest. With them e^{−t |δ|} falls to 0.01 at t = 1.5 and t = 0.3,
  /// where t = 1 is the end of the longest sequence.
  static func rates(_ channels: Int) -> [Float] {
    let (first, last) = (log(0.01) / 1.5, log(0.01) / 0.3)
    return (0..<channels).map {
      Float(first + (last - first) * Double($0) / Double(max(1, channels - 1)))
    }
  }

  /// z [1, taps, features] → [1, taps, channels]
  func callAsFunction(_ z: Tensor, on tape: Tape) -> Tensor {
    let activated = hidden.reduce(z) { x, layer in
      tape.sine(tape.linear(x, weight: layer.weight, bias: layer.bias), frequency: frequency)
    }
    return tape.linear(activated, weight: output)
  }

  /// The same for one tap in Double.
  func step(_ z: [Double], weights: ReferenceWeights) -> [Double] {
    let frequency = weights(frequency)
    let activated = hidden.reduce(z) { x, layer in
      TokenStep.sine(weights.linear(x, layer.weight, layer.bias), frequency: frequency)
    }
    return weights.linear(activated, output)
  }

  /// Multiply-adds of one tap.
  var count: Int { hidden.reduce(output.count) { $0 + $1.weight.count } }

  /// Numbers that are made for one tap: results of the layers, and sines.
  var widths: Int { hidden.reduce(output.shape[0]) { $0 + 2 * $1.weight.shape[0] } }
}

/// Multiply-adds of convolutions by fast Fourier transforms.
enum LongConvolutionArithmetic {
  /// For one sequence: the transforms of inputs and kernels, their product, and the transform back. A complex
  /// transform of n points counts as 5/2 n log₂ n.
  static func multiplyAdds(length: Int, channels: Int, kernels: Int) -> Int {
    var (points, levels) = (1, 0)
    while points < length { (points, levels) = (2 * points, levels + 1) }
    let transform = 5 * points * levels / 2
    return channels * (2 * transform + 4 * points) + kernels * transform
  }
}
