import Foundation
import Kernels

extension CausalConvolution {
  /// One channel's value at one step, before SiLU.
  private func plainSum(_ step: Int, _ channel: Int) -> Double {
    (0..<width).reduce(Double(bias[channel])) { sum, tap in
      let source = step + ahead - width + 1 + tap
      guard (0..<length).contains(source) else { return sum }
      return sum + Double(weight[tap * channels + channel]) * Double(x[source * xStride + channel])
    }
  }

  /// The plain twin of `Kernels.causalConvolution`: y [length, channels].
  package func plainForward() -> [Double] {
    (0..<length * channels).map { index in
      let sum = plainSum(index / channels, index % channels)
      return sum / (1 + exp(-sum))
    }
  }

  /// The plain twin of `Kernels.causalConvolutionBackward`, for dy [length, channels]:
  /// gradients of x [length, channels], weight [width, channels] and bias [channels].
  package func plainBackward(_ dy: [Float]) -> (x: [Double], weight: [Double], bias: [Double]) {
    var dx = [Double](repeating: 0, count: length * channels)
    var weightGradient = [Double](repeating: 0, count: width * channels)
    var biasGradient = [Double](repeating: 0, count: channels)
    for step in 0..<length {
      for channel in 0..<channels {
        let sum = plainSum(step, channel)
        let s = 1 / (1 + exp(-sum))
        let slope = Double(dy[step * channels + channel]) * s * (1 + sum * (1 - s))
        biasGradient[channel] += slope
        for tap in 0..<width {
          let source = step + ahead - width + 1 + tap
          guard (0..<length).contains(source) else { continue }
          weightGradient[tap * channels + channel] += slope * Double(x[source * xStride + channel])
          dx[source * channels + channel] += slope * Double(weight[tap * channels + channel])
        }
      }
    }
    return (dx, weightGradient, biasGradient)
  }
}
