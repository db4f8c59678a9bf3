import Foundation
import Kernels
import Synchronization

/// What a long convolution adds of its input.
public enum ConvolutionSkip: Sendable {
  case none
  /// The input itself.
  case input
  /// The input times a weight per channel.
  case weighted(Parameter)
}

extension Tape {
  /// y_t = Σ_{j ≤ t} κ_j ⊙ x_{t−j}, and what `skip` says of x_t: x, y [batch, length, channels], κ [1, taps, channels].
  ///
  /// Taps beyond the length are not used; missing ones are 0. By fast Fourier transforms, 16 channels at a time
  /// (Poli et al. 2023, Hyena; Fu et al. 2023, H3).
  public func longConvolution(_ x: Tensor, kernel: Tensor, skip: ConvolutionSkip = .none) -> Tensor
  {
    precondition(
      kernel.batch == 1 && kernel.channels == x.channels,
      "kernels [\(kernel.batch), \(kernel.length), \(kernel.channels)] of \(x.channels) channels")
    let y = tensor(batch: x.batch, length: x.length, channels: x.channels)
    let operation = LongConvolution(
      x: x, kernel: kernel, skip: skip,
      fourier: FourierTables.fourier(size: Fourier.size(for: x.length)), result: y)
    operation.forward(on: self)
    record(operation)
    return y
  }
}

private struct LongConvolution: RecordedOperation {
  let x: Tensor, kernel: Tensor
  let skip: ConvolutionSkip
  let fourier: Fourier
  let result: Tensor

  /// Taps that are used.
  private var taps: Int { min(kernel.length, x.length) }

  private func forEachBlock(_ body: (_ first: Int, _ channels: Int) -> Void) {
    for first in stride(from: 0, to: x.channels, by: Fourier.channels) {
      body(first, min(Fourier.channels, x.channels - first))
    }
  }

  func forward(on tape: Tape) {
    tape.arena.withScratch {
      let response = tape.arena.allocate(fourier.transformSize)
      let transform = tape.arena.allocate(fourier.transformSize)
      forEachBlock { first, channels in
        fourier.transform(
          taps, channels, kernel.valueRows.block(0, column: first), into: response)
        for example in 0..<x.batch {
          let row = example * x.length
          fourier.transform(
            x.length, channels, x.valueRows.block(row, column: first), into: transform)
          fourier.multiply(transform, response, into: transform)
          fourier.transformBack(
            x.length, channels, transform,
            into: GradientRows(result.valueRows.block(row, column: first), accumulates: false))
        }
      }
    }
    switch skip {
    case .none: break
    case .input:
      tape.copyRows(x.valueRows, to: GradientRows(result.valueRows, accumulates: true), of: x)
    case .weighted(let weight):
      Kernels.multiplyRows(
        x.rows, x.channels, x.valueRows, weights(weight, on: tape), into: result.valueRows,
        accumulate: true)
    }
  }

  private func weights(_ weight: Parameter, on tape: Tape) -> Rows {
    Rows(UnsafeMutablePointer(mutating: tape.values(of: weight)), stride: 0)
  }

  /// y_t = Σ_j κ_j x_{t−j}  →  dx_s = Σ_t κ_{t−s} dy_t, dκ_j = Σ_t dy_t x_{t−j}: products with conjugates.
  func backward(on tape: Tape) {
    let (dx, dKernel) = (tape.gradientRows(of: x), tape.gradientRows(of: kernel))
    tape.arena.withScratch {
      let response = tape.arena.allocate(fourier.transformSize)
      let responseGradient = tape.arena.allocate(fourier.transformSize)
      let transform = tape.arena.allocate(fourier.transformSize)
      let gradient = tape.arena.allocate(fourier.transformSize)
      forEachBlock { first, channels in
        fourier.transform(
          taps, channels, kernel.valueRows.block(0, column: first), into: response)
        for example in 0..<x.batch {
          let row = example * x.length
          fourier.transform(
            x.length, channels, x.valueRows.block(row, column: first), into: transform)
          fourier.transform(
            x.length, channels, result.gradientRows.block(row, column: first), into: gradient)
          fourier.multiply(
            gradient, transform, conjugated: true, accumulate: example > 0, into: responseGradient)
          fourier.multiply(gradient, response, conjugated: true, into: gradient)
          fourier.transformBack(
            x.length, channels, gradient,
            into: GradientRows(dx.rows.block(row, column: first), accumulates: dx.accumulates))
        }
        fourier.transformBack(
          taps, channels, responseGradient, into: dKernel.columns(from: first))
      }
    }
    if !dKernel.accumulates {
      for row in taps..<max(taps, kernel.length) {
        dKernel.rows.from(row).values.update(repeating: 0, count: kernel.channels)
      }
    }
    skipBackward(dx.rows, on: tape)
  }

  private func skipBackward(_ dx: Rows, on tape: Tape) {
    switch skip {
    case .none: break
    case .input:
      tape.copyRows(result.gradientRows, to: GradientRows(dx, accumulates: true), of: x)
    case .weighted(let weight):
      Kernels.multiplyRows(
        x.rows, x.channels, result.gradientRows, weights(weight, on: tape), into: dx,
        accumulate: true)
      Kernels.columnDots(
        x.rows, x.channels, result.gradientRows, x.valueRows, addedTo: tape.gradient(of: weight))
    }
  }
}

/// The tables of angles of every size that was asked for, kept as long as the program runs.
enum FourierTables {
  private final class Table: Sendable {
    let values: Mutex<[Int: Fourier]> = Mutex([:])
  }

  private static let table = Table()

  static func fourier(size: Int) -> Fourier {
    table.values.withLock { tables in
      if let fourier = tables[size] { return fourier }
      let values = UnsafeMutablePointer<Float>.allocate(capacity: 4 * size)
      Fourier.fillTable(values, size: size)
      let fourier = Fourier(size: size, table: values)
      tables[size] = fourier
      return fourier
    }
  }
}

extension TokenStep {
  /// y = Σ_j κ_j ⊙ x_{t−j} + skip ⊙ x_t for one token: x, y, skip [channels], κ [taps, channels]. `inputs` are all
  /// inputs before this one, oldest first, and get this one.
  public static func longConvolution(
    _ x: [Double], kernel: [Double], skip: [Double], inputs: inout [Double]
  ) -> [Double] {
    let channels = x.count
    inputs += x
    let (taps, position) = (kernel.count / channels, inputs.count / channels - 1)
    var y = zip(x, skip).map(*)
    for tap in 0..<min(taps, position + 1) {
      for c in 0..<channels {
        y[c] += kernel[tap * channels + c] * inputs[(position - tap) * channels + c]
      }
    }
    return y
  }
}
