import Foundation

/// Plain twins, in Double, of the kernels in LinearRecurrence.swift, Taylor.swift and DiagonalPlusLowRank.swift.
/// Matrices are lists of rows.
package enum PlainRecurrence {
  package typealias Matrix = [[Double]]

  /// exp of the sum of log-decays of these rows, of one channel; 0 below 1e-30.
  package static func decay(_ g: Matrix, _ rows: Range<Int>, _ channel: Int) -> Double {
    let product = exp(rows.reduce(0) { $0 + g[$1][channel] })
    return product < 1e-30 ? 0 : product
  }

  /// exp(g_{j+1} + … + g_i) for j ≤ i, 0 above.
  package static func mask(_ g: [Double]) -> Matrix {
    let column = g.map { [$0] }
    return g.indices.map { i in
      g.indices.map { j in j <= i ? decay(column, j + 1..<i + 1, 0) : 0 }
    }
  }

  /// Σ_c x_ic y_jc exp(g_{j+1,c} + … + g_ic) for j ≤ i, or j < i if strict, 0 above.
  package static func pairs(_ x: Matrix, _ y: Matrix, _ g: Matrix, strict: Bool) -> Matrix {
    x.indices.map { i in
      x.indices.map { j in
        guard j < i || (j == i && !strict) else { return 0 }
        return x[i].indices.reduce(0) {
          $0 + x[i][$1] * y[j][$1] * decay(g, j + 1..<i + 1, $1)
        }
      }
    }
  }

  /// x with x_i += Σ_{j<i} l_ij x_j in order, the solution of (1 − l) x = x.
  package static func solve(_ l: Matrix, _ x: Matrix) -> Matrix {
    var x = x
    for i in x.indices {
      for j in 0..<i { for c in x[i].indices { x[i][c] += l[i][j] * x[j][c] } }
    }
    return x
  }

  /// The same of (1 − lᵀ) x = x.
  package static func solveTransposed(_ l: Matrix, _ x: Matrix) -> Matrix {
    var x = x
    for i in x.indices.reversed() {
      for j in i + 1..<x.count { for c in x[i].indices { x[i][c] += l[j][i] * x[j][c] } }
    }
    return x
  }

  /// 1, x_a, x_a x_b with a ≤ b, squares times a factor.
  package static func monomials(_ x: [Double], square: Double) -> [Double] {
    var products: [Double] = []
    for a in x.indices {
      for b in a..<x.count { products.append(x[a] * x[b] * (a == b ? square : 1)) }
    }
    return [1] + x + products
  }

  /// The six products' operands of a chunk of diagonal plus low rank, one after the other, rows of channels:
  /// r, −removal and k, removal · rate from the chunk's start, and the last two until its end.
  package static func lowRank(
    r: Matrix, w: Matrix, k: Matrix, removal: Matrix, rate: Matrix
  ) -> [Matrix] {
    func rows(_ body: (_ row: Int, _ channel: Int) -> Double) -> Matrix {
      r.indices.map { row in r[row].indices.map { body(row, $0) } }
    }
    func log(_ rows: Range<Int>, _ c: Int) -> Double { rows.reduce(0) { $0 + w[$1][c] } }
    return [
      rows { r[$0][$1] * exp(log(0..<$0 + 1, $1)) },
      rows { -removal[$0][$1] * exp(log(0..<$0, $1)) },
      rows { k[$0][$1] / exp(log(0..<$0 + 1, $1)) },
      rows { removal[$0][$1] * rate[$0][$1] / exp(log(0..<$0 + 1, $1)) },
      rows { k[$0][$1] * exp(log($0 + 1..<r.count, $1)) },
      rows { removal[$0][$1] * rate[$0][$1] * exp(log($0 + 1..<r.count, $1)) },
    ]
  }
}
