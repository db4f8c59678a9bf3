import Foundation
import Kernels

/// log(1 + exp x), as the kernels compute it for a time step.
package func plainSoftplus(_ x: Float) -> Double { max(Double(x), 0) + log1p(exp(-abs(Double(x)))) }

/// The plain twin of the SSD kernels, for one head in one chunk: rows are as long as the chunk.
package struct PlainDecay {
  private let raw: [Float], bias: Float, rate: Float
  package let dt: [Double]
  /// Cumulative log-decay.
  package let a: [Double]

  package init(raw: [Float], bias: Float, rate: Float) {
    (self.raw, self.bias, self.rate) = (raw, bias, rate)
    let dt = raw.map { plainSoftplus($0 + bias) }
    var sum = 0.0
    self.dt = dt
    a = dt.map {
      sum += Double(rate) * $0
      return sum
    }
  }

  /// With the log-decays given, and the same weight for every step.
  package init(logDecays: [Float], weight: Float) {
    (raw, bias, rate) = ([], 0, 0)
    dt = logDecays.map { _ in Double(weight) }
    var sum = 0.0
    a = logDecays.map {
      sum += Double($0)
      return sum
    }
  }

  package var length: Int { dt.count }
  package var fromStart: [Double] { a.map(exp) }
  package var toEnd: [Double] { a.map { exp(a[length - 1] - $0) } }
  package var stateWeight: [Double] { zip(toEnd, dt).map(*) }

  /// f(i, j) for j ≤ i, 0 above the diagonal, row major.
  private func lower(_ f: (Int, Int) -> Double) -> [Double] {
    (0..<length * length).map { $0 % length <= $0 / length ? f($0 / length, $0 % length) : 0 }
  }

  /// `ssdMask`: scores [length, length].
  package func mask(_ scores: [Float], d: Float) -> [Double] {
    lower { i, j in
      Double(scores[i * length + j]) * exp(a[i] - a[j]) * dt[j] + (i == j ? Double(d) : 0)
    }
  }

  /// `ssdMaskBackward`.
  package func maskBackward(_ scores: [Float], _ gradient: [Float]) -> (
    decayed: [Double], scores: [Double]
  ) {
    (
      lower { i, j in Double(scores[i * length + j]) * exp(a[i] - a[j]) },
      lower { i, j in Double(gradient[i * length + j]) * exp(a[i] - a[j]) * dt[j] }
    )
  }

  /// `ssdRowsBackward`: all blocks [length, columns].
  package func rowsBackward(
    x: [Float], y: [Float], dy: [Float], direct: [Float], fromState: [Float]?, d: Float,
    columns: Int
  ) -> (x: [Double], dt: [Double], a: [Double], d: Double) {
    var dx: [Double] = []
    var dtGradient: [Double] = []
    var aGradient: [Double] = []
    var dGradient = 0.0
    for i in 0..<length {
      var (xv, xdy, ydy) = (0.0, 0.0, 0.0)
      for k in (i * columns)..<((i + 1) * columns) {
        let v = Double(direct[k]) + (fromState.map { toEnd[i] * Double($0[k]) } ?? 0)
        xv += Double(x[k]) * v
        xdy += Double(x[k]) * Double(dy[k])
        ydy += Double(y[k]) * Double(dy[k])
        dx.append(dt[i] * v + Double(d) * Double(dy[k]))
      }
      dtGradient.append(xv)
      aGradient.append(ydy - Double(d) * xdy - dt[i] * xv)
      dGradient += xdy
    }
    return (dx, dtGradient, aGradient, dGradient)
  }

  /// `ssdDecayBackward`.
  package func backward(dt dtGradient: [Float], a aGradient: [Float], lastGradient: Double) -> (
    raw: [Double], bias: Double, rate: Double
  ) {
    let suffixes = givenDecayBackward(a: aGradient, lastGradient: lastGradient)
    let gradient = (0..<length).map { i in
      (Double(dtGradient[i]) + Double(rate) * suffixes[i]) / (1 + exp(-Double(raw[i] + bias)))
    }
    let rateGradient = zip(suffixes, dt).reduce(0) { $0 + $1.0 * $1.1 } * Double(rate)
    return (gradient, gradient.reduce(0, +), rateGradient)
  }

  /// `givenDecayBackward`: a_i is the sum of all log-decays up to i.
  package func givenDecayBackward(a aGradient: [Float], lastGradient: Double) -> [Double] {
    (0..<length).map { first in aGradient[first...].reduce(lastGradient) { $0 + Double($1) } }
  }
}
