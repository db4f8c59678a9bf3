import Autodiff
import Foundation
import Support

/// Softmax attention in both directions in the block of the other matrix mixers: M_ts = softmax_s(q_t · k_s / √m). Hwang et
/// al., "Hydra", 2024, `matrix_mixer.py`.
struct MatrixAttention: QueryKeySettings {
  static let kind = "matrix_attention"
  static let name = "matrix attention"
  static let recipe = MixerRecipe(training: ["lr": 1e-2])
  static let note: String? =
    "Corrected: data_dependent: false, which the public code cannot run (it takes the length for heads)."

  var block = MatrixBlockSettings()
  var rank = 16
  var isDataDependent = true

  static let keys: [SettingKey<MatrixAttention>] =
    blockKeys + [
      .queryKeyDimension(\.rank), .dataDependent(\.isDataDependent),
    ]

  func mixer(_ context: LayerContext, in layout: ParameterLayout) -> any SequenceMixer {
    mixer(activates: false, context, in: layout) { heads, operands in
      AttentionMatrix(operands: operands, inner: heads * block.headDimension)
    }
  }
}

private struct AttentionMatrix: MatrixStructure {
  let operands: QueriesAndKeys
  /// Inner channels.
  let inner: Int

  func mix(_ v: Tensor, own: Tensor?, on tape: Tape) -> Tensor {
    let (q, k) = operands(v.length, own: own, on: tape)
    return tape.matrixMix(v, by: .attention(q: q, k: k), heads: operands.heads, scale: 1)
  }

  func matrix(_ head: Int, own: [[Double]], weights: ReferenceWeights) -> [Double] {
    let (q, k) = operands.reference(head, own: own, weights: weights)
    let scale = 1 / Double(operands.rank).squareRoot()
    return q.flatMap { q in
      let scores = k.map { scale * PlainMatrix.dot(q, $0) }
      let largest = scores.max()!
      let unnormalized = scores.map { exp($0 - largest) }
      let sum = unnormalized.reduce(0, +)
      return unnormalized.map { $0 / sum }
    }
  }

  /// Scores of m channels and a sum of P values for each pair and head.
  func multiplyAdds(length: Int) -> Int { length * length * (operands.width + inner) }

  func trainingFloats(length: Int) -> Double { operands.trainingFloats(length: length) }
}
