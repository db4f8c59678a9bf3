import Autodiff
import Foundation
import Support

/// The initial values of the network that makes a long filter.
public enum FilterStart: String, SettingChoice {
  /// N(0, 0.02) and biases 0: what the published runs had, with nearly no filter at the start.
  case published
  /// PyTorch's default, U(±1/√fan_in), also for biases.
  case torch
  /// As `published`, with sines of frequency 10.
  case live

  /// The initial values of a weight or bias with so many inputs.
  func initializer(inputs: Int, isBias: Bool = false) -> Initializer {
    switch self {
    case .published, .live: isBias ? .zeros : .normal(std: 0.02)
    case .torch: .uniform(bound: 1 / Double(inputs).squareRoot())
    }
  }
}

extension ParameterLayout {
  /// A filter network's linear layer.
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
  /// Of one sequence: transforms of the input, of the kernel and back, and the product between them. A complex
  /// transform of n points counts as 5/2 n log₂ n.
  static func multiplyAdds(length: Int, channels: Int, kernels: Int) -> Int {
    var (points, levels) = (1, 0)
    while points < length { (points, levels) = (2 * points, levels + 1) }
    let transform = 5 * points * levels / 2
    return channels * (2 * transform + 4 * points) + kernels * transform
  }
}
