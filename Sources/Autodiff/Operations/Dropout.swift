import Kernels

extension Tape {
  /// y = x ⊙ mask / (1 − rate), each element dropped with probability `rate` (Srivastava et al. 2014); x
  /// itself if dropout is off.
  ///
  /// The mask is a hash of (step, site, example, element). The backward pass computes it again.
  public func dropout(_ x: Tensor, rate: Float) -> Tensor {
    guard rate > 0, let site = nextDropoutSite() else { return x }
    let rate = DropoutRate(rate)
    let y = tensor(batch: x.batch, length: x.length, channels: x.channels)
    let dropout = Dropout(x: x, rate: rate, site: site, result: y)
    dropout.drop(x.valueRows, into: GradientRows(y.valueRows, accumulates: false))
    record(dropout)
    return y
  }
}

private struct Dropout: RecordedOperation {
  static let roundsResult = false
  let x: Tensor
  let rate: DropoutRate
  let site: DropoutSite
  let result: Tensor

  /// y = x ⊙ mask  →  dx = dy ⊙ mask
  func backward(on tape: Tape) { drop(result.gradientRows, into: tape.gradientRows(of: x)) }

  func drop(_ from: Rows, into to: GradientRows) {
    // If rows have no gaps between them, the kernel is called once per example, otherwise once per row.
    let joined = from.stride == x.channels && to.rows.stride == x.channels
    let (runs, length) = joined ? (1, x.length * x.channels) : (x.length, x.channels)
    for example in 0..<x.batch {
      let key = site.key(ofExample: example)
      for run in 0..<runs {
        let row = example * x.length + run
        Kernels.dropout(
          length, rate, key: key, counter: UInt32(run * length),
          from.values + row * from.stride, into: to.rows.values + row * to.rows.stride,
          accumulates: to.accumulates)
      }
    }
  }
}
