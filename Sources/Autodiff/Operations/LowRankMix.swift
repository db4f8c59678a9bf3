import Kernels

extension Tape {
  /// y = scale · Q (Kᵀ V) + V per head, over the whole sequence: q, k [batch, length, heads · m], v, y
  /// [batch, length, heads · P]. If q and k have one example, all examples share it.
  ///
  /// Multiply-adds per token and head: 2 m P forward, twice that backward.
  public func lowRankMix(_ v: Tensor, _ q: Tensor, _ k: Tensor, heads: Int, scale: Float) -> Tensor
  {
    precondition(
      heads > 0 && v.channels % heads == 0 && q.channels % heads == 0 && q.channels == k.channels
        && q.length == v.length && k.rows == q.rows && (q.batch == v.batch || q.batch == 1),
      "[\(v.rows), \(v.channels)] by [\(q.rows), \(q.channels)] and [\(k.rows), \(k.channels)]")
    let y = tensor(batch: v.batch, length: v.length, channels: v.channels)
    let start = arena.mark
    let width = v.channels / heads
    let operation = LowRankMix(
      v: v, q: q, k: k, heads: heads, scale: scale,
      products: arena.allocate(v.batch * q.channels * Kernels.wholeVectors(width)), result: y)
    operation.forward(on: self)
    if !differentiates { arena.release(to: start) }
    record(operation)
    return y
  }
}

private struct LowRankMix: RecordedOperation {
  let v: Tensor, q: Tensor, k: Tensor
  let heads: Int
  let scale: Float
  /// scale · Kᵀ V [example, head, m, P], rows whole vectors.
  let products: UnsafeMutablePointer<Float>
  let result: Tensor

  private var rank: Int { q.channels / heads }
  private var width: Int { v.channels / heads }
  private var length: Int { v.length }

  private func block(_ rows: Rows, of x: Tensor, _ example: Int, _ head: Int) -> Rows {
    rows.block(
      (x.batch == 1 ? 0 : example) * length, column: head * (x.channels / heads))
  }

  private func product(_ example: Int, _ head: Int) -> Rows {
    let stride = Kernels.wholeVectors(width)
    return Rows(products + (example * heads + head) * rank * stride, stride: stride)
  }

  private func forEachHead(_ body: (_ example: Int, _ head: Int) -> Void) {
    for example in 0..<v.batch {
      for head in 0..<heads { body(example, head) }
    }
  }

  func forward(on tape: Tape) {
    tape.copyRows(v.valueRows, to: GradientRows(result.valueRows, accumulates: false), of: v)
    forEachHead { example, head in
      let (values, keys) = (
        block(v.valueRows, of: v, example, head), block(k.valueRows, of: k, example, head)
      )
      let (product, y) = (
        product(example, head), block(result.valueRows, of: result, example, head)
      )
      multiplyInTiles(
        rank, length, width, keys.transposedOperand, values.operand, into: product.values,
        stride: product.stride)
      scaleInPlace(product, rank, width, tape)
      multiplyInTiles(
        length, rank, width, block(q.valueRows, of: q, example, head).operand, product.operand,
        into: y.values, stride: y.stride, beta: 1)
    }
  }

  private func scaleInPlace(_ x: Rows, _ rows: Int, _ columns: Int, _ tape: Tape) {
    tape.arena.withScratch {
      let factor = tape.arena.allocate(1)
      factor.pointee = scale
      Kernels.scaleRows(
        rows, columns, factor, factorStride: 0, x.values, x.stride, into: x.values, x.stride)
    }
  }

  /// With S = scale Kᵀ V: dS = Qᵀ dy, dQ = dy Sᵀ, dK = scale V dSᵀ, dV = dy + scale K dS.
  func backward(on tape: Tape) {
    let dv = tape.gradientRows(of: v)
    tape.copyRows(result.gradientRows, to: dv, of: v)
    let (dq, dk) = (tape.gradientRows(of: q), tape.gradientRows(of: k))
    tape.arena.withScratch {
      let (narrow, wide) = (Kernels.wholeVectors(rank), Kernels.wholeVectors(width))
      let gradient = Rows(tape.arena.allocate(rank * wide), stride: wide)  // [m, P]
      let transposed = Rows(tape.arena.allocate(width * narrow), stride: narrow)  // [P, m]
      forEachHead { example, head in
        let dy = block(result.gradientRows, of: result, example, head)
        func transpose(_ x: Rows) {
          Kernels.transpose(
            rank, width, x.values, stride: x.stride, into: transposed.values, stride: narrow)
        }
        func multiply(_ x: Rows, into target: GradientRows, of tensor: Tensor) {
          let rows = block(target.rows, of: tensor, example, head)
          let adds = target.accumulates || (tensor.batch == 1 && example > 0)
          multiplyInTiles(
            length, width, rank, x.operand, transposed.operand, into: rows.values,
            stride: rows.stride, beta: adds ? 1 : 0)
        }
        transpose(product(example, head))
        multiply(dy, into: dq, of: q)
        multiplyInTiles(
          rank, length, width, block(q.valueRows, of: q, example, head).transposedOperand,
          dy.operand, into: gradient.values, stride: wide)
        scaleInPlace(gradient, rank, width, tape)
        transpose(gradient)
        multiply(block(v.valueRows, of: v, example, head), into: dk, of: k)
        let values = block(dv.rows, of: v, example, head)
        multiplyInTiles(
          length, rank, width, block(k.valueRows, of: k, example, head).operand, gradient.operand,
          into: values.values, stride: values.stride, beta: 1)
      }
    }
  }
}
