import Foundation
import Kernels

extension Tape {
  /// y = sin(frequency ⊙ x): x, y [batch, length, channels], frequency [channels].
  ///
  /// The nonlinearity of implicit filters (Sitzmann et al. 2020, SIREN; Poli et al. 2023, Hyena).
  public func sine(_ x: Tensor, frequency: Parameter) -> Tensor {
    precondition(
      frequency.count == x.channels, "\(frequency.count) frequencies of \(x.channels) channels")
    let y = tensor(batch: x.batch, length: x.length, channels: x.channels)
    Kernels.sine(
      x.rows, x.channels, x.valueRows, frequency: values(of: frequency), into: y.valueRows)
    record(Sine(x: x, frequency: frequency, result: y))
    return y
  }
}

private struct Sine: RecordedOperation {
  let x: Tensor, frequency: Parameter
  let result: Tensor

  func backward(on tape: Tape) {
    Kernels.sineBackward(
      x.rows, x.channels, x.valueRows, frequency: tape.values(of: frequency),
      dy: result.gradientRows, dx: tape.gradientRows(of: x),
      frequencyGradient: tape.gradient(of: frequency))
  }
}

extension TokenStep {
  /// sin(frequency ⊙ x).
  public static func sine(_ x: [Double], frequency: [Double]) -> [Double] {
    zip(x, frequency).map { sin($0 * $1) }
  }
}
