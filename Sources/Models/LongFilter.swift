import Autodiff
import Foundation
import Support

/// The initial values of the network that makes a long filter.
public enum FilterStart: String, SettingChoice {
  /// Weights N(0, 0.02) and biases 0, as in the published runs: the filter starts near 0.
  case published
  /// PyTorch's default: weights and biases U(±1/√fan_in).
  case torch
  /// As `published`, with sines of frequency 10.
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
