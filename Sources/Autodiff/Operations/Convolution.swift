import Foundation
import Kernels

extension Tape {
  /// Depthwise causal convolution along time, then SiLU:
  /// y_t = SiLU(bias + Σ_w weight[·, w] ⊙ x_{t−W+1+w}), with x = 0 before each example's first step.
  ///
  /// x, y [batch, time, C], weight [C, 1, W] (the layout of PyTorch's Conv1d with groups = C), bias [C].
  public func causalConvolution(_ x: Tensor, weight: Parameter, bias: Parameter) -> Tensor {
    let (channels, width) = (x.channels, weight.shape[2])
    precondition(
      weight.shape == [channels, 1, width] && bias.shape == [channels],
      "convolution of \(channels) channels by \(weight.shape) with bias \(bias.shape)")
    let y = tensor(batch: x.batch, time: x.time, channels: channels)
    arena.withScratch {
      let taps = tapMajor(weight)  // [W, C]
      for example in 0..<x.batch {
        Kernels.causalConvolution(
          convolution(x, example, taps, bias, width), into: y.values + example * x.time * channels,
          stride: channels)
      }
    }
    record("causal convolution") { [self] in
      expectGradient(of: y, in: "causal convolution")
      let accumulate = accumulates(x)
      arena.withScratch {
        let taps = tapMajor(weight)  // [W, C]
        let slope = arena.allocate(x.time * channels)  // [time, C]
        let tapGradient = arena.allocate(width * channels)  // [W, C]
        tapGradient.update(repeating: 0, count: width * channels)
        for example in 0..<x.batch {
          let row = example * x.time
          Kernels.causalConvolutionBackward(
            convolution(x, example, taps, bias, width), dy: y.gradient + row * y.rowStride,
            dyStride: y.rowStride, slope: slope, dx: x.gradient + row * x.rowStride,
            dxStride: x.rowStride, accumulate: accumulate, weightGradient: tapGradient,
            biasGradient: gradient(of: bias))
        }
        let gradient = gradient(of: weight)
        for channel in 0..<channels {
          for tap in 0..<width {
            gradient[channel * width + tap] += tapGradient[tap * channels + channel]
          }
        }
      }
    }
    return y
  }

  private func convolution(
    _ x: Tensor, _ example: Int, _ taps: UnsafePointer<Float>, _ bias: Parameter, _ width: Int
  ) -> CausalConvolution {
    CausalConvolution(
      time: x.time, channels: x.channels, width: width,
      x: x.values + example * x.time * x.rowStride, xStride: x.rowStride, weight: taps,
      bias: values(of: bias))
  }

  /// The weight as [W, C] in scratch, so that kernels run along channels.
  private func tapMajor(_ weight: Parameter) -> UnsafePointer<Float> {
    let (channels, width, values) = (weight.shape[0], weight.shape[2], values(of: weight))
    let taps = arena.allocate(weight.count)
    for channel in 0..<channels {
      for tap in 0..<width { taps[tap * channels + channel] = values[channel * width + tap] }
    }
    return UnsafePointer(taps)
  }
}

extension OperationCatalog {
  static let convolutionChecks = [
    (1, 1, 1, 4), (1, 7, 16, 4), (3, 16, 17, 4), (1, 17, 7, 4), (1, 65, 33, 4), (3, 2, 16, 4),
    (1, 7, 5, 1), (3, 7, 17, 3), (1, 17, 16, 9),
  ].map { batch, time, channels, width in
    OperationCheck(
      "causal convolution \(batch)×\(time)×\(channels) width \(width)",
      activations: [.init(batch, time, channels)],
      weights: [.init([channels, 1, width]), .init([channels])]
    ) { tape, x, w in
      [tape.causalConvolution(x[0], weight: w[0], bias: w[1])]
    } reference: { x, w in
      var y = [Double](repeating: 0, count: batch * time * channels)
      for row in 0..<(batch * time) {
        for channel in 0..<channels {
          var sum = w[1][channel]
          for tap in 0..<width where row % time - width + 1 + tap >= 0 {
            sum += w[0][channel * width + tap] * x[0][(row - width + 1 + tap) * channels + channel]
          }
          y[row * channels + channel] = sum / (1 + exp(-sum))
        }
      }
      return [y]
    }
  }
}
