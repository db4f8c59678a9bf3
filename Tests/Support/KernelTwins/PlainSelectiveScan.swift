import Foundation
import Kernels

extension SelectiveScan {
  /// `rates`: -exp(aLog) · log₂ e, a vector of channels after the other, in it a state after the other.
  package static func plainRates(channels: Int, states: Int, aLog: [Float]) -> [Double] {
    let lanes = stateSize(channels: 1, states: 1)
    var rates = [Double](repeating: 0, count: stateSize(channels: channels, states: states))
    for channel in 0..<channels {
      for state in 0..<states {
        rates[(channel / lanes * states + state) * lanes + channel % lanes] =
          -exp(Double(aLog[channel * states + state])) * 1.4426950408889634
      }
    }
    return rates
  }

  /// Gradients as the kernels give them, dense.
  package struct PlainGradients {
    package var x: [Double], dt: [Double], z: [Double], b: [Double], c: [Double]
    package var aLog: [Double], d: [Double]
  }

  /// The plain twin of `forward` and `backward`: y, and its gradients for dy [length, channels].
  package func plain(aLog: [Float], dy: [Float]) -> (y: [Double], gradients: PlainGradients) {
    var y = [Double](repeating: 0, count: length * channels)
    var gradients = PlainGradients(
      x: y, dt: y, z: y, b: .init(repeating: 0, count: length * states),
      c: .init(repeating: 0, count: length * states), aLog: .init(repeating: 0, count: aLog.count),
      d: .init(repeating: 0, count: channels))
    for channel in 0..<channels {
      let rates = (0..<states).map { -exp(Double(aLog[channel * states + $0])) }
      plain(channel, rates, dy, &y, &gradients)
    }
    return (y, gradients)
  }

  private func plain(
    _ channel: Int, _ rates: [Double], _ dy: [Float], _ y: inout [Double],
    _ gradients: inout PlainGradients
  ) {
    let d = Double(self.d[channel])
    func x(_ t: Int) -> Double { Double(self.x.values[t * self.x.stride + channel]) }
    func z(_ t: Int) -> Double { Double(self.z.values[t * self.z.stride + channel]) }
    func b(_ t: Int, _ n: Int) -> Double { Double(self.b.values[t * self.b.stride + n]) }
    func c(_ t: Int, _ n: Int) -> Double { Double(self.c.values[t * self.c.stride + n]) }
    let timeSteps = (0..<length).map {
      plainSoftplus(self.dt.values[$0 * self.dt.stride + channel])
    }
    // states[t] is before step t.
    var history = [[Double](repeating: 0, count: states)]
    for t in 0..<length {
      history.append(
        (0..<states).map { n in
          exp(timeSteps[t] * rates[n]) * history[t][n] + timeSteps[t] * x(t) * b(t, n)
        })
    }
    var carried = [Double](repeating: 0, count: states)
    for t in (0..<length).reversed() {
      let index = t * channels + channel
      let dt = timeSteps[t]
      let ungated = (0..<states).reduce(d * x(t)) { $0 + history[t + 1][$1] * c(t, $1) }
      let s = 1 / (1 + exp(-z(t)))
      let output = Double(dy[index])
      y[index] = ungated * z(t) * s
      gradients.z[index] = output * ungated * s * (1 + z(t) * (1 - s))
      let ungatedGradient = output * z(t) * s
      gradients.d[channel] += ungatedGradient * x(t)
      var (inputGradient, stepGradient) = (0.0, 0.0)
      for n in 0..<states {
        let decay = exp(dt * rates[n])
        let hGradient = carried[n] + ungatedGradient * c(t, n)
        gradients.c[t * states + n] += ungatedGradient * history[t + 1][n]
        gradients.b[t * states + n] += hGradient * dt * x(t)
        inputGradient += hGradient * b(t, n)
        carried[n] = hGradient * decay
        stepGradient += carried[n] * history[t][n] * rates[n]
        gradients.aLog[channel * states + n] += carried[n] * history[t][n] * dt * rates[n]
      }
      gradients.x[index] = inputGradient * dt + d * ungatedGradient
      let slope = 1 / (1 + exp(-Double(self.dt.values[t * self.dt.stride + channel])))
      gradients.dt[index] = (stepGradient + inputGradient * x(t)) * slope
    }
  }
}
