import Autodiff

/// Taps of the short causal convolution in Mamba and SSD.
let shortConvolutionWidth = 4

extension Initializer {
  /// The inverse softplus of a dt that is log-uniform in [1e-3, 0.1] and at least 1e-4, as in mamba_ssm.
  static let dtBias = Initializer.inverseSoftplusOfDt(low: 1e-3, high: 0.1, floor: 1e-4)
}

extension ParameterLayout {
  /// Adds a linear weight [out, in]. In the mixer's own publication it starts as PyTorch's default U(±1/√in), an
  /// output projection divided by √layers.
  func addLinear(
    _ name: String, _ shape: [Int], _ context: LayerContext, isOutput: Bool = false
  ) -> Parameter {
    let bound = 1 / (Double(shape[1]) * Double(isOutput ? context.layers : 1)).squareRoot()
    return add(
      context.prefix + name, shape,
      context.linearStart(.uniform(bound: bound), isOutput: isOutput), isMatrix: true)
  }

  /// Adds a depthwise convolution's weight [channels, 1, width] and bias [channels], which start as PyTorch's defaults.
  func addShortConvolution(
    _ name: String, channels: Int, width: Int = shortConvolutionWidth
  ) -> (weight: Parameter, bias: Parameter) {
    (
      addConvolutionWeight(name, channels: channels, width: width),
      add(name + ".bias", [channels], .uniform(bound: 1 / Double(width).squareRoot()))
    )
  }

  /// Adds the weight without a bias.
  func addConvolutionWeight(_ name: String, channels: Int, width: Int) -> Parameter {
    add(
      name + ".weight", [channels, 1, width], .uniform(bound: 1 / Double(width).squareRoot()),
      isMatrix: true)
  }
}
