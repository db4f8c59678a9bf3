import Foundation
import Kernels
import Synchronization

/// What a long convolution adds to its result: a multiple of its input.
public enum ConvolutionSkip: Sendable {
  case none
  /// The input itself.
  case input
  /// The input times a weight per channel.
  case weighted(Parameter)
}

extension Tape {
  /// y_t = Σ_{j ≤ t} κ_j ⊙ x_{t−j}, and the multiple of x_t that `skip` chooses: x, y [batch, length, channels],
  /// κ [1, taps, channels].
  ///
  /// With the kernel `later` λ, y_t also has Σ_{j ≥ 0} λ_j ⊙ x_{t+1+j}: its first tap is for the next token.
  ///
  /// Taps beyond the length are not used; missing ones are 0. By fast Fourier transforms, 16 channels at a time
  /// (Poli et al. 2023, Hyena; Fu et al. 2023, H3).
  public func longConvolution(
    _ x: Tensor, kernel: Tensor, later: Tensor? = nil, skip: ConvolutionSkip = .none
  ) -> Tensor {
    for kernel in [kernel, later ?? kernel] {
      precondition(
        kernel.batch == 1 && kernel.channels == x.channels,
        "kernels [\(kernel.batch), \(kernel.length), \(kernel.channels)] of \(x.channels) channels")
    }
    let y = tensor(batch: x.batch, length: x.length, channels: x.channels)
    let operation = LongConvolution(
      x: x, kernel: kernel, later: later, skip: skip,
      fourier: FourierTables.fourier(size: Fourier.size(for: x.length)), result: y)
    operation.forward(on: self)
    record(operation)
    return y
  }
}

private struct LongConvolution: RecordedOperation {
  let x: Tensor, kernel: Tensor, later: Tensor?
  let skip: ConvolutionSkip
  let fourier: Fourier
  let result: Tensor

  /// Taps that are used.
  private var taps: Int { min(kernel.length, x.length) }

  /// Taps of `later` that are used.
  private var laterTaps: Int { min(later?.length ?? 0, x.length - 1) }

  private func forEachBlock(_ body: (_ first: Int, _ channels: Int) -> Void) {
    for first in stride(from: 0, to: x.channels, by: Fourier.channels) {
      body(first, min(Fourier.channels, x.channels - first))
    }
  }

  func forward(on tape: Tape) {
    tape.arena.withScratch {
      let response = tape.arena.allocate(fourier.transformSize)
      let transform = tape.arena.allocate(fourier.transformSize)
      let wrap = later.map { _ in WrappedTaps(fourier, in: tape.arena) }
      forEachBlock { first, channels in
        fourier.transform(
          taps, channels, kernel.valueRows.block(0, column: first), into: response)
        wrap?.add(laterRows(first), laterTaps, channels, to: response, scratch: transform)
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
    let dLater = later.map { tape.gradientRows(of: $0) }
    tape.arena.withScratch {
      let response = tape.arena.allocate(fourier.transformSize)
      let responseGradient = tape.arena.allocate(fourier.transformSize)
      let transform = tape.arena.allocate(fourier.transformSize)
      let gradient = tape.arena.allocate(fourier.transformSize)
      let wrap = later.map { _ in WrappedTaps(fourier, in: tape.arena) }
      forEachBlock { first, channels in
        fourier.transform(
          taps, channels, kernel.valueRows.block(0, column: first), into: response)
        wrap?.add(laterRows(first), laterTaps, channels, to: response, scratch: transform)
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
        if let dLater {
          wrap?.gradient(
            of: responseGradient, laterTaps, channels, into: dLater.columns(from: first),
            scratch: gradient)
        }
        fourier.transformBack(
          taps, channels, responseGradient, into: dKernel.columns(from: first))
      }
    }
    clear(dKernel, taps..<max(taps, kernel.length))
    if let later, let dLater { clear(dLater, laterTaps..<max(laterTaps, later.length)) }
    skipBackward(dx.rows, on: tape)
  }

  private func laterRows(_ column: Int) -> Rows { later!.valueRows.block(0, column: column) }

  /// Taps that are not used.
  private func clear(_ gradient: GradientRows, _ taps: Range<Int>) {
    guard !gradient.accumulates else { return }
    for row in taps {
      gradient.rows.from(row).values.update(repeating: 0, count: x.channels)
    }
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

/// The taps for later tokens in a transform of n points. What such a transform convolves beyond point n comes back at
/// point 0, times −i, and the real part is the result. So tap j stands at point n − 1 − j, times i.
private struct WrappedTaps {
  let fourier: Fourier
  let reversed: UnsafeMutablePointer<Float>  // [n, 16]
  /// The transform that is i at every point.
  let i: UnsafeMutablePointer<Float>

  init(_ fourier: Fourier, in arena: Arena) {
    self.fourier = fourier
    reversed = arena.allocate(fourier.size * Fourier.channels)
    i = arena.allocate(fourier.transformSize)
    for point in 0..<fourier.size {
      let parts = i + 2 * Fourier.channels * point
      parts.update(repeating: 0, count: Fourier.channels)
      (parts + Fourier.channels).update(repeating: 1, count: Fourier.channels)
    }
  }

  private func row(_ tap: Int) -> UnsafeMutablePointer<Float> {
    reversed + (fourier.size - 1 - tap) * Fourier.channels
  }

  func add(
    _ taps: Rows, _ count: Int, _ channels: Int, to response: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) {
    reversed.update(repeating: 0, count: fourier.size * Fourier.channels)
    for tap in 0..<count { row(tap).update(from: taps.from(tap).values, count: channels) }
    fourier.transform(
      fourier.size, channels, Rows(reversed, stride: Fourier.channels), into: scratch)
    fourier.multiply(scratch, i, accumulate: true, into: response)
  }

  /// The imaginary part of the response's gradient is that of the taps.
  func gradient(
    of response: UnsafePointer<Float>, _ count: Int, _ channels: Int, into taps: GradientRows,
    scratch: UnsafeMutablePointer<Float>
  ) {
    fourier.multiply(response, i, conjugated: true, into: scratch)
    fourier.transformBack(
      fourier.size, channels, scratch,
      into: GradientRows(Rows(reversed, stride: Fourier.channels), accumulates: false))
    for tap in 0..<count {
      let target = taps.rows.from(tap).values
      if taps.accumulates {
        Kernels.add(channels, row(tap), to: target)
      } else {
        target.update(from: row(tap), count: channels)
      }
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

  /// y_t = Σ_{j ≤ t} κ_j ⊙ x_{t−j} + Σ_{j ≥ 0} λ_j ⊙ x_{t+1+j} + skip ⊙ x_t of a whole sequence: x, y [length,
  /// channels], κ, λ [taps, channels], skip [channels].
  public static func longConvolution(
    _ x: [Double], kernel: [Double], later: [Double], skip: [Double]
  ) -> [Double] {
    let channels = skip.count
    let length = x.count / channels
    var y = x.indices.map { skip[$0 % channels] * x[$0] }
    for t in 0..<length {
      for s in 0..<length {
        let (taps, tap) = s <= t ? (kernel, t - s) : (later, s - t - 1)
        guard tap < taps.count / channels else { continue }
        for c in 0..<channels {
          y[t * channels + c] += taps[tap * channels + c] * x[s * channels + c]
        }
      }
    }
    return y
  }
}
