import Foundation
import Kernels

/// The matrix itself is learned [heads, longest, longest].
struct DenseMatrix: MatrixRule {
  let weight: Parameter

  struct Scratch {
    let values: UnsafePointer<Float>
    let gradient: UnsafeMutablePointer<Float>?
    let length: Int
  }

  var isPerExample: Bool { false }
  var isTrained: Bool { true }
  var isWorthSaving: Bool { false }
  private var longest: Int { weight.shape[2] }

  func clearGradients(on tape: Tape) {}

  func prepare(
    _ example: Int, _ head: Int, _ length: Int, forGradient: Bool, on tape: Tape
  ) -> Scratch {
    let first = head * longest * longest
    return Scratch(
      values: tape.values(of: weight) + first,
      gradient: forGradient ? tape.gradient(of: weight) + first : nil, length: length)
  }

  func make(_ rows: Range<Int>, _ scratch: Scratch, into m: Rows) {
    for row in rows {
      m.from(row - rows.lowerBound).values.update(
        from: scratch.values + row * longest, count: scratch.length)
    }
  }

  func addGradients(_ rows: Range<Int>, _ scratch: Scratch, m: Rows, dm: Rows, on tape: Tape) {
    guard let gradient = scratch.gradient else { return }
    for row in rows {
      Kernels.add(
        scratch.length, dm.from(row - rows.lowerBound).values, to: gradient + row * longest)
    }
  }

  func finish(_ scratch: Scratch, _ example: Int, _ head: Int, _ length: Int, on tape: Tape) {}
}

/// M_ts = cos(2π t s / period), the real part of a Fourier transform.
struct CosineMatrix: MatrixRule {
  let period: Int

  struct Scratch {
    /// cos(2π n / period) [period]
    let cosines: UnsafeMutablePointer<Float>
    let length: Int
  }

  var isPerExample: Bool { false }
  var isTrained: Bool { false }
  var isWorthSaving: Bool { false }

  func clearGradients(on tape: Tape) {}

  func prepare(
    _ example: Int, _ head: Int, _ length: Int, forGradient: Bool, on tape: Tape
  ) -> Scratch {
    let cosines = tape.arena.allocate(period)
    for n in 0..<period { cosines[n] = Float(cos(2 * Double.pi * Double(n) / Double(period))) }
    return Scratch(cosines: cosines, length: length)
  }

  /// t s is reduced by the period as a whole number, so that large angles do not round.
  func make(_ rows: Range<Int>, _ scratch: Scratch, into m: Rows) {
    for row in rows {
      let (target, step) = (m.from(row - rows.lowerBound).values, row % period)
      var entry = 0
      for column in 0..<scratch.length {
        target[column] = scratch.cosines[entry]
        entry += step
        if entry >= period { entry -= period }
      }
    }
  }

  func addGradients(_ rows: Range<Int>, _ scratch: Scratch, m: Rows, dm: Rows, on tape: Tape) {}
  func finish(_ scratch: Scratch, _ example: Int, _ head: Int, _ length: Int, on tape: Tape) {}
}
