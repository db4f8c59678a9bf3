import CKernels

/// The depthwise convolution of one example along the sequence: x [length, channels], weight [width, channels] (tap
/// `width − 1` is for the last step that is seen), bias [channels].
public struct CausalConvolution {
  public let length: Int, channels: Int, width: Int
  /// Steps after the current one that its result sees; 0 for a causal convolution.
  public let ahead: Int
  public let x: UnsafePointer<Float>
  public let xStride: Int
  public let weight: UnsafePointer<Float>
  public let bias: UnsafePointer<Float>
  /// Whether SiLU follows.
  public let appliesSiLU: Bool

  public init(
    length: Int, channels: Int, width: Int, ahead: Int = 0, x: UnsafePointer<Float>, xStride: Int,
    weight: UnsafePointer<Float>, bias: UnsafePointer<Float>, appliesSiLU: Bool = true
  ) {
    precondition(
      width > 0 && (0..<width).contains(ahead), "a convolution of width \(width), \(ahead) ahead")
    checkRows(length, channels, stride: xStride)
    (self.length, self.channels, self.width) = (length, channels, width)
    self.ahead = ahead
    (self.x, self.xStride, self.weight, self.bias) = (x, xStride, weight, bias)
    self.appliesSiLU = appliesSiLU
  }

  fileprivate var operands: recall_convolution {
    recall_convolution(
      length: length, channels: channels, width: width, ahead: ahead, x: x, x_stride: xStride,
      weight: weight, bias: bias, silu: appliesSiLU ? 1 : 0)
  }
}

extension Kernels {
  /// y_t = SiLU(bias + Σ_w weight[w] x_{t+ahead−width+1+w}), or that without SiLU, with zeros before the
  /// first step and after the last; y [length, channels].
  public static func causalConvolution(
    _ convolution: CausalConvolution, into y: UnsafeMutablePointer<Float>, stride: Int
  ) {
    checkRows(convolution.length, convolution.channels, stride: stride)
    withUnsafePointer(to: convolution.operands) { recall_causal_convolution($0, y, stride) }
  }

  /// Adds to the gradients of weight and bias; assigns the gradient of x, or adds to it if `accumulates`. `slope` is
  /// scratch memory of length · channels floats; a causal convolution of width 4 does not use it.
  public static func causalConvolutionBackward(
    _ convolution: CausalConvolution, dy: UnsafePointer<Float>, dyStride: Int,
    slope: UnsafeMutablePointer<Float>, dx: UnsafeMutablePointer<Float>, dxStride: Int,
    accumulates: Bool, weightGradient: UnsafeMutablePointer<Float>,
    biasGradient: UnsafeMutablePointer<Float>
  ) {
    checkRows(convolution.length, convolution.channels, stride: min(dyStride, dxStride))
    let gradients = recall_convolution_gradients(
      dy: dy, dy_stride: dyStride, slope: slope, dx: dx, dx_stride: dxStride,
      adds_dx: accumulates ? 1 : 0, dweight: weightGradient, dbias: biasGradient)
    withUnsafePointer(to: convolution.operands) { operands in
      withUnsafePointer(to: gradients) { recall_causal_convolution_backward(operands, $0) }
    }
  }
}
