import Kernels

extension Tape {
  /// κ_j = Σ_n C_{n+j} B_n, the response of a state space whose matrix shifts by one: s ← shift(s) + B x, y = C · s.
  /// B [channels, N], C [1, channels, N] → κ [1, N, channels].
  ///
  /// H3's shift (Fu et al. 2023, section 3.1).
  public func shiftKernel(inputs b: Parameter, outputs c: Parameter) -> Tensor {
    let (channels, states) = (b.shape[0], b.shape[1])
    precondition(c.count == b.count, "a shift by \(b.shape) and \(c.shape)")
    let kernel = tensor(batch: 1, length: states, channels: channels)
    record(ShiftKernel(inputs: b, outputs: c, result: kernel))
    let (b, c) = (values(of: b), values(of: c))
    for channel in 0..<channels {
      for tap in 0..<states {
        var sum: Float = 0
        for n in 0..<states - tap {
          sum += c[channel * states + n + tap] * b[channel * states + n]
        }
        kernel.values[tap * channels + channel] = sum
      }
    }
    return kernel
  }
}

private struct ShiftKernel: RecordedOperation {
  let inputs: Parameter  // B [channels, N]
  let outputs: Parameter  // C [1, channels, N]
  let result: Tensor

  /// dB_n = Σ_j dκ_j C_{n+j}, dC_{n+j} = Σ dκ_j B_n.
  func backward(on tape: Tape) {
    let (channels, states) = (inputs.shape[0], inputs.shape[1])
    let (b, c) = (tape.values(of: inputs), tape.values(of: outputs))
    let (db, dc) = (tape.gradient(of: inputs), tape.gradient(of: outputs))
    for channel in 0..<channels {
      let first = channel * states
      for tap in 0..<states {
        let gradient = result.gradient[tap * channels + channel]
        for n in first..<first + states - tap {
          db[n] += gradient * c[n + tap]
          dc[n + tap] += gradient * b[n]
        }
      }
    }
  }
}

extension TokenStep {
  /// s ← shift(s) + B x, y = C · s + D x for one token: x, y, D [channels]; B, C, the state s [channels, N].
  // swift-format-ignore: AlwaysUseLowerCamelCase
  public static func shift(
    _ x: [Double], inputs b: [Double], outputs c: [Double], D d: [Double],
    state s: inout [Double]
  ) -> [Double] {
    let states = b.count / x.count
    return x.indices.map { channel in
      let range = channel * states..<(channel + 1) * states
      var y = d[channel] * x[channel]
      for index in range.reversed() {
        s[index] = (index > range.lowerBound ? s[index - 1] : 0) + b[index] * x[channel]
        y += c[index] * s[index]
      }
      return y
    }
  }
}
