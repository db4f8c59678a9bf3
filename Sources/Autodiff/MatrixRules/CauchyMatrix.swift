import Kernels

/// M_ts = Σ_i 1 / (exp q_ti + exp k_si + 2 bias + 1e-8)
struct CauchyMatrix: QueryKeyRule {
  /// What keeps the denominators from 0 without a bias.
  static let floor: Float = 1e-8
  let operands: QueriesKeys
  private let bias: Parameter?

  init(q: Tensor, k: Tensor, bias: Parameter?, heads: Int) {
    operands = QueriesKeys(q: q, k: k, heads: heads)
    self.bias = bias
  }

  struct Scratch {
    /// exp q [length, m]
    let x: UnsafeMutablePointer<Float>
    /// exp kᵀ [m, whole vectors]
    let z: Rows
    let constant: Float
    let length: Int
    /// The gradients of x and z.
    let gradients: (x: UnsafeMutablePointer<Float>, z: UnsafeMutablePointer<Float>)?
  }

  func prepare(
    _ example: Int, _ head: Int, _ length: Int, forGradient: Bool, on tape: Tape
  ) -> Scratch {
    func exponentials(_ x: Tensor) -> UnsafeMutablePointer<Float> {
      let copy = operands.copy(operands.block(x.valueRows, example, head), factor: 1, on: tape)
      let exponentials = tape.arena.allocate(length * rank)
      Kernels.exponential(length * rank, copy, into: exponentials)
      return exponentials
    }
    let stride = Kernels.wholeVectors(length)
    let z = Rows(tape.arena.allocate(rank * stride), stride: stride)
    Kernels.transpose(
      length, rank, exponentials(operands.k), stride: rank, into: z.values, stride: stride)
    let b = bias.map { tape.values(of: $0).pointee } ?? 0
    return Scratch(
      x: exponentials(operands.q), z: z, constant: 2 * b + Self.floor, length: length,
      gradients: forGradient ? (tape.zeros(length * rank), tape.zeros(rank * stride)) : nil)
  }

  private func kernel(_ rows: Range<Int>, _ scratch: Scratch) -> CauchyRows {
    CauchyRows(
      rows: rows.count, columns: scratch.length, rank: rank,
      x: scratch.x + rows.lowerBound * rank, z: scratch.z, constant: scratch.constant)
  }

  func make(_ rows: Range<Int>, _ scratch: Scratch, into m: Rows) {
    kernel(rows, scratch).forward(into: m)
  }

  func addGradients(_ rows: Range<Int>, _ scratch: Scratch, m: Rows, dm: Rows, on tape: Tape) {
    guard let gradients = scratch.gradients else { return }
    kernel(rows, scratch).backward(
      dm: dm, xGradient: gradients.x + rows.lowerBound * rank, zGradient: gradients.z)
  }

  /// x = exp q  →  dq = dx x. Each denominator has 2 bias, so its gradient is twice the sum of those of x.
  func finish(_ scratch: Scratch, _ example: Int, _ head: Int, _ length: Int, on tape: Tape) {
    guard let gradients = scratch.gradients else { return }
    let dq = operands.block(operands.q.gradientRows, example, head)
    let dk = operands.block(operands.k.gradientRows, example, head)
    var sum = 0.0
    for row in 0..<length {
      for i in 0..<rank {
        let (x, z) = (row * rank + i, i * scratch.z.stride + row)
        sum += Double(gradients.x[x])
        dq.values[row * dq.stride + i] += gradients.x[x] * scratch.x[x]
        dk.values[row * dk.stride + i] += gradients.z[z] * scratch.z.values[z]
      }
    }
    if let bias { tape.gradient(of: bias).pointee += Float(2 * sum) }
  }
}
