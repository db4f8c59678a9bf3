import Autodiff

/// Taps of the short causal convolution in Mamba and SSD.
let shortConvolutionWidth = 4

extension Initializer {
  /// dt log-uniform in [1e-3, 0.1] with floor 1e-4, through softplus⁻¹ (mamba_ssm).
  static let timeStepBias = Initializer.inverseSoftplusOfTimeStep(low: 1e-3, high: 0.1, floor: 1e-4)
}

extension ParameterLayout {
  /// A linear weight [out, in], in the mixer's own publication with PyTorch's default start U(±1/√in), divided by
  /// √layers for an output projection.
  func addLinear(
    _ name: String, _ shape: [Int], _ context: LayerContext, isOutput: Bool = false
  ) -> Parameter {
    let bound = 1 / (Double(shape[1]) * Double(isOutput ? context.layers : 1)).squareRoot()
    return add(
      context.prefix + name, shape,
      context.linearStart(.uniform(bound: bound), isOutput: isOutput), isMatrix: true)
  }

  /// A depthwise convolution's weight [channels, 1, width] and bias [channels], PyTorch's default start.
  func addShortConvolution(
    _ name: String, channels: Int, width: Int = shortConvolutionWidth
  ) -> (weight: Parameter, bias: Parameter) {
    (
      addConvolutionWeight(name, channels: channels, width: width),
      add(name + ".bias", [channels], .uniform(bound: 1 / Double(width).squareRoot()))
    )
  }

  /// The weight alone.
  func addConvolutionWeight(_ name: String, channels: Int, width: Int) -> Parameter {
    add(
      name + ".weight", [channels, 1, width], .uniform(bound: 1 / Double(width).squareRoot()),
      isMatrix: true)
  }
}
