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

extension OperationCatalog {
  static let sineChecks = [(1, 1, 1), (3, 7, 16), (1, 16, 17), (1, 17, 7), (2, 65, 33)].map {
    batch, length, channels in
    OperationCheck(
      "sine \(batch)×\(length)×\(channels)",
      activations: [.init(batch, length, channels, .normal(scale: 3))],
      weights: [.init([channels], .uniform(0, 10))]
    ) { tape, x, w in
      [tape.sine(x[0], frequency: w[0])]
    } reference: { x, w in
      [
        (0..<batch * length).flatMap {
          TokenStep.sine(x[0].row($0, of: channels), frequency: w[0])
        }
      ]
    }
  }
}
