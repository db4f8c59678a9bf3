import Autodiff
import Foundation
import Support

/// A sum of m Cauchy matrices: M_ts = Σ_i 1 / (e^{q_ti} + e^{k_si} + 2 b + 1e-8). Hwang et al., "Hydra", 2024,
/// `matrix_mixer.py`.
struct Cauchy: QueryKeySettings {
  static let kind = "cauchy"
  static let name = "Cauchy"
  static let note: String? =
    "The learned bias can fall below 0, where the matrix has poles and training diverges; with bias: false there are none."

  var block = MatrixBlockSettings()
  var rank = 16
  var isDataDependent = true
  /// Without a bias all denominators are positive.
  var hasBias = true

  static let keys: [SettingKey<Cauchy>] =
    blockKeys + [
      .queryKeyDimension(\.rank), .dataDependent(\.isDataDependent),
      .flag(
        "bias", \.hasBias,
        "whether a learned bias is added, where the matrix is data-dependent; else b = 0"),
    ]

  func mixer(_ context: LayerContext, in layout: ParameterLayout) -> any SequenceMixer {
    mixer(activates: false, context, in: layout) { heads, operands in
      // A scalar, as in the public state dict.
      let bias =
        isDataDependent && hasBias
        ? layout.add(context.prefix + "matrix_mixer.bias", [], .numbers([0.5])) : nil
      return CauchyStructure(
        operands: operands, bias: bias, inner: heads * block.headDimension,
        scale: 1 / (Double(context.longest) * Double(rank)).squareRoot())
    }
  }
}

private struct CauchyStructure: MatrixStructure {
  let operands: QueriesAndKeys
  let bias: Parameter?
  /// Inner channels.
  let inner: Int
  let scale: Double

  func mix(_ v: Tensor, own: Tensor?, on tape: Tape) -> Tensor {
    let (q, k) = operands(v.length, own: own, on: tape)
    return tape.matrixMix(
      v, by: .cauchy(q: q, k: k, bias: bias), heads: operands.heads, scale: Float(scale))
  }

  func matrix(_ head: Int, own: [[Double]], weights: ReferenceWeights) -> [Double] {
    let (q, k) = operands.reference(head, own: own, weights: weights)
    let constant = 2 * (bias.map { weights($0)[0] } ?? 0) + 1e-8
    return q.flatMap { q in
      k.map { k in
        scale * zip(q, k).reduce(0) { $0 + 1 / (exp($1.0) + exp($1.1) + constant) }
      }
    }
  }

  /// A term of M counts as one multiply-add.
  func multiplyAdds(length: Int) -> Int { length * length * (operands.width + inner) }

  func trainingFloats(length: Int) -> Double { operands.trainingFloats(length: length) }
}
