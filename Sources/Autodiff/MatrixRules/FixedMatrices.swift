import Foundation
import Kernels

/// M_ts depends on t − s only: forward_{t−s} for t ≥ s, otherwise backward_{s−t}.
struct ToeplitzMatrix: MatrixRule {
  enum Filters {
    /// forward, backward [batch, length, heads]
    case tensors(Tensor, Tensor)
    /// [heads, lags]: t − s is at (lags − 1)/2 + t − s.
    case parameter(Parameter)
  }

  let filters: Filters

  struct Scratch {
    /// M_ts is at s − t + length − 1 [2 length − 1], so that a row of M lies in one piece.
    let lags: UnsafeMutablePointer<Float>
    let gradient: UnsafeMutablePointer<Float>?
    let length: Int
  }

  var isPerExample: Bool {
    switch filters {
    case .tensors(let forward, _): forward.batch > 1
    case .parameter: false
    }
  }
  var isTrained: Bool { true }
  var isWorthSaving: Bool { false }

  func clearGradients(on tape: Tape) {
    guard case .tensors(let forward, let backward) = filters else { return }
    tape.clearGradient(of: forward)
    tape.clearGradient(of: backward)
  }

  /// Calls `body` with the place of each lag in `Scratch.lags`, and where the operands have it, or its gradient.
  private func forEachLag(
    _ example: Int, _ head: Int, _ length: Int, isGradient: Bool, on tape: Tape,
    _ body: (_ place: Int, _ value: UnsafeMutablePointer<Float>) -> Void
  ) {
    switch filters {
    case .tensors(let forward, let backward):
      let first = (isPerExample ? example : 0) * length
      func rows(_ x: Tensor) -> Rows {
        (isGradient ? x.gradientRows : x.valueRows).block(first, column: head)
      }
      let (f, b) = (rows(forward), rows(backward))
      for lag in 0..<length {
        body(length - 1 - lag, f.values + lag * f.stride)
        if lag > 0 { body(length - 1 + lag, b.values + lag * b.stride) }
      }
    case .parameter(let weight):
      let elements =
        isGradient
        ? tape.gradient(of: weight) : UnsafeMutablePointer(mutating: tape.values(of: weight))
      let zero = elements + head * weight.shape[1] + (weight.shape[1] - 1) / 2
      for lag in 1 - length..<length { body(length - 1 - lag, zero + lag) }
    }
  }

  func prepare(
    _ example: Int, _ head: Int, _ length: Int, forGradient: Bool, on tape: Tape
  ) -> Scratch {
    let lags = tape.arena.allocate(2 * length - 1)
    forEachLag(example, head, length, isGradient: false, on: tape) { place, value in
      lags[place] = value.pointee
    }
    return Scratch(
      lags: lags, gradient: forGradient ? tape.zeros(2 * length - 1) : nil, length: length)
  }

  private func place(ofRow row: Int, _ scratch: Scratch) -> Int { scratch.length - 1 - row }

  func make(_ rows: Range<Int>, _ scratch: Scratch, into m: Rows) {
    for row in rows {
      m.from(row - rows.lowerBound).values.update(
        from: scratch.lags + place(ofRow: row, scratch), count: scratch.length)
    }
  }

  func addGradients(_ rows: Range<Int>, _ scratch: Scratch, m: Rows, dm: Rows, on tape: Tape) {
    guard let gradient = scratch.gradient else { return }
    for row in rows {
      Kernels.add(
        scratch.length, dm.from(row - rows.lowerBound).values,
        to: gradient + place(ofRow: row, scratch))
    }
  }

  func finish(_ scratch: Scratch, _ example: Int, _ head: Int, _ length: Int, on tape: Tape) {
    guard let gradient = scratch.gradient else { return }
    forEachLag(example, head, length, isGradient: true, on: tape) { place, value in
      value.pointee += gradient[place]
    }
  }
}

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
      var place = 0
      for column in 0..<scratch.length {
        target[column] = scratch.cosines[place]
        place += step
        if place >= period { place -= period }
      }
    }
  }

  func addGradients(_ rows: Range<Int>, _ scratch: Scratch, m: Rows, dm: Rows, on tape: Tape) {}
  func finish(_ scratch: Scratch, _ example: Int, _ head: Int, _ length: Int, on tape: Tape) {}
}
