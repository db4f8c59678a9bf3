import Kernels

extension Tape {
  /// Depthwise causal convolution along time, then SiLU unless it is switched off:
  /// y_t = SiLU(bias + Σ_w weight[·, w] ⊙ x_{t−W+1+w}), with x = 0 before each example's first step.
  ///
  /// x, y [batch, length, C], weight [C, 1, W] (the layout of PyTorch's Conv1d with groups = C), bias [C].
  public func causalConvolution(
    _ x: Tensor, weight: Parameter, bias: Parameter? = nil, silu: Bool = true
  ) -> Tensor {
    convolution(x, weight: weight, bias: bias, silu: silu, ahead: 0)
  }

  /// The same with the window's middle on the step, for an odd width: y_t = SiLU(bias + Σ_w weight[·, w] ⊙ x_{t−⌊W/2⌋+w}),
  /// with x = 0 before each example's first step and after its last.
  public func centredConvolution(
    _ x: Tensor, weight: Parameter, bias: Parameter? = nil, silu: Bool = true
  ) -> Tensor {
    precondition(weight.shape[2] % 2 == 1, "a centred convolution of width \(weight.shape[2])")
    return convolution(x, weight: weight, bias: bias, silu: silu, ahead: weight.shape[2] / 2)
  }

  private func convolution(
    _ x: Tensor, weight: Parameter, bias: Parameter?, silu: Bool, ahead: Int
  ) -> Tensor {
    let (channels, width) = (x.channels, weight.shape[2])
    precondition(
      weight.shape[0] == channels && weight.count == channels * width
        && (bias?.count ?? channels) == channels,
      "convolution of \(channels) channels by \(weight.shape) with bias \(bias?.shape ?? [])")
    let y = tensor(batch: x.batch, length: x.length, channels: channels)
    let operation = ShortConvolution(
      x: x, weight: weight, bias: bias, silu: silu, ahead: ahead, result: y)
    operation.forward(on: self)
    record(operation)
    return y
  }
}

private struct ShortConvolution: RecordedOperation {
  let x: Tensor, weight: Parameter, bias: Parameter?
  let silu: Bool
  /// Steps after its own that a result sees.
  let ahead: Int
  let result: Tensor

  private var channels: Int { x.channels }
  private var width: Int { weight.shape[2] }

  func forward(on tape: Tape) {
    tape.arena.withScratch {
      let (taps, bias) = (tapMajor(on: tape), biasOrZeros(on: tape))  // [W, C], [C]
      for example in 0..<x.batch {
        Kernels.causalConvolution(
          kernel(example, taps, bias), into: result.values + example * x.length * channels,
          stride: channels)
      }
    }
  }

  func backward(on tape: Tape) {
    let (arena, y, accumulates) = (tape.arena, result, tape.accumulates(x))
    arena.withScratch {
      let (taps, biasValues) = (tapMajor(on: tape), biasOrZeros(on: tape))  // [W, C], [C]
      let biasGradient = bias.map { tape.gradient(of: $0) } ?? arena.allocate(channels)
      let slope = arena.allocate(width == 4 && ahead == 0 ? 0 : x.length * channels)  // [length, C]
      let tapGradient = arena.allocate(width * channels)  // [W, C]
      tapGradient.update(repeating: 0, count: width * channels)
      for example in 0..<x.batch {
        let row = example * x.length
        Kernels.causalConvolutionBackward(
          kernel(example, taps, biasValues), dy: y.gradient + row * y.rowStride,
          dyStride: y.rowStride, slope: slope, dx: x.gradient + row * x.rowStride,
          dxStride: x.rowStride, accumulates: accumulates, weightGradient: tapGradient,
          biasGradient: biasGradient)
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
    _ example: Int, _ taps: UnsafePointer<Float>, _ bias: UnsafePointer<Float>
  ) -> CausalConvolution {
    CausalConvolution(
      length: x.length, channels: channels, width: width, ahead: ahead,
      x: x.values + example * x.length * x.rowStride, xStride: x.rowStride, weight: taps,
      bias: bias, appliesSiLU: silu)
  }

  private func biasOrZeros(on tape: Tape) -> UnsafePointer<Float> {
    if let bias { return tape.values(of: bias) }
    let zeros = tape.arena.allocate(channels)
    zeros.update(repeating: 0, count: channels)
    return UnsafePointer(zeros)
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
  /// Depthwise centred convolution of a whole sequence: y_t = bias + Σ_w weight[·, w] ⊙ x_{t−⌊W/2⌋+w}, x = 0 outside.
  ///
  /// x, y [length][C]; weight [C, W]; bias [C].
  public static func centredConvolution(
    _ x: [[Double]], weight: [Double], bias: [Double]? = nil
  ) -> [[Double]] {
    let channels = x.first?.count ?? 0
    let width = channels == 0 ? 0 : weight.count / channels
    return x.indices.map { t in
      (0..<channels).map { c in
        (0..<width).reduce(bias?[c] ?? 0) { sum, tap in
          let source = t - width / 2 + tap
          return x.indices.contains(source) ? sum + weight[c * width + tap] * x[source][c] : sum
        }
      }
    }
  }

  /// Depthwise causal convolution, then SiLU unless it is switched off, of one token:
  /// y = SiLU(bias + Σ_w weight[·, w] ⊙ x_{t−W+1+w}).
  ///
  /// x, y, bias [C]; weight [C, W]. `inputs` [W − 1, C] are the inputs before this one, oldest first.
  public static func causalConvolution(
    _ x: [Double], weight: [Double], bias: [Double]? = nil, silu: Bool = true,
    inputs: inout [Double]
  ) -> [Double] {
    let (channels, width) = (x.count, weight.count / x.count)
    precondition(
      inputs.count == (width - 1) * channels,
      "\(inputs.count) earlier inputs for \(width) taps of \(channels) channels")
    let window = inputs + x  // [W, C]
    inputs = Array(window[channels...])
    return (0..<channels).map { c in
      let sum = (0..<width).reduce(bias?[c] ?? 0) {
        $0 + weight[c * width + $1] * window[$1 * channels + c]
      }
      return silu ? Self.silu(sum) : sum
    }
  }
}
