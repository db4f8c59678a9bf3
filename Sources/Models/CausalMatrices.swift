import Autodiff
import Foundation

// The mixing matrices of causal mixers; above the diagonal they are 0.

extension AttentionMixer: MixerWithMatrices {
  /// M_ts = softmax_s(q_t · k_s / √(d/heads)) over the tokens s that t sees.
  func mixingMatrices(_ x: [[Double]], weights: ReferenceWeights) -> MixingMatrices {
    let d = outProj.shape[0]
    let projected = x.map { weights.linear($0, qkvProj, qkvBias) }
    let (length, width, window) = (x.count, d / heads, window)
    return MixingMatrices(of: .head, count: heads, width: width, length: length) { head in
      let channels = head * width..<(head + 1) * width
      let queries = projected.map { Array($0[..<d][channels]) }
      let keys = projected.map { Array($0[d..<2 * d].dropFirst(channels.lowerBound).prefix(width)) }
      var matrix = [Double](repeating: 0, count: length * length)
      for t in 0..<length {
        let seen = max(0, t + 1 - (window ?? length))...t
        let scores = seen.map { s in
          zip(queries[t], keys[s]).reduce(0) { $0 + $1.0 * $1.1 } / Double(width).squareRoot()
        }
        let largest = scores.max()!
        let sizes = scores.map { exp($0 - largest) }
        let sum = sizes.reduce(0, +)
        for (s, size) in zip(seen, sizes) { matrix[t * length + s] = size / sum }
      }
      return matrix
    }
  }
}

extension SSDMixer: MixerWithMatrices {
  /// M_ts = C_t · B_s dt_s exp(A Σ_{s<j≤t} dt_j); D x is left out.
  func mixingMatrices(_ x: [[Double]], weights: ReferenceWeights) -> MixingMatrices {
    var state = initialState()
    let (inner, convolved, heads) = (innerDimension, convolved, heads)
    let (n, groups, length) = (settings.stateDimension, settings.groups, x.count)
    let bias = weights(dtBias)
    let tokens = x.map { u in
      let projected = weights.linear(u, inProj)
      let mixed = weights.convolution(
        Array(projected[inner..<inner + convolved]), convolution, convolutionBias,
        inputs: &state[.convolution])
      let dt = zip(projected[(inner + convolved)...], bias).map { TokenStep.softplus($0 + $1) }
      return (
        b: Array(mixed[inner..<inner + groups * n]), c: Array(mixed[(inner + groups * n)...]),
        dt: dt
      )
    }
    let decay = weights(aLog).map { -exp($0) }
    return MixingMatrices(
      of: .head, count: heads, width: settings.headDimension, length: length
    ) { head in
      let group = head * groups / heads
      let part = group * n..<(group + 1) * n
      var matrix = [Double](repeating: 0, count: length * length)
      for t in 0..<length {
        // Backwards from t, so that the decay between s and t is a running sum.
        var time = 0.0
        for s in (0...t).reversed() {
          let product = zip(tokens[t].c[part], tokens[s].b[part]).reduce(0) { $0 + $1.0 * $1.1 }
          matrix[t * length + s] = product * tokens[s].dt[head] * exp(decay[head] * time)
          time += tokens[s].dt[head]
        }
      }
      return matrix
    }
  }
}
