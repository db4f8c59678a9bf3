import Autodiff
import Foundation

struct MixCase {
  let batch: Int, length: Int, heads: Int, width: Int, rank: Int
  /// Whether all examples share what the matrix is made of.
  let isShared: Bool

  init(
    _ batch: Int, _ length: Int, _ heads: Int, _ width: Int, _ rank: Int, shared: Bool = false
  ) {
    (self.batch, self.length, self.heads) = (batch, length, heads)
    (self.width, self.rank, isShared) = (width, rank, shared)
  }

  var text: String {
    "\(batch)×\(length), \(heads) heads of \(width), rank \(rank)\(isShared ? ", shared" : "")"
  }

  var values: OperationCheck.Activation { .init(batch, length, heads * width) }

  func operand(_ channels: Int, scale: Double = 1) -> OperationCheck.Activation {
    .init(isShared ? 1 : batch, length, heads * channels, .normal(scale: scale))
  }

  /// Of a head: x [batch or 1, length, heads · channels] → [length][channels].
  func block(_ x: [Double], _ example: Int, _ head: Int, of channels: Int) -> [[Double]] {
    (0..<length).map { t in
      Array(
        x.row((isShared ? 0 : example) * length + t, of: heads * channels)[
          head * channels..<(head + 1) * channels])
    }
  }

  /// scale · M v + v, with M_ts of an example and head.
  func mixed(
    _ v: [Double], scale: Double, _ matrix: (_ example: Int, _ head: Int) -> (Int, Int) -> Double
  ) -> [Double] {
    var y = v
    for example in 0..<batch {
      for head in 0..<heads {
        let m = matrix(example, head)
        for t in 0..<length {
          for s in 0..<length {
            let factor = scale * m(t, s)
            for c in head * width..<(head + 1) * width {
              y[(example * length + t) * heads * width + c] +=
                factor * v[(example * length + s) * heads * width + c]
            }
          }
        }
      }
    }
    return y
  }
}

private func dot(_ x: [Double], _ y: [Double]) -> Double {
  zip(x, y).reduce(0) { $0 + $1.0 * $1.1 }
}

extension OperationChecks {
  static let mixCases = [
    MixCase(1, 1, 1, 1, 1), MixCase(2, 7, 2, 5, 3), MixCase(1, 17, 3, 16, 17),
    MixCase(3, 9, 2, 3, 2, shared: true), MixCase(1, 70, 1, 7, 4), MixCase(2, 130, 1, 3, 2),
  ]

  static let lowRankMixChecks = mixCases.map { test in
    OperationCheck(
      "low rank mix \(test.text)",
      activations: [test.values, test.operand(test.rank), test.operand(test.rank)]
    ) { tape, x, _ in
      [tape.lowRankMix(x[0], x[1], x[2], heads: test.heads, scale: 0.3)]
    } reference: { x, _ in
      [
        test.mixed(x[0], scale: 0.3) { example, head in
          let q = test.block(x[1], example, head, of: test.rank)
          let k = test.block(x[2], example, head, of: test.rank)
          return { dot(q[$0], k[$1]) }
        }
      ]
    }
  }

  static let matrixMixChecks =
    mixCases.flatMap { test in
      [
        Pairs.attention.check(test),
        // Angles of up to 130 · 2π · 1e-3 · 30, so that cosines turn.
        Pairs.vandermonde.check(test, values: .normal(scale: 10)),
        Pairs.cauchy(hasBias: true).check(test), Pairs.cauchy(hasBias: false).check(test),
        dense(test), cosines(test),
      ]
    } + [
      // Denominators so small that 1e-8 counts.
      Pairs.cauchy(hasBias: false)
        .check(MixCase(1, 5, 1, 3, 1), values: .uniform(-19, -17))
    ]

  /// Rules for a query and a key.
  private enum Pairs: Sendable {
    case attention, vandermonde
    case cauchy(hasBias: Bool)

    func check(
      _ test: MixCase, values: OperationCheck.Values = .normal(scale: 1)
    ) -> OperationCheck {
      let operand = OperationCheck.Activation(
        test.isShared ? 1 : test.batch, test.length, test.heads * test.rank, values)
      var hasBias = false
      if case .cauchy(true) = self { hasBias = true }
      return OperationCheck(
        "\(self) mix \(test.text), \(values)", activations: [test.values, operand, operand],
        weights: hasBias ? [.init([1], .uniform(0.2, 0.5))] : []
      ) { tape, x, w in
        let rule: MixingRule =
          switch self {
          case .attention: .attention(q: x[1], k: x[2])
          case .vandermonde: .vandermonde(q: x[1], k: x[2])
          case .cauchy: .cauchy(q: x[1], k: x[2], bias: w.first)
          }
        return [tape.matrixMix(x[0], by: rule, heads: test.heads, scale: 0.3)]
      } reference: { x, w in
        [
          test.mixed(x[0], scale: 0.3) { example, head in
            let q = test.block(x[1], example, head, of: test.rank)
            let k = test.block(x[2], example, head, of: test.rank)
            return matrix(q, k, bias: w.first?[0] ?? 0)
          }
        ]
      }
    }

    private func matrix(
      _ q: [[Double]], _ k: [[Double]], bias: Double
    ) -> (_ t: Int, _ s: Int) -> Double {
      switch self {
      case .attention:
        let rows = q.map { q in
          let e = k.map { exp(dot(q, $0) / Double(q.count).squareRoot()) }
          let sum = e.reduce(0, +)
          return e.map { $0 / sum }
        }
        return { rows[$0][$1] }
      case .vandermonde:
        let angle = 2 * Double.pi * 1e-3
        return { t, s in
          zip(q[t], k[s]).reduce(0) {
            $0 + cos(angle * $1.0 * Double(s)) - cos(angle * $1.1 * Double(t))
          }
        }
      case .cauchy:
        return { t, s in
          zip(q[t], k[s]).reduce(0) { $0 + 1 / (exp($1.0) + exp($1.1) + 2 * bias + 1e-8) }
        }
      }
    }
  }

  private static func dense(_ test: MixCase) -> OperationCheck {
    let longest = test.length + 2
    return OperationCheck(
      "dense mix \(test.text)", activations: [test.values],
      weights: [.init([test.heads, longest, longest])]
    ) { tape, x, w in
      [tape.matrixMix(x[0], by: .dense(w[0]), heads: test.heads, scale: 0.3)]
    } reference: { x, w in
      [
        test.mixed(x[0], scale: 0.3) { _, head in
          { t, s in w[0][(head * longest + t) * longest + s] }
        }
      ]
    }
  }

  private static func cosines(_ test: MixCase) -> OperationCheck {
    let period = test.length + 3
    return OperationCheck("cosine mix \(test.text)", activations: [test.values]) { tape, x, _ in
      [tape.matrixMix(x[0], by: .cosines(period: period), heads: test.heads, scale: 0.3)]
    } reference: { x, _ in
      [
        test.mixed(x[0], scale: 0.3) { _, _ in
          { t, s in cos(2 * Double.pi * Double(t * s) / Double(period)) }
        }
      ]
    }
  }
}
