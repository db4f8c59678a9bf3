import Kernels

extension Tape {
  /// y = scale · M v + v per head, where M_ts depends on t − s only: forward_{t−s} for t ≥ s, otherwise backward_{s−t}.
  /// v, y [batch, length, heads · P]; forward, backward [batch or 1, length, heads]. By fast Fourier transforms.
  public func toeplitzMix(_ v: Tensor, forward: Tensor, backward: Tensor, scale: Float) -> Tensor {
    let heads = forward.channels
    precondition(
      forward.length == v.length && (forward.batch == v.batch || forward.batch == 1)
        && backward.rows == forward.rows && backward.batch == forward.batch
        && backward.channels == heads && heads > 0 && v.channels % heads == 0,
      "[\(v.batch), \(v.length), \(v.channels)] by filters [\(forward.batch), \(forward.length), \(heads)]"
    )
    return convolution(
      v, kernel: forward, later: backward, laterStart: 1, skip: .input, scale: scale)
  }

  /// The same with a learned weight for each distance: M_ts = weight[head, t − s + (lags − 1)/2], the weight
  /// [heads, lags].
  public func toeplitzMix(_ v: Tensor, lags weight: Parameter, scale: Float) -> Tensor {
    precondition(
      weight.shape[1] % 2 == 1 && weight.shape[1] >= 2 * v.length - 1,
      "\(v.length) tokens by weights \(weight.shape)")
    let filters = LagFilters(
      weight: weight,
      earlier: tensor(batch: 1, length: v.length, channels: weight.shape[0]),
      later: tensor(batch: 1, length: v.length, channels: weight.shape[0]))
    filters.read(on: self)
    record(filters)
    return toeplitzMix(v, forward: filters.earlier, backward: filters.later, scale: scale)
  }
}

/// Weights by distance as filters [1, length, heads]. Distance 0 stands in `earlier` alone.
private struct LagFilters: RecordedOperation {
  let weight: Parameter
  /// For distances t − s ≥ 0, and for s − t > 0.
  let earlier: Tensor, later: Tensor

  /// The convolution gives both filters their gradients.
  var result: Tensor { earlier }

  /// Calls `body` with the index of each distance in a filter and in the weight.
  private func forEachLag(_ body: (_ index: Int, _ isEarlier: Bool, _ element: Int) -> Void) {
    let (heads, lags) = (weight.shape[0], weight.shape[1])
    for head in 0..<heads {
      let zero = head * lags + (lags - 1) / 2
      for lag in 0..<earlier.length {
        body(lag * heads + head, true, zero + lag)
        if lag > 0 { body(lag * heads + head, false, zero - lag) }
      }
    }
  }

  func read(on tape: Tape) {
    let values = tape.values(of: weight)
    for head in 0..<weight.shape[0] { later.values[head] = 0 }
    forEachLag { index, isEarlier, element in
      (isEarlier ? earlier : later).values[index] = values[element]
    }
  }

  func backward(on tape: Tape) {
    let gradient = tape.gradient(of: weight)
    forEachLag { index, isEarlier, element in
      gradient[element] += (isEarlier ? earlier : later).gradient[index]
    }
  }
}
