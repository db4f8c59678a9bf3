import Foundation
import Kernels

extension Tape {
  /// y_bt = tokenEmbedding[token_bt] + positions[t], with tokens [batch, length], tokenEmbedding [vocabulary,
  /// channels], positions [at least length, channels], y [batch, length, channels].
  ///
  /// `sinusoids` [at least length, channels], if given, are added too; they have no gradient. So is row 0 of `types`, to
  /// every token: BERT's token types (Devlin et al. 2019), for texts of one part. `tokens` must stay valid
  /// until the backward pass is over.
  public func embedding(
    _ tokens: UnsafePointer<Int32>, batch: Int, length: Int, tokenEmbedding: Parameter,
    positions: Parameter?, types: Parameter? = nil, sinusoids: [Float] = []
  ) -> Tensor {
    let (vocabulary, channels) = (tokenEmbedding.shape[0], tokenEmbedding.shape[1])
    if let positions {
      precondition(
        positions.shape[1] == channels && length <= positions.shape[0],
        "\(length) positions of \(channels) channels from \(positions.name) \(positions.shape)")
    }
    precondition(
      sinusoids.isEmpty || length * channels <= sinusoids.count, "\(length) fixed positions")
    if let types {
      precondition(types.shape[1] == channels, "types \(types.shape) of \(channels) channels")
    }
    let y = tensor(batch: batch, length: length, channels: channels)
    let table = values(of: tokenEmbedding)
    for row in 0..<y.rows {
      let token = Int(tokens[row])
      precondition(
        token >= 0 && token < vocabulary, "token \(token) of a vocabulary of \(vocabulary)")
      (y.values + row * channels).update(from: table + token * channels, count: channels)
    }
    func add(_ table: UnsafePointer<Float>) {
      for example in 0..<batch {
        Kernels.add(length * channels, table, to: y.values + example * length * channels)
      }
    }
    if let positions { add(values(of: positions)) }
    if !sinusoids.isEmpty { add(sinusoids) }
    if let types {
      for row in 0..<y.rows {
        Kernels.add(channels, values(of: types), to: y.values + row * channels)
      }
    }

    record(
      EmbeddingBackward(
        tokens: tokens, tokenEmbedding: tokenEmbedding, positions: positions, types: types,
        result: y))
    return y
  }
}

private struct EmbeddingBackward: RecordedOperation {
  static let roundsResult = false
  let tokens: UnsafePointer<Int32>
  let tokenEmbedding: Parameter, positions: Parameter?, types: Parameter?
  let result: Tensor

  /// y_bt = tokenEmbedding[token_bt] + positions[t]  →  dtokenEmbedding[token_bt] += dy_bt,  dpositions[t] += Σ_b dy_bt,
  /// dtypes[0] += Σ dy
  func backward(on tape: Tape) {
    let (y, channels) = (result, result.channels)
    let table = tape.gradient(of: tokenEmbedding)
    for row in 0..<y.rows {
      Kernels.add(channels, y.gradient + row * channels, to: table + Int(tokens[row]) * channels)
    }
    if let positions {
      for example in 0..<y.batch {
        let start = y.gradient + example * y.length * channels
        Kernels.add(y.length * channels, start, to: tape.gradient(of: positions))
      }
    }
    if let types {
      Kernels.sumRows(y.rows, channels, y.gradientRows, addedTo: tape.gradient(of: types))
    }
  }
}
