import CKernels

/// One example of a depthwise causal convolution along time: x [length, channels], weight [width, channels]
/// (tap `width − 1` meets the current step), bias [channels].
public struct CausalConvolution {
  public let length: Int, channels: Int, width: Int
  public let x: UnsafePointer<Float>
  public let xStride: Int
  public let weight: UnsafePointer<Float>
  public let bias: UnsafePointer<Float>

  public init(
    length: Int, channels: Int, width: Int, x: UnsafePointer<Float>, xStride: Int,
    weight: UnsafePointer<Float>, bias: UnsafePointer<Float>
  ) {
    (self.length, self.channels, self.width) = (length, channels, width)
    (self.x, self.xStride, self.weight, self.bias) = (x, xStride, weight, bias)
  }
}

extension Kernels {
  /// y_t = SiLU(bias + Σ_w weight[w] x_{t−width+1+w}), with zeros before the first step.
  public static func causalConvolution(
    _ convolution: CausalConvolution, into y: UnsafeMutablePointer<Float>, stride: Int
  ) {
    recall_causal_convolution(
      convolution.length, convolution.channels, convolution.width, convolution.x,
      convolution.xStride, convolution.weight, convolution.bias, y, stride)
  }

  /// Adds to the gradients of weight and bias; assigns that of x, or adds to it if `accumulate`.
  /// `slope` is scratch of length · channels floats; a convolution of width 4 needs none.
  public static func causalConvolutionBackward(
    _ convolution: CausalConvolution, dy: UnsafePointer<Float>, dyStride: Int,
    slope: UnsafeMutablePointer<Float>, dx: UnsafeMutablePointer<Float>, dxStride: Int,
    accumulate: Bool, weightGradient: UnsafeMutablePointer<Float>,
    biasGradient: UnsafeMutablePointer<Float>
  ) {
    recall_causal_convolution_backward(
      convolution.length, convolution.channels, convolution.width, convolution.x,
      convolution.xStride, convolution.weight, convolution.bias, dy, dyStride, slope, dx, dxStride,
      accumulate ? 1 : 0, weightGradient, biasGradient)
  }
}
