import Kernels

/// Queries, keys, values, result and decay of a linear recurrence: where a head's rows lie, and what its
/// gradients have in common.
struct RecurrenceOperands {
  let shape: RecurrenceShape
  let tape: Tape
  let q: Tensor  // [batch, length, head · K]
  let k: Tensor  // [batch, length, head · K]
  let v: Tensor  // [batch, length, head · V]
  let y: Tensor  // [batch, length, head · V]
  let decay: LogDecay
  /// The factor on queries.
  let scale: Float

  /// Whether gradients of q, k, v and of the log-decay are added to.
  struct Accumulation { let q: Bool, k: Bool, v: Bool, g: Bool }

  func accumulation() -> Accumulation {
    let g =
      switch decay {
      case .none, .fixed: false
      case .perHead(let g), .perChannel(let g): tape.accumulates(g)
      }
    return Accumulation(
      q: tape.accumulates(q), k: tape.accumulates(k), v: tape.accumulates(v), g: g)
  }

  func keys(_ row: Int, head: Int) -> Rows {
    k.valueRows.block(row, column: head * shape.keyWidth)
  }

  func values(_ row: Int, head: Int) -> Rows {
    v.valueRows.block(row, column: head * shape.valueWidth)
  }

  func results(_ row: Int, head: Int) -> Rows {
    y.valueRows.block(row, column: head * shape.valueWidth)
  }

  func valueGradients(_ row: Int, head: Int) -> Rows {
    v.gradientRows.block(row, column: head * shape.valueWidth)
  }

  func resultGradients(_ row: Int, head: Int) -> Rows {
    y.gradientRows.block(row, column: head * shape.valueWidth)
  }

  /// q times the scale.
  func queries(_ row: Int, length: Int, head: Int, into scratch: Rows) -> Rows {
    let rows = q.valueRows.block(row, column: head * shape.keyWidth)
    guard scale != 1 else { return rows }
    var scale = scale
    Kernels.scaleRows(
      length, shape.keyWidth, &scale, factorStride: 0, rows.values, rows.stride,
      into: scratch.values, scratch.stride)
    return scratch
  }

  /// From the gradients of queries and keys in the products to those of q, k and the log-decay.
  ///
  /// `diagonal` is the gradient of a query's product with its own key, where the others leave it out;
  /// `carry` the gradient of the whole chunk's log-decay.
  func finish(
    _ row: Int, length: Int, head: Int, queries: Rows, fromQueries: Rows, fromWrites: Rows,
    fromReads: Rows?, diagonal: UnsafePointer<Float>, carry: UnsafeMutablePointer<Float>,
    _ accumulation: Accumulation
  ) {
    let (column, keys) = (head * shape.keyWidth, keys(row, head: head))
    let dq = q.gradientRows.block(row, column: column)
    let dk = k.gradientRows.block(row, column: column)
    var gradient = RecurrenceGradients()
    (gradient.length, gradient.channels) = (length, shape.keyWidth)
    (gradient.q, gradient.q_stride) = (UnsafePointer(queries.values), queries.stride)
    (gradient.k, gradient.k_stride) = (UnsafePointer(keys.values), keys.stride)
    gradient.from_q = UnsafePointer(fromQueries.values)
    gradient.from_write = UnsafePointer(fromWrites.values)
    gradient.from_read = fromReads.map { UnsafePointer($0.values) }
    gradient.from_stride = fromQueries.stride
    gradient.q_scale = scale
    (gradient.q_gradient, gradient.q_gradient_stride) = (dq.values, dq.stride)
    (gradient.k_gradient, gradient.k_gradient_stride) = (dk.values, dk.stride)
    gradient.q_adds = accumulation.q ? 1 : 0
    gradient.k_adds = accumulation.k ? 1 : 0
    gradient.g_adds = accumulation.g ? 1 : 0
    gradient.carry = carry
    if case .none = decay {
    } else {
      (gradient.diagonal, gradient.diagonal_stride) = (diagonal, shape.padded + 1)
    }
    switch decay {
    case .none, .fixed: break
    case .perHead(let g):
      gradient.per_head = 1
      gradient.g_gradient = g.gradient + row * g.rowStride + head
      gradient.g_stride = g.rowStride
    case .perChannel(let g):
      gradient.g_gradient = g.gradient + row * g.rowStride + column
      gradient.g_stride = g.rowStride
    }
    Kernels.recurrenceBackward(gradient)
  }
}
