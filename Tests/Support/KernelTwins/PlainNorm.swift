import Foundation
import Kernels

extension Kernels {
  package static func plainResidualNorm(
    _ norm: ResidualNorm, h: Rows, residual: Rows?, into normed: Rows
  ) {
    let channels = norm.channels
    for row in 0..<norm.rows {
      let s = norm.sum.values + row * norm.sum.stride
      if let residual {
        for i in 0..<channels {
          s[i] = h.values[row * h.stride + i] + residual.values[row * residual.stride + i]
        }
      }
      var mean = 0.0
      if norm.bias != nil {
        mean = (0..<channels).reduce(0) { $0 + Double(s[$1]) } / Double(channels)
      }
      let variance =
        (0..<channels).reduce(0) { $0 + (Double(s[$1]) - mean) * (Double(s[$1]) - mean) }
        / Double(channels)
      let reciprocal = 1 / (variance + Double(norm.epsilon)).squareRoot()
      norm.statistics[2 * row] = Float(mean)
      norm.statistics[2 * row + 1] = Float(reciprocal)
      for i in 0..<channels {
        let scaled = (Double(s[i]) - mean) * reciprocal * Double(norm.weight[i])
        normed.values[row * normed.stride + i] = Float(scaled + Double(norm.bias?[i] ?? 0))
      }
    }
  }

  package static func plainResidualNormBackward(
    _ norm: ResidualNorm, gradient: Rows, outside: Rows?, scratch: UnsafeMutablePointer<Float>,
    weightGradient: UnsafeMutablePointer<Float>, biasGradient: UnsafeMutablePointer<Float>?,
    h: GradientRows, residual: GradientRows?
  ) {
    let channels = norm.channels
    for row in 0..<norm.rows {
      let mean = Double(norm.statistics[2 * row])
      let rstd = Double(norm.statistics[2 * row + 1])
      let dy = (0..<channels).map { Double(gradient.values[row * gradient.stride + $0]) }
      let normed = (0..<channels).map {
        (Double(norm.sum.values[row * norm.sum.stride + $0]) - mean) * rstd
      }
      let g = (0..<channels).map { dy[$0] * Double(norm.weight[$0]) }
      let first = biasGradient == nil ? 0 : g.reduce(0, +) / Double(channels)
      let second = zip(g, normed).reduce(0) { $0 + $1.0 * $1.1 } / Double(channels)
      for i in 0..<channels {
        weightGradient[i] += Float(dy[i] * normed[i])
        biasGradient?[i] += Float(dy[i])
        var ds = rstd * (g[i] - first - normed[i] * second)
        if let outside { ds += Double(outside.values[row * outside.stride + i]) }
        h.put(Float(ds), row, i)
        residual?.put(Float(ds), row, i)
      }
    }
  }

  package static func plainGatedNorm(_ norm: GatedNorm, into out: Rows) {
    for row in 0..<norm.rows {
      for group in 0..<norm.groups {
        let channels = group * norm.width..<(group + 1) * norm.width
        let v = channels.map { i in
          let z = Double(norm.z.values[row * norm.z.stride + i])
          return Double(norm.y.values[row * norm.y.stride + i]) * z / (1 + exp(-z))
        }
        let mean = v.reduce(0) { $0 + $1 * $1 } / Double(norm.width)
        let reciprocal = 1 / (mean + Double(norm.epsilon)).squareRoot()
        norm.reciprocalRoots[row * norm.groups + group] = Float(reciprocal)
        for (i, v) in zip(channels, v) {
          out.values[row * out.stride + i] = Float(v * reciprocal * Double(norm.weight[i]))
        }
      }
    }
  }

  package static func plainGatedNormBackward(
    _ norm: GatedNorm, gradient: Rows, scratch: UnsafeMutablePointer<Float>,
    weightGradient: UnsafeMutablePointer<Float>, y: GradientRows, z: GradientRows
  ) {
    for row in 0..<norm.rows {
      for group in 0..<norm.groups {
        let channels = group * norm.width..<(group + 1) * norm.width
        let reciprocal = Double(norm.reciprocalRoots[row * norm.groups + group])
        let values = channels.map { i in
          let gate = Double(norm.z.values[row * norm.z.stride + i])
          let dy = Double(gradient.values[row * gradient.stride + i])
          return (
            y: Double(norm.y.values[row * norm.y.stride + i]), gate: gate,
            sigmoid: 1 / (1 + exp(-gate)), dy: dy, g: dy * Double(norm.weight[i])
          )
        }
        let normed = values.map { $0.y * $0.gate * $0.sigmoid * reciprocal }
        let mean = zip(values, normed).reduce(0) { $0 + $1.0.g * $1.1 } / Double(norm.width)
        for ((i, value), normed) in zip(zip(channels, values), normed) {
          weightGradient[i] += Float(value.dy * normed)
          let dv = reciprocal * (value.g - normed * mean)
          y.put(Float(dv * value.gate * value.sigmoid), row, i)
          let slope = value.sigmoid * (1 + value.gate * (1 - value.sigmoid))
          z.put(Float(dv * value.y * slope), row, i)
        }
      }
    }
  }
}

extension GradientRows {
  fileprivate func put(_ value: Float, _ row: Int, _ column: Int) {
    let index = row * rows.stride + column
    rows.values[index] = accumulates ? rows.values[index] + value : value
  }
}
