import Autodiff
import Foundation

extension OperationChecks {
  static let embeddingChecks = [(1, 1, 1), (3, 7, 16), (1, 16, 17), (2, 33, 64)].flatMap { size in
    let (batch, length, channels) = size
    let vocabulary = 11
    // Some tokens come more than once, some never.
    let tokens = (0..<batch * length).map { Int32(($0 * $0 + 3) % 10) }
    return [
      (false, false, false), (true, false, false), (false, true, false), (true, false, true),
    ].map { hasPositions, hasSinusoids, hasTypes in
      let sinusoids = (0..<(hasSinusoids ? (length + 2) * channels : 0)).map { sin(Double($0)) }
      return OperationCheck(
        "embedding \(batch)×\(length)×\(channels)"
          + "\(hasPositions ? " with positions" : hasSinusoids ? " with sinusoids" : "")"
          + (hasTypes ? " and types" : ""),
        activations: [],
        weights: [.init([vocabulary, channels])]
          + (hasPositions ? [.init([length + 2, channels])] : [])
          + (hasTypes ? [.init([2, channels])] : [])
      ) { tape, _, w in
        let stored = tape.arena.allocate(tokens.count, of: Int32.self)
        stored.update(from: tokens, count: tokens.count)
        return [
          tape.embedding(
            stored, batch: batch, length: length, tokenEmbedding: w[0],
            positions: hasPositions ? w[1] : nil, types: hasTypes ? w[2] : nil,
            sinusoids: sinusoids.map(Float.init))
        ]
      } reference: { _, w in
        let y = (0..<batch * length * channels).map { index in
          let (row, channel) = index.quotientAndRemainder(dividingBy: channels)
          let embedded = w[0][Int(tokens[row]) * channels + channel]
          let index = row % length * channels + channel
          let type = hasTypes ? w[2][channel] : 0
          return embedded + type
            + (hasPositions ? w[1][index] : hasSinusoids ? sinusoids[index] : 0)
        }
        return [y]
      }
    }
  }
}
