import Kernels

/// Softmax attention: M_ts = softmax_s(q_t · k_s / √m).
struct AttentionRows: QueryKeyRule {
  let operands: QueriesKeys

  init(q: Tensor, k: Tensor, heads: Int) { operands = QueriesKeys(q: q, k: k, heads: heads) }

  struct Scratch {
    let queries: Rows, keys: Rows
    /// kᵀ / √m [m, whole vectors]
    let transposed: Rows
    let queryGradient: Rows, keyGradient: Rows
    let length: Int
  }

  private var scale: Float { 1 / Float(rank).squareRoot() }

  func prepare(
    _ example: Int, _ head: Int, _ length: Int, forGradient: Bool, on tape: Tape
  ) -> Scratch {
    func block(_ rows: Rows) -> Rows { operands.block(rows, example, head) }
    let (keys, stride) = (block(operands.k.valueRows), Kernels.wholeVectors(length))
    let transposed = Rows(tape.arena.allocate(rank * stride), stride: stride)
    Kernels.transpose(
      length, rank, keys.values, stride: keys.stride, factor: scale, into: transposed.values,
      stride: stride)
    return Scratch(
      queries: block(operands.q.valueRows), keys: keys, transposed: transposed,
      queryGradient: block(operands.q.gradientRows), keyGradient: block(operands.k.gradientRows),
      length: length)
  }

  func make(_ rows: Range<Int>, _ scratch: Scratch, into m: Rows) {
    multiply(
      rows.count, rank, scratch.length, scratch.queries.from(rows.lowerBound).operand,
      scratch.transposed.operand, into: m.values, stride: m.stride)
    Kernels.rowSoftmax(rows.count, scratch.length, m)
  }

  /// S = q kᵀ / √m  →  dq = dS k / √m, dk = dSᵀ q / √m
  func addGradients(_ rows: Range<Int>, _ scratch: Scratch, m: Rows, dm: Rows, on tape: Tape) {
    Kernels.rowSoftmaxBackward(rows.count, scratch.length, m, dp: dm.values)
    let queries = scratch.queryGradient.from(rows.lowerBound)
    multiply(
      rows.count, scratch.length, rank, dm.operand, scratch.keys.operand, into: queries.values,
      stride: queries.stride, alpha: scale, beta: 1)
    multiply(
      scratch.length, rows.count, rank, dm.transposedOperand,
      scratch.queries.from(rows.lowerBound).operand, into: scratch.keyGradient.values,
      stride: scratch.keyGradient.stride, alpha: scale, beta: 1)
  }

  func finish(_ scratch: Scratch, _ example: Int, _ head: Int, _ length: Int, on tape: Tape) {}
}
