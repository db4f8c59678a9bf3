import Foundation
import Kernels

extension Tape {
  /// y = x ⊙ exp(−t |δ|): x, y [1, length, channels], t at least [length] and δ [channels] parameters that are not
  /// trained. Hyena's window (Poli et al. 2023, section 3.3).
  public func decayWindow(_ x: Tensor, times t: Parameter, rates: Parameter) -> Tensor {
    precondition(!t.isTrained && !rates.isTrained, "a window that is trained")
    return decayWindow(
      x, times: UnsafeBufferPointer(start: values(of: t), count: t.count),
      rates: UnsafeBufferPointer(start: values(of: rates), count: rates.count))
  }

  /// The same by numbers. Arrays, because a generic function would allocate for every number that it reads.
  package func decayWindow(_ x: Tensor, times: [Float], rates: [Float]) -> Tensor {
    times.withUnsafeBufferPointer { times in
      rates.withUnsafeBufferPointer { decayWindow(x, times: times, rates: $0) }
    }
  }

  private func decayWindow(
    _ x: Tensor, times: UnsafeBufferPointer<Float>, rates: UnsafeBufferPointer<Float>
  ) -> Tensor {
    precondition(
      x.batch == 1 && times.count >= x.length && rates.count == x.channels,
      "a window of \(times.count) times and \(rates.count) rates over [\(x.rows), \(x.channels)]")
    let y = tensor(batch: 1, length: x.length, channels: x.channels)
    let window = arena.allocate(x.rows * x.channels)
    for (row, time) in times.prefix(x.length).enumerated() {
      for (channel, rate) in rates.enumerated() {
        window[row * x.channels + channel] = -time * abs(rate)
      }
    }
    Kernels.exponential(x.rows * x.channels, window, into: window)
    let rows = Rows(window, stride: x.channels)
    Kernels.multiplyRows(x.rows, x.channels, x.valueRows, rows, into: y.valueRows)
    record(DecayWindow(x: x, window: rows, result: y))
    return y
  }
}

private struct DecayWindow: RecordedOperation {
  let x: Tensor
  let window: Rows
  let result: Tensor

  func backward(on tape: Tape) {
    let target = tape.gradientRows(of: x)
    Kernels.multiplyRows(
      x.rows, x.channels, result.gradientRows, window, into: target.rows,
      accumulate: target.accumulates)
  }
}

extension TokenStep {
  /// x ⊙ exp(−t |δ|) of one time t.
  public static func decayWindow(_ x: [Double], time: Double, rates: [Double]) -> [Double] {
    zip(x, rates).map { $0 * exp(-time * abs($1)) }
  }
}
