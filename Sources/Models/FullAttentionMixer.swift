import Autodiff

/// Softmax attention in which every token sees all tokens: y_t = Σ_s softmax_s(q_t · k_s / √(d/heads)) v_s.
struct FullAttentionMixer: MatrixMixer {
  typealias Linear = (weight: Parameter, bias: Parameter)

  let heads: Int
  let dropout: Float
  /// [d, d], bias [d]
  let queries: Linear, keys: Linear, values: Linear, output: Linear

  init(
    heads: Int, dropout: Double, queries: Linear, keys: Linear, values: Linear, output: Linear
  ) {
    (self.heads, self.dropout) = (heads, Float(dropout))
    (self.queries, self.keys, self.values, self.output) = (queries, keys, values, output)
  }

  /// With the weights of causal attention.
  init(_ causal: AttentionMixer) {
    let d = causal.outProj.shape[0]
    func rows(_ part: Int) -> Linear {
      let rows = part * d..<(part + 1) * d
      return (causal.qkvProj.rows(rows), causal.qkvBias.rows(rows))
    }
    self.init(
      heads: causal.heads, dropout: Double(causal.dropout), queries: rows(0), keys: rows(1),
      values: rows(2), output: (causal.outProj, causal.outBias))
  }

  func callAsFunction(_ x: Tensor, rows: PositionSelection?, on tape: Tape) -> Tensor {
    func linear(_ x: Tensor, _ linear: Linear) -> Tensor {
      tape.linear(x, weight: linear.weight, bias: linear.bias)
    }
    // Queries come first. In the backward pass, keys and values then assign the gradient of x, and the few rows of
    // the queries are added to it.
    let q = linear(rows.map { tape.gather($0, of: x) } ?? x, queries)
    let mixed = tape.attention(
      q, linear(x, keys), linear(x, values), of: rows, heads: heads, span: .all,
      dropoutRate: dropout)
    return linear(mixed, output)
  }

  /// Keys and values take 2d² a token, query and output 2d² an output; scores and their sum with values take d each for
  /// every pair of an output and a token.
  func multiplyAdds(length: Int, outputs: OutputPositions) -> Int {
    let d = output.weight.shape[0]
    return (length + outputs.count) * 2 * d * d + outputs.count * length * 2 * d
  }

  /// The same number as that of causal attention.
  func trainingFloats(length: Int, outputs: Int) -> Double {
    2 * (2 * Double(length) + 3 * Double(outputs)) * Double(output.weight.shape[0])
  }

  // MARK: - The specification

  private func linear(_ x: [[Double]], _ linear: Linear, _ weights: ReferenceWeights) -> [[Double]]
  {
    x.map { weights.linear($0, linear.weight, linear.bias) }
  }

  func reference(_ x: [[Double]], weights: ReferenceWeights) -> [[Double]] {
    let mixed = mixingMatrices(x, weights: weights).product(linear(x, values, weights))
    return linear(mixed, output, weights)
  }

  func mixingMatrices(_ x: [[Double]], weights: ReferenceWeights) -> MixingMatrices {
    let (q, k) = (linear(x, queries, weights), linear(x, keys, weights))
    let width = output.weight.shape[0] / heads
    return MixingMatrices(of: .head, count: heads, width: width, length: x.count) { head in
      let channels = head * width..<(head + 1) * width
      let keys = k.map { $0[channels] }
      return q.flatMap { TokenStep.attentionWeights(Array($0[channels]), keys: keys) }
    }
  }
}
