import Autodiff

extension AttentionMixer: MixerWithMatrices {
  /// The attention weights.
  func mixingMatrices(_ x: [[Double]], weights: ReferenceWeights) -> MixingMatrices {
    let d = outProj.shape[0]
    let tokens = x.map { weights.linear($0, qkvProj, qkvBias) }
    let width = d / heads
    return .ofSteps(count: heads, width: width, length: x.count) { _ in
      (keys: [Double](), values: [Double]())
    } step: { head, token, values, state in
      func own(_ part: Int) -> [Double] {
        Array(tokens[token].dropFirst(part * d + head * width).prefix(width))
      }
      return TokenStep.causalAttention(
        own(0), key: own(1), value: values, heads: 1, window: window, keys: &state.keys,
        values: &state.values)
    }
  }
}
