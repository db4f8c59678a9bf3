import Kernels

extension Tape {
  /// Depthwise causal convolution along time, then SiLU:
  /// y_t = SiLU(bias + Σ_w weight[·, w] ⊙ x_{t−W+1+w}), with x = 0 before each example's first step.
  ///
  /// x, y [batch, length, C], weight [C, 1, W] (the layout of PyTorch's Conv1d with groups = C), bias [C].
  public func causalConvolution(_ x: Tensor, weight: Parameter, bias: Parameter) -> Tensor {
    let (channels, width) = (x.channels, weight.shape[2])
    precondition(
      weight.shape[0] == channels && weight.count == channels * width && bias.count == channels,
      "convolution of \(channels) channels by \(weight.shape) with bias \(bias.shape)")
    let y = tensor(batch: x.batch, length: x.length, channels: channels)
    let operation = ShortConvolution(x: x, weight: weight, bias: bias, result: y)
    operation.forward(on: self)
    record(operation)
    return y
  }
}

private struct ShortConvolution: RecordedOperation {
  let x: Tensor, weight: Parameter, bias: Parameter
  let result: Tensor

  private var channels: Int { x.channels }
  private var width: Int { weight.shape[2] }

  func forward(on tape: Tape) {
    tape.arena.withScratch {
      let taps = tapMajor(on: tape)  // [W, C]
      for example in 0..<x.batch {
        Kernels.causalConvolution(
          kernel(example, taps, on: tape), into: result.values + example * x.length * channels,
          stride: channels)
      }
    }
  }

  func backward(on tape: Tape) {
    let (arena, y, accumulates) = (tape.arena, result, tape.accumulates(x))
    arena.withScratch {
      let taps = tapMajor(on: tape)  // [W, C]
      let slope = arena.allocate(width == 4 ? 0 : x.length * channels)  // [length, C]
      let tapGradient = arena.allocate(width * channels)  // [W, C]
      tapGradient.update(repeating: 0, count: width * channels)
      for example in 0..<x.batch {
        let row = example * x.length
        Kernels.causalConvolutionBackward(
          kernel(example, taps, on: tape), dy: y.gradient + row * y.rowStride,
          dyStride: y.rowStride, slope: slope, dx: x.gradient + row * x.rowStride,
          dxStride: x.rowStride, accumulates: accumulates, weightGradient: tapGradient,
          biasGradient: tape.gradient(of: bias))
      }
      let gradient = tape.gradient(of: weight)
      for channel in 0..<channels {
        for tap in 0..<width {
          gradient[channel * width + tap] += tapGradient[tap * channels + channel]
        }
      }
    }
  }

  private func kernel(
    _ example: Int, _ taps: UnsafePointer<Float>, on tape: Tape
  ) -> CausalConvolution {
    CausalConvolution(
      length: x.length, channels: channels, width: width,
      x: x.values + example * x.length * x.rowStride, xStride: x.rowStride, weight: taps,
      bias: tape.values(of: bias))
  }

  /// The weight as [W, C] in scratch memory, because the kernels' loops run along channels.
  private func tapMajor(on tape: Tape) -> UnsafePointer<Float> {
    let values = tape.values(of: weight)
    let taps = tape.arena.allocate(weight.count)
    for channel in 0..<channels {
      for tap in 0..<width { taps[tap * channels + channel] = values[channel * width + tap] }
    }
    return UnsafePointer(taps)
  }
}

extension TokenStep {
  /// Depthwise causal convolution, then SiLU, of one token: y = SiLU(bias + Σ_w weight[·, w] ⊙ x_{t−W+1+w}).
  ///
  /// x, y, bias [C]; weight [C, W]. `inputs` [W − 1, C] are the inputs before this one, oldest first.
  public static func causalConvolution(
    _ x: [Double], weight: [Double], bias: [Double], inputs: inout [Double]
  ) -> [Double] {
    let (channels, width) = (x.count, weight.count / x.count)
    precondition(
      inputs.count == (width - 1) * channels,
      "\(inputs.count) earlier inputs for \(width) taps of \(channels) channels")
    let window = inputs + x  // [W, C]
    inputs = Array(window[channels...])
    return (0..<channels).map { c in
      silu((0..<width).reduce(bias[c]) { $0 + weight[c * width + $1] * window[$1 * channels + c] })
    }
  }
}
