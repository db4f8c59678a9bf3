import Foundation

/// Plain twins, in Double and without gradients, of the kernels in MixingMatrix.swift; all row major.
package enum PlainMixing {
  /// exp s / Σ exp s along each row.
  package static func softmax(_ s: [Double], _ columns: Int) -> [Double] {
    stride(from: 0, to: s.count, by: columns).flatMap { first in
      let row = s[first..<first + columns]
      let e = row.map { exp($0 - row.max()!) }
      let sum = e.reduce(0, +)
      return e.map { $0 / sum }
    }
  }

  /// Σ_i 1 / (x_ri + z_ic + constant), with x [rows, rank], z [rank, columns].
  package static func cauchy(
    _ x: [Double], _ z: [Double], rank: Int, columns: Int, constant: Double
  ) -> [Double] {
    (0..<x.count / rank).flatMap { r in
      (0..<columns).map { c in
        (0..<rank).reduce(0) { $0 + 1 / (x[r * rank + $1] + z[$1 * columns + c] + constant) }
      }
    }
  }

  /// Σ_i cos(angle_ri (first + c)), with angles [rows, rank].
  package static func cosines(
    _ angles: [Double], rank: Int, columns: Int, first: Int
  ) -> [Double] {
    (0..<angles.count / rank).flatMap { r in
      (0..<columns).map { c in
        (0..<rank).reduce(0) { $0 + cos(angles[r * rank + $1] * Double(first + c)) }
      }
    }
  }
}
