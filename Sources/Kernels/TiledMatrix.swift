/// The same as `multiply`, but divided into tiles of 64 × 64 × 128 if `multipliesBlocks`.
///
/// b must not be transposed; `Kernels.transpose` can transpose it once.
public func multiplyInTiles(
  _ m: Int, _ k: Int, _ n: Int, _ a: MatrixOperand, _ b: MatrixOperand,
  into c: UnsafeMutablePointer<Float>, stride: Int, beta: Float = 0
) {
  precondition(!b.transposed, "tiles of a transposed second operand")
  // A product of rounded operands has tiles of its own.
  guard Kernels.multipliesBlocks, !Kernels.rounding.contains(.values) else {
    return multiply(m, k, n, a, b, into: c, stride: stride, beta: beta)
  }
  var row = 0
  while row < m {
    let height = tile(64, of: m - row)
    var column = 0
    while column < n {
      let width = tile(64, of: n - column)
      var inner = 0
      repeat {
        let depth = tile(128, of: k - inner)
        let start = a.transposed ? inner * a.stride + row : row * a.stride + inner
        multiply(
          height, depth, width,
          MatrixOperand(a.values + start, stride: a.stride, transposed: a.transposed),
          MatrixOperand(b.values + inner * b.stride + column, stride: b.stride),
          into: c + row * stride + column, stride: stride, beta: inner == 0 ? beta : 1)
        inner += depth
      } while inner < k
      column += width
    }
    row += height
  }
}

/// The length of the next tile. A remainder of up to an eighth of a tile is added to the last tile.
@inline(__always)
private func tile(_ length: Int, of rest: Int) -> Int {
  rest <= length + length / 8 ? rest : length
}
