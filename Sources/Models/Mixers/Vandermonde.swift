import Autodiff
import Foundation
import Support

/// Sums of cosines of all positions, M_ts = Σ_i cos(2π ε q_ti s) − cos(2π ε k_si t), ε = 1e-3, or without queries and keys
/// the real part of a Fourier transform, cos(2π t s / L_max). Hwang et al., "Hydra", 2024, `matrix_mixer.py`.
struct Vandermonde: QueryKeySettings {
  static let kind = "vandermonde"
  static let name = "Vandermonde"
  static let looksUpByContent = false
  static let note: String? =
    "Corrected: with data_dependent: false it is the Fourier transform; the public form never mixes tokens."

  var block = MatrixBlockSettings()
  var rank = 16
  var isDataDependent = true

  static let keys: [SettingKey<Vandermonde>] =
    blockKeys + [
      .queryKeyDimension(\.rank), .dataDependent(\.isDataDependent),
    ]

  func mixer(_ context: LayerContext, in layout: ParameterLayout) -> any SequenceMixer {
    let longest = context.longest
    guard !isDataDependent else {
      return mixer(activates: false, context, in: layout) { heads, operands in
        VandermondeStructure(
          operands: operands, inner: heads * block.headDimension,
          scale: 1 / (2 * Double(longest) * Double(rank)).squareRoot())
      }
    }
    let heads = block.heads(context.modelDimension)
    return StructuredMixer(
      block: MatrixBlock(block, own: 0, context, in: layout),
      structure: FourierStructure(longest: longest, inner: heads * block.headDimension),
      heads: heads)
  }
}

private struct VandermondeStructure: MatrixStructure {
  private static let angle = 2 * Double.pi * 1e-3
  let operands: QueriesAndKeys
  /// Inner channels.
  let inner: Int
  let scale: Double

  func mix(_ v: Tensor, own: Tensor?, on tape: Tape) -> Tensor {
    let (q, k) = operands(v.length, own: own, on: tape)
    return tape.matrixMix(
      v, by: .vandermonde(q: q, k: k), heads: operands.heads, scale: Float(scale))
  }

  func matrix(_ head: Int, own: [[Double]], weights: ReferenceWeights) -> [Double] {
    let (q, k) = operands.reference(head, own: own, weights: weights)
    return q.indices.flatMap { t in
      k.indices.map { s in
        scale
          * zip(q[t], k[s]).reduce(0) {
            $0 + cos(Self.angle * $1.0 * Double(s)) - cos(Self.angle * $1.1 * Double(t))
          }
      }
    }
  }

  /// A cosine of M counts as two multiply-adds.
  func multiplyAdds(length: Int) -> Int { length * length * (4 * operands.width + inner) }

  func trainingFloats(length: Int) -> Double { 0 }
}

private struct FourierStructure: MatrixStructure {
  let longest: Int
  /// Inner channels.
  let inner: Int
  private var scale: Double { 1 / Double(longest).squareRoot() }

  func mix(_ v: Tensor, own: Tensor?, on tape: Tape) -> Tensor {
    tape.matrixMix(v, by: .cosines(period: longest), heads: 1, scale: Float(scale))
  }

  func matrix(_ head: Int, own: [[Double]], weights: ReferenceWeights) -> [Double] {
    own.indices.flatMap { t in
      own.indices.map { s in
        scale * cos(2 * Double.pi * Double(t * s % longest) / Double(longest))
      }
    }
  }

  func multiplyAdds(length: Int) -> Int { length * length * inner }

  func trainingFloats(length: Int) -> Double { 0 }
}
