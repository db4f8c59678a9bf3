import Foundation
import Kernels

/// Plain twins, in Double and without gradients, of the kernels in Heads.swift and Sine.swift: rows of columns, row
/// major.
package enum PlainHeads {
  /// x + (z − x) ⊙ w, with one w for all rows or one for each.
  package static func interpolate(_ x: [Double], _ z: [Double], _ w: [Double]) -> [Double] {
    x.indices.map { x[$0] + (z[$0] - x[$0]) * w[$0 % w.count] }
  }

  /// x_t + (x_{t−1} − x_t) ⊙ w.
  package static func tokenShift(_ x: [Double], _ w: [Double]) -> [Double] {
    x.indices.map { index in
      let before = index < w.count ? 0 : x[index - w.count]
      return x[index] + (before - x[index]) * w[index % w.count]
    }
  }

  /// scale · u / max(floor, √(Σ u² + epsilon)), u = x ⊙ w.
  package static func unitNorm(
    _ x: [Double], _ w: [Double], scale: Double, epsilon: Double, floor: Double
  ) -> [Double] {
    rows(x, w.count) { x in
      let u = zip(x, w).map(*)
      let length = max(floor, (u.reduce(epsilon) { $0 + $1 * $1 }).squareRoot())
      return u.map { scale * $0 / length }
    }
  }

  /// x / √(mean x² + epsilon) ⊙ w ⊙ gate(z).
  package static func normGate(
    _ x: [Double], _ z: [Double]?, _ gate: NormGate.Gate, _ w: [Double], epsilon: Double
  ) -> [Double] {
    let normed = rows(x, w.count) { x in
      let mean = x.reduce(0) { $0 + $1 * $1 } / Double(w.count)
      return zip(x, w).map { $0 * $1 / (mean + epsilon).squareRoot() }
    }
    guard let z else { return normed }
    return zip(normed, z).map { $0 * (gate == .silu ? $1 : 1) / (1 + exp(-$1)) }
  }

  /// (n + (Σ r ⊙ k ⊙ w) v) ⊙ gate.
  package static func bonusGate(
    _ n: [Double], _ r: [Double], _ k: [Double], _ v: [Double], _ gate: [Double], _ w: [Double]
  ) -> [Double] {
    n.indices.map { index in
      let row = index / w.count * w.count
      let sum = w.indices.reduce(0) { $0 + r[row + $1] * k[row + $1] * w[$1] }
      return (n[index] + sum * v[index]) * gate[index]
    }
  }

  /// Channels c and c + half turned by the angle whose cosine and sine are in the table [rows, 2, half], times scale.
  package static func rotate(
    _ x: [Double], _ table: [Double], half: Int, scale: Double
  ) -> [Double] {
    x.indices.map { index in
      let (row, column) = index.quotientAndRemainder(dividingBy: 2 * half)
      let (first, c) = (row * 2 * half, column % half)
      let (cosine, sine) = (table[first + c], table[first + half + c])
      let (a, b) = (x[first + c], x[first + half + c])
      return scale * (column < half ? a * cosine - b * sine : b * cosine + a * sine)
    }
  }

  /// sin(w ⊙ x).
  package static func sine(_ x: [Double], _ w: [Double]) -> [Double] {
    x.indices.map { sin(w[$0 % w.count] * x[$0]) }
  }

  private static func rows(
    _ x: [Double], _ columns: Int, _ body: ([Double]) -> [Double]
  ) -> [Double] {
    stride(from: 0, to: x.count, by: columns).flatMap { body(Array(x[$0..<$0 + columns])) }
  }
}
