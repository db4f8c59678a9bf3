import Autodiff
import Support

/// A matrix of rank m, which is linear attention in both directions without a normaliser: M_ts = q_t · k_s. Hwang et al.,
/// "Hydra", 2024, `matrix_mixer.py`.
struct LowRank: QueryKeySettings {
  static let kind = "low_rank"
  static let name = "low rank"
  static let recipe = MixerRecipe(training: ["lr": 1.5e-2])

  var block = MatrixBlockSettings()
  var rank = 16
  var isDataDependent = true

  static let keys: [SettingKey<LowRank>] =
    blockKeys + [
      .queryKeyDimension(\.rank), .dataDependent(\.isDataDependent),
    ]

  func mixer(_ context: LayerContext, in layout: ParameterLayout) -> any SequenceMixer {
    mixer(activates: true, context, in: layout) { heads, operands in
      LowRankMatrix(
        operands: operands, inner: heads * block.headDimension,
        scale: 1 / (Double(context.longest) * Double(rank)).squareRoot())
    }
  }
}

private struct LowRankMatrix: MatrixStructure {
  let operands: QueriesAndKeys
  /// Inner channels.
  let inner: Int
  let scale: Double

  func mix(_ v: Tensor, own: Tensor?, on tape: Tape) -> Tensor {
    let (q, k) = operands(v.length, own: own, on: tape)
    return tape.lowRankMix(v, q, k, heads: operands.heads, scale: Float(scale))
  }

  func matrix(_ head: Int, own: [[Double]], weights: ReferenceWeights) -> [Double] {
    let (q, k) = operands.reference(head, own: own, weights: weights)
    return q.flatMap { q in k.map { scale * PlainMatrix.dot(q, $0) } }
  }

  /// Kᵀ V, and Q times that.
  func multiplyAdds(length: Int) -> Int { 2 * length * operands.rank * inner }

  func trainingFloats(length: Int) -> Double {
    operands.trainingFloats(length: length) + Double(operands.rank * inner)
  }
}
