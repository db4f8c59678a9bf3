import Kernels

extension Tape {
  /// y = x ⊙ mask / (1 − rate), each element dropped with probability `rate` (Srivastava et al. 2014); x
  /// itself where dropout is off.
  ///
  /// The mask is a hash of (step, site, example, element), computed again on the way back.
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
  let x: Tensor
  let rate: DropoutRate
  let site: DropoutSite
  let result: Tensor

  /// y = x ⊙ mask  →  dx = dy ⊙ mask
  func backward(on tape: Tape) { drop(result.gradientRows, into: tape.gradientRows(of: x)) }

  func drop(_ from: Rows, into to: GradientRows) {
    // Rows without gaps go to the kernel an example at a time.
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

extension OperationCatalog {
  static let dropoutChecks = [(1, 1, 1), (3, 7, 16), (1, 16, 17), (2, 65, 64)].flatMap { size in
    let (batch, length, channels) = size
    return [Float(0), 0.1, 0.5].map { rate in
      let stream = DropoutStream(key: 5, firstExample: 2)
      return OperationCheck(
        "dropout \(rate) of \(batch)×\(length)×\(channels)",
        activations: [.init(batch, length, channels), .init(batch, length, channels)]
      ) { tape, x, _ in
        tape.dropout = stream
        // Two sites, each with a mask of its own. At rate 0 the operation returns x itself, which is sent
        // through a second one, because the harness overwrites the gradients of results.
        return rate == 0
          ? x.map { tape.dropout(tape.dropout($0, rate: 0), rate: 0.25) }
          : x.map { tape.dropout($0, rate: rate) }
      } reference: { x, _ in
        var stream = stream
        let drop = DropoutRate(rate == 0 ? 0.25 : rate)
        return x.map { x in
          let site = stream.nextSite()
          return x.indices.map { index in
            let (example, element) = index.quotientAndRemainder(dividingBy: length * channels)
            let key = site.key(ofExample: example)
            return x[index] * Double(drop.plainFactor(key: key, counter: UInt32(element)))
          }
        }
      }
    }
  }
}
