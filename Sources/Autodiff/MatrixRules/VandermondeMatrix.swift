import Kernels

/// M_ts = Σ_i cos(2π ε q_ti s) − cos(2π ε k_si t), ε = 1e-3.
struct VandermondeMatrix: QueryKeyRule {
  /// 2π ε: what a query is multiplied by to be the angle from one token to the next.
  static let angle = Float(2 * Double.pi * 1e-3)
  let operands: QueriesKeys

  init(q: Tensor, k: Tensor, heads: Int) { operands = QueriesKeys(q: q, k: k, heads: heads) }

  struct Scratch {
    /// Angles of queries and keys [length, m].
    let queries: UnsafeMutablePointer<Float>, keys: UnsafeMutablePointer<Float>
    let kernel: UnsafeMutablePointer<Float>
    /// Some columns of the keys' cosines [length, spread], and their transpose.
    let columns: Rows, transposed: Rows
    let length: Int
    /// The gradients of the angles.
    let gradients: (queries: UnsafeMutablePointer<Float>, keys: UnsafeMutablePointer<Float>)?
  }

  func prepare(
    _ example: Int, _ head: Int, _ length: Int, forGradient: Bool, on tape: Tape
  ) -> Scratch {
    func angles(_ x: Tensor) -> UnsafeMutablePointer<Float> {
      operands.copy(operands.block(x.valueRows, example, head), factor: Self.angle, on: tape)
    }
    let (rows, padded) = (Self.mostRows, Kernels.wholeVectors(length))
    let count = length * rank
    return Scratch(
      queries: angles(operands.q), keys: angles(operands.k),
      kernel: tape.arena.allocate(CosineRows.scratchPerRank * rank),
      columns: Rows(tape.arena.allocate(length * rows), stride: rows),
      transposed: Rows(tape.arena.allocate(rows * padded), stride: padded), length: length,
      gradients: forGradient ? (tape.zeros(count), tape.zeros(count)) : nil)
  }

  /// The most rows that are made at a time.
  static let mostRows = 64

  private func queries(_ rows: Range<Int>, _ scratch: Scratch) -> CosineRows {
    CosineRows(
      rows: rows.count, columns: scratch.length, rank: rank,
      angles: scratch.queries + rows.lowerBound * rank, first: 0, scratch: scratch.kernel)
  }

  /// The keys' cosines at these times, one row for each key.
  private func keys(_ times: Range<Int>, _ scratch: Scratch) -> CosineRows {
    precondition(times.count <= Self.mostRows, "\(times.count) rows at a time")
    return CosineRows(
      rows: scratch.length, columns: times.count, rank: rank, angles: scratch.keys,
      first: times.lowerBound, scratch: scratch.kernel)
  }

  func make(_ rows: Range<Int>, _ scratch: Scratch, into m: Rows) {
    queries(rows, scratch).forward(into: m)
    keys(rows, scratch).forward(into: scratch.columns)
    Kernels.transpose(
      scratch.length, rows.count, scratch.columns.values, stride: scratch.columns.stride,
      factor: -1, into: scratch.transposed.values, stride: scratch.transposed.stride)
    for row in 0..<rows.count {
      Kernels.add(scratch.length, scratch.transposed.from(row).values, to: m.from(row).values)
    }
  }

  func addGradients(_ rows: Range<Int>, _ scratch: Scratch, m: Rows, dm: Rows, on tape: Tape) {
    guard let gradients = scratch.gradients else { return }
    queries(rows, scratch).backward(dm: dm, gradient: gradients.queries + rows.lowerBound * rank)
    Kernels.transpose(
      rows.count, scratch.length, dm.values, stride: dm.stride, factor: -1,
      into: scratch.columns.values, stride: scratch.columns.stride)
    keys(rows, scratch).backward(dm: scratch.columns, gradient: gradients.keys)
  }

  func finish(_ scratch: Scratch, _ example: Int, _ head: Int, _ length: Int, on tape: Tape) {
    guard let gradients = scratch.gradients else { return }
    func finish(_ x: Tensor, _ gradient: UnsafePointer<Float>) {
      let target = operands.block(x.gradientRows, example, head)
      for row in 0..<length {
        for i in 0..<rank {
          target.values[row * target.stride + i] += Self.angle * gradient[row * rank + i]
        }
      }
    }
    finish(operands.q, gradients.queries)
    finish(operands.k, gradients.keys)
  }
}
