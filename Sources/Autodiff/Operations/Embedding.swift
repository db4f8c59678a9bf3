import Foundation
import Kernels

extension Tape {
  /// y_bt = words[token_bt] + positions[t], with tokens [batch, time], words [vocabulary, channels],
  /// positions [at least time, channels], y [batch, time, channels].
  ///
  /// `sinusoids` [at least time, channels], if there are any, are added as well and are not learned.
  /// `tokens` must stay valid until the backward pass is over.
  public func embedding(
    _ tokens: UnsafePointer<Int32>, batch: Int, time: Int, words: Parameter, positions: Parameter?,
    sinusoids: [Float] = []
  ) -> Tensor {
    let (vocabulary, channels) = (words.shape[0], words.shape[1])
    if let positions {
      precondition(
        positions.shape[1] == channels && time <= positions.shape[0],
        "\(time) positions of \(channels) channels from \(positions.name) \(positions.shape)")
    }
    precondition(
      sinusoids.isEmpty || time * channels <= sinusoids.count, "\(time) fixed positions")
    let y = tensor(batch: batch, time: time, channels: channels)
    let table = values(of: words)
    for row in 0..<y.rows {
      let token = Int(tokens[row])
      precondition(
        token >= 0 && token < vocabulary, "token \(token) of a vocabulary of \(vocabulary)")
      (y.values + row * channels).update(from: table + token * channels, count: channels)
    }
    func add(_ table: UnsafePointer<Float>) {
      for example in 0..<batch {
        Kernels.add(time * channels, table, to: y.values + example * time * channels)
      }
    }
    if let positions { add(values(of: positions)) }
    if !sinusoids.isEmpty { add(sinusoids) }

    record(EmbeddingBackward(tokens: tokens, words: words, positions: positions, result: y))
    return y
  }
}

private struct EmbeddingBackward: RecordedOperation {
  let tokens: UnsafePointer<Int32>
  let words: Parameter, positions: Parameter?
  let result: Tensor

  /// y_bt = words[token_bt] + positions[t]  →  dwords[token_bt] += dy_bt,  dpositions[t] += Σ_b dy_bt
  func backward(on tape: Tape) {
    let (y, channels) = (result, result.channels)
    let table = tape.gradient(of: words)
    for row in 0..<y.rows {
      Kernels.add(channels, y.gradient + row * channels, to: table + Int(tokens[row]) * channels)
    }
    if let positions {
      for example in 0..<y.batch {
        let start = y.gradient + example * y.time * channels
        Kernels.add(y.time * channels, start, to: tape.gradient(of: positions))
      }
    }
  }
}

extension OperationCatalog {
  static let embeddingChecks = [(1, 1, 1), (3, 7, 16), (1, 16, 17), (2, 33, 64)].flatMap { size in
    let (batch, time, channels) = size
    let vocabulary = 11
    // Some words come more than once, some never.
    let tokens = (0..<batch * time).map { Int32(($0 * $0 + 3) % 10) }
    return [(false, false), (true, false), (false, true)].map { hasPositions, hasSinusoids in
      let sinusoids = (0..<(hasSinusoids ? (time + 2) * channels : 0)).map { sin(Double($0)) }
      return OperationCheck(
        "embedding \(batch)×\(time)×\(channels)"
          + "\(hasPositions ? " with positions" : hasSinusoids ? " with sinusoids" : "")",
        activations: [],
        weights: [.init([vocabulary, channels])]
          + (hasPositions ? [.init([time + 2, channels])] : [])
      ) { tape, _, w in
        let stored = tape.arena.allocate(tokens.count, of: Int32.self)
        stored.update(from: tokens, count: tokens.count)
        return [
          tape.embedding(
            stored, batch: batch, time: time, words: w[0], positions: hasPositions ? w[1] : nil,
            sinusoids: sinusoids.map(Float.init))
        ]
      } reference: { _, w in
        let y = (0..<batch * time * channels).map { index in
          let (row, channel) = index.quotientAndRemainder(dividingBy: channels)
          let word = w[0][Int(tokens[row]) * channels + channel]
          let place = row % time * channels + channel
          return word + (hasPositions ? w[1][place] : hasSinusoids ? sinusoids[place] : 0)
        }
        return [y]
      }
    }
  }
}
