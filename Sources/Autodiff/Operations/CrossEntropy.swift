import Foundation
import Kernels

extension Tape {
  /// loss [1, 1, 1] = weight · Σ −log softmax(h Eᵀ + b)[label] over the labelled rows of h [batch, length, d].
  ///
  /// `tokenEmbedding` is the tied embedding E [vocabulary, d], `bias` b [vocabulary] or 0. `labels` [batch · length] are read during the call only;
  /// rows with a negative label are left out. `weight` is 1 / (labelled rows of the whole batch), so that the losses of
  /// the batch's parts add up to its mean loss. `predictions` [batch · length] become the likeliest token of each
  /// labelled row (the lowest of several), and −1 elsewhere.
  ///
  /// On a differentiating tape this call also computes the gradients, from the same logits. The gradients of
  /// E and b are complete when it returns. `backward` expects the gradient of the loss to be 1.
  public func crossEntropy(
    _ h: Tensor, labels: UnsafePointer<Int32>, tokenEmbedding: Parameter, bias: Parameter? = nil,
    weight: Float,
    predictions: UnsafeMutablePointer<Int32>? = nil
  ) -> Tensor {
    let rows = labelledRows(of: h, labels: labels, tokenEmbedding: tokenEmbedding)
    let loss = tensor(batch: 1, length: 1, channels: 1)
    let dh = differentiates ? arena.allocate(rows.count * h.channels) : nil
    predictions?.update(repeating: -1, count: h.rows)
    var total = 0.0
    arena.withScratch {
      let tile = HeadTile(on: self, h, tokenEmbedding, bias)
      for start in stride(from: 0, to: rows.count, by: HeadTile.rows) {
        let block = UnsafeBufferPointer(
          rebasing: rows[start..<min(start + HeadTile.rows, rows.count)])
        total += tile.forward(block, labels: labels, predictions: predictions)
        if let dh {
          tile.backward(
            block, labels: labels, weight: weight, dh: dh + start * h.channels,
            dE: gradient(of: tokenEmbedding), dBias: bias.map { gradient(of: $0) })
        }
      }
    }
    loss.values[0] = Float(Double(weight) * total)

    if let dh { record(CrossEntropyBackward(h: h, dh: dh, rows: rows, result: loss)) }
    return loss
  }

  /// logits = h Eᵀ + b [labelled rows in order, vocabulary], of the rows whose label is not negative.
  public func logits(
    _ h: Tensor, labels: UnsafePointer<Int32>, tokenEmbedding: Parameter, bias: Parameter? = nil,
    into logits: UnsafeMutablePointer<Float>
  ) {
    let (count, d) = (tokenEmbedding.shape[0], h.channels)
    arena.withScratch {
      let rows = labelledRows(of: h, labels: labels, tokenEmbedding: tokenEmbedding)
      let gathered = arena.allocate(rows.count * d)
      for (index, row) in rows.enumerated() {
        (gathered + index * d).update(from: h.values + Int(row) * h.rowStride, count: d)
      }
      multiply(
        rows.count, d, count, MatrixOperand(gathered, stride: d),
        MatrixOperand(values(of: tokenEmbedding), stride: d, transposed: true), into: logits,
        stride: count)
      if let bias {
        for row in 0..<rows.count { Kernels.add(count, values(of: bias), to: logits + row * count) }
      }
    }
  }

  private func labelledRows(of h: Tensor, labels: UnsafePointer<Int32>, tokenEmbedding: Parameter)
    -> UnsafeBufferPointer<Int32>
  {
    precondition(
      tokenEmbedding.shape[1] == h.channels,
      "\(h.channels) channels and an embedding of \(tokenEmbedding.shape[1])")
    let rows = arena.allocate(h.rows, of: Int32.self)
    var count = 0
    for row in 0..<h.rows where labels[row] >= 0 {
      precondition(
        labels[row] < tokenEmbedding.shape[0],
        "label \(labels[row]) of \(tokenEmbedding.shape[0]) tokens")
      rows[count] = Int32(row)
      count += 1
    }
    return UnsafeBufferPointer(start: rows, count: count)
  }
}

private struct CrossEntropyBackward: RecordedOperation {
  static let roundsResult = false
  let h: Tensor
  let dh: UnsafeMutablePointer<Float>  // [labelled row, d]
  let rows: UnsafeBufferPointer<Int32>
  let result: Tensor

  /// Writes the gradients of the labelled rows into the gradient of h; that of other rows is 0.
  func backward(on tape: Tape) {
    let seed = result.gradient[0]
    precondition(seed == 1, "cross entropy: gradient \(seed), expected 1")
    tape.scatter(Rows(dh, stride: h.channels), to: rows, of: h)
  }
}

/// Computes the head for up to 64 labelled rows, with the scratch memory for it.
///
/// The logits are stored transposed, S [token, row] = E Hᵀ. The softmax over tokens then runs down columns, so that
/// its loops run along rows, and no product has a transposed second operand, which is slow in OpenBLAS. One pass over
/// the vocabulary is enough: each block of tokens takes exponentials relative to the largest logit so far and keeps
/// that logit.
private struct HeadTile {
  /// With 64 rows and blocks of 64 tokens, products use OpenBLAS's fast path for small matrices.
  static let rows = 64
  static let tokens = 64

  let h: Tensor
  let d: Int
  let vocabulary: Int
  let embedding: UnsafePointer<Float>  // [token, d]
  let bias: UnsafePointer<Float>?  // [token]
  let gathered: UnsafeMutablePointer<Float>  // [row, d]
  let transposed: UnsafeMutablePointer<Float>  // [d, row]
  let s: UnsafeMutablePointer<Float>  // [token, row]: logits, exponentials, then their gradients
  let maxima: UnsafeMutablePointer<Float>  // [block of tokens, row]: the largest logit up to there
  let sum: UnsafeMutablePointer<Float>  // [row]
  let factor: UnsafeMutablePointer<Float>  // [row]
  let labelLogit: UnsafeMutablePointer<Float>  // [row]
  let index: UnsafeMutablePointer<Int32>  // [row]

  init(on tape: Tape, _ h: Tensor, _ tokenEmbedding: Parameter, _ bias: Parameter?) {
    self.h = h
    d = h.channels
    vocabulary = tokenEmbedding.shape[0]
    embedding = tape.values(of: tokenEmbedding)
    self.bias = bias.map { tape.values(of: $0) }
    let blocks = (vocabulary + Self.tokens - 1) / Self.tokens
    gathered = tape.arena.allocate(Self.rows * d)
    transposed = tape.arena.allocate(d * Self.rows)
    s = tape.arena.allocate(vocabulary * Self.rows)
    maxima = tape.arena.allocate(blocks * Self.rows)
    sum = tape.arena.allocate(Self.rows)
    factor = tape.arena.allocate(Self.rows)
    labelLogit = tape.arena.allocate(Self.rows)
    index = tape.arena.allocate(Self.rows, of: Int32.self)
  }

  /// Σ −log softmax[label] of these rows; leaves exponentials, maxima and sums for `backward`.
  func forward(
    _ rows: UnsafeBufferPointer<Int32>, labels: UnsafePointer<Int32>,
    predictions: UnsafeMutablePointer<Int32>?
  ) -> Double {
    for (column, row) in rows.enumerated() {
      (gathered + column * d).update(from: h.values + Int(row) * h.rowStride, count: d)
    }
    Kernels.transpose(rows.count, d, gathered, stride: d, into: transposed, stride: Self.rows)
    sum.update(repeating: 0, count: rows.count)
    index.update(repeating: 0, count: rows.count)
    for first in stride(from: 0, to: vocabulary, by: Self.tokens) {
      exponentials(first, rows, labels)
    }
    let maximum = maxima + (vocabulary - 1) / Self.tokens * Self.rows
    var total = 0.0
    for (column, row) in rows.enumerated() {
      predictions?[Int(row)] = index[column]
      total += log(Double(sum[column])) + Double(maximum[column]) - Double(labelLogit[column])
    }
    return total
  }

  /// One block of tokens: S = E Hᵀ + b, the running maximum m, exp(S − m) and the running sum.
  private func exponentials(
    _ first: Int, _ rows: UnsafeBufferPointer<Int32>, _ labels: UnsafePointer<Int32>
  ) {
    let count = min(Self.tokens, vocabulary - first)
    let block = s + first * Self.rows
    multiply(
      count, d, rows.count, MatrixOperand(embedding + first * d, stride: d),
      MatrixOperand(transposed, stride: Self.rows), into: block, stride: Self.rows)
    if let bias {
      for token in 0..<count {
        for column in 0..<rows.count { block[token * Self.rows + column] += bias[first + token] }
      }
    }
    for (column, row) in rows.enumerated() {
      let token = Int(labels[Int(row)]) - first
      if token >= 0 && token < count { labelLogit[column] = block[token * Self.rows + column] }
    }
    let maximum = maxima + first / Self.tokens * Self.rows
    let before = maximum - Self.rows
    if first == 0 {
      maximum.update(repeating: -.infinity, count: rows.count)
    } else {
      maximum.update(from: before, count: rows.count)
    }
    Kernels.columnLargest(
      count, rows.count, block, stride: Self.rows, first: first, maximum: maximum, index: index)
    if first > 0 {
      for column in 0..<rows.count { factor[column] = before[column] - maximum[column] }
      Kernels.exponential(rows.count, factor, into: factor)
      for column in 0..<rows.count { sum[column] *= factor[column] }
    }
    Kernels.columnExponential(
      count, rows.count, block, stride: Self.rows, maximum: maximum, sum: sum)
  }

  /// loss = Σ_rows log Σ_tokens exp S − S[label], S = E Hᵀ + b  →  dS = weight · (softmax S − onehot label),
  /// dH = dSᵀ E (assigned), dE = dS H, db = Σ_rows dS (added).
  func backward(
    _ rows: UnsafeBufferPointer<Int32>, labels: UnsafePointer<Int32>, weight: Float,
    dh: UnsafeMutablePointer<Float>, dE: UnsafeMutablePointer<Float>,
    dBias: UnsafeMutablePointer<Float>?
  ) {
    let last = maxima + (vocabulary - 1) / Self.tokens * Self.rows
    for first in stride(from: 0, to: vocabulary, by: Self.tokens) {
      let count = min(Self.tokens, vocabulary - first)
      let block = s + first * Self.rows
      let maximum = maxima + first / Self.tokens * Self.rows
      for column in 0..<rows.count { factor[column] = maximum[column] - last[column] }
      Kernels.exponential(rows.count, factor, into: factor)
      for column in 0..<rows.count { factor[column] *= weight / sum[column] }
      Kernels.columnScale(count, rows.count, block, stride: Self.rows, by: factor)
      for (column, row) in rows.enumerated() {
        let token = Int(labels[Int(row)]) - first
        if token >= 0 && token < count { block[token * Self.rows + column] -= weight }
      }
      if let dBias {
        for token in 0..<count {
          for column in 0..<rows.count { dBias[first + token] += block[token * Self.rows + column] }
        }
      }
      multiply(
        rows.count, count, d, MatrixOperand(block, stride: Self.rows, transposed: true),
        MatrixOperand(embedding + first * d, stride: d), into: dh, stride: d,
        beta: first == 0 ? 0 : 1)
      multiply(
        count, rows.count, d, MatrixOperand(block, stride: Self.rows),
        MatrixOperand(gathered, stride: d), into: dE + first * d, stride: d, beta: 1)
    }
  }
}
