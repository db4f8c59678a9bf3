import Autodiff
import Foundation

extension OperationChecks {
  /// (batch, length, d, vocabulary, every how many rows one is labelled; 0: none).
  static let crossEntropyChecks = crossEntropySizes.flatMap { size in
    [false, true].map { crossEntropyCheck(size, hasBias: $0) }
  }

  private static let crossEntropySizes = [
    (1, 1, 1, 1, 1), (1, 7, 7, 16, 2), (3, 16, 17, 7, 1), (3, 17, 16, 17, 3), (1, 7, 1, 1, 2),
    (1, 16, 7, 64, 0), (2, 100, 16, 130, 1),
  ]

  private static func crossEntropyCheck(
    _ size: (batch: Int, length: Int, d: Int, vocabulary: Int, every: Int), hasBias: Bool
  ) -> OperationCheck {
    let (batch, length, d, vocabulary, every) = size
    let rows = batch * length
    let labels = (0..<rows).map { row in
      every > 0 && row % every == 0 ? Int32(row * row % vocabulary) : -100
    }
    let labelled = labels.count { $0 >= 0 }
    let weight = 1 / Float(max(1, labelled))
    return OperationCheck(
      "cross entropy of \(labelled) in \(batch)×\(length)×\(d), \(vocabulary) tokens"
        + (hasBias ? " with biases" : ""),
      activations: [.init(batch, length, d)],
      weights: [.init([vocabulary, d])] + (hasBias ? [.init([vocabulary])] : []), isLoss: true
    ) { tape, x, w in
      [
        tape.crossEntropy(
          x[0], labels: labels, tokenEmbedding: w[0], bias: hasBias ? w[1] : nil, weight: weight)
      ]
    } reference: { x, w in
      let loss = crossEntropyReference(
        x[0], w[0], bias: hasBias ? w[1] : nil, labels: labels, d: d)
      return [[Double(weight) * loss]]
    }
  }

  /// Σ over labelled rows of log Σ exp(h Eᵀ + b) − (h Eᵀ + b)[label].
  static func crossEntropyReference(
    _ h: [Double], _ embedding: [Double], bias: [Double]? = nil, labels: [Int32], d: Int
  ) -> Double {
    labels.indices.filter { labels[$0] >= 0 }.reduce(0) { total, row in
      let logits = (0..<(embedding.count / d)).map { token in
        (0..<d).reduce(bias?[token] ?? 0) { $0 + h[row * d + $1] * embedding[token * d + $1] }
      }
      let largest = logits.max()!
      let sum = logits.reduce(0) { $0 + exp($1 - largest) }
      return total + largest + log(sum) - logits[Int(labels[row])]
    }
  }
}
