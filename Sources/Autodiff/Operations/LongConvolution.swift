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
    return convolution(x, kernel: kernel, later: later, skip: skip)
  }

  /// The same with kernels [batch or 1, taps, heads], each of which serves channels / heads channels of its head. The
  /// kernels are multiplied by `scale`, and row `laterStart` of `later` is for the next token.
  func convolution(
    _ x: Tensor, kernel: Tensor, later: Tensor?, laterStart: Int = 0, skip: ConvolutionSkip,
    scale: Float = 1
  ) -> Tensor {
    precondition(later?.values != kernel.values, "one tensor as both kernels")
    let y = tensor(batch: x.batch, length: x.length, channels: x.channels)
    let operation = LongConvolution(
      x: x, kernel: kernel, later: later, laterStart: laterStart, skip: skip, scale: scale,
      fourier: FourierTables.fourier(size: Fourier.size(for: x.length)), result: y)
    operation.forward(on: self)
    record(operation)
    return y
  }
}

private struct LongConvolution: RecordedOperation {
  let x: Tensor, kernel: Tensor, later: Tensor?
  /// The row of `later` that is for the next token.
  let laterStart: Int
  let skip: ConvolutionSkip
  let scale: Float
  let fourier: Fourier
  let result: Tensor

  /// Taps that are used.
  private var taps: Int { min(kernel.length, x.length) }

  /// Taps of `later` that are used.
  private var laterTaps: Int { min((later?.length ?? laterStart) - laterStart, x.length - 1) }

  private var perHead: Int { x.channels / kernel.channels }

  /// The heads whose kernels are transformed together, for each example that has kernels of its own, and the examples
  /// that they serve.
  private func forEachKernel(
    _ body: (_ kernels: KernelBlock, _ examples: Range<Int>) -> Void
  ) {
    for example in 0..<kernel.batch {
      for first in stride(from: 0, to: kernel.channels, by: Fourier.channels) {
        body(
          KernelBlock(
            example: example, first: first,
            count: min(Fourier.channels, kernel.channels - first)),
          kernel.batch == 1 ? 0..<x.batch : example..<example + 1)
      }
    }
  }

  private struct KernelBlock {
    /// The example whose kernels they are, the first head, and the number of heads.
    let example: Int, first: Int, count: Int
  }

  /// Channels of these heads that are transformed together.
  private func forEachBlock(
    _ kernels: KernelBlock, _ body: (_ first: Int, _ channels: Int) -> Void
  ) {
    let end = (kernels.first + kernels.count) * perHead
    for first in stride(from: kernels.first * perHead, to: end, by: Fourier.channels) {
      body(first, min(Fourier.channels, end - first))
    }
  }

  private func rows(_ kernels: KernelBlock, of tensor: Tensor, _ rows: Rows) -> Rows {
    rows.block(kernels.example * tensor.length, column: kernels.first)
  }

  /// The transform of the scaled kernels.
  private func respond(
    _ kernels: KernelBlock, _ wrap: WrappedTaps?, into response: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) {
    fourier.transform(
      taps, kernels.count, rows(kernels, of: kernel, kernel.valueRows), into: response)
    if let wrap, let later {
      wrap.add(
        rows(kernels, of: later, later.valueRows).from(laterStart), laterTaps, kernels.count,
        to: response, scratch: scratch)
    }
    fourier.scale(response, by: scale)
  }

  func forward(on tape: Tape) {
    tape.arena.withScratch {
      let response = tape.arena.allocate(fourier.transformSize)
      let transform = tape.arena.allocate(fourier.transformSize)
      let spread = perHead == 1 ? nil : HeadSpread(fourier, perHead, in: tape.arena)
      let wrap = later.map { _ in WrappedTaps(fourier, in: tape.arena) }
      forEachKernel { kernels, examples in
        respond(kernels, wrap, into: response, scratch: transform)
        forEachBlock(kernels) { first, channels in
          let own = spread?.spread(response, from: first, channels) ?? UnsafePointer(response)
          for example in examples {
            let row = example * x.length
            fourier.transform(
              x.length, channels, x.valueRows.block(row, column: first), into: transform)
            fourier.multiply(transform, own, into: transform)
            fourier.transformBack(
              x.length, channels, transform,
              into: GradientRows(result.valueRows.block(row, column: first), accumulates: false))
          }
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
      let spread = perHead == 1 ? nil : HeadSpread(fourier, perHead, in: tape.arena)
      let wrap = later.map { _ in WrappedTaps(fourier, in: tape.arena) }
      forEachKernel { kernels, examples in
        respond(kernels, wrap, into: response, scratch: transform)
        if spread != nil {
          responseGradient.update(repeating: 0, count: fourier.transformSize)
        }
        forEachBlock(kernels) { first, channels in
          let own = spread?.spread(response, from: first, channels) ?? UnsafePointer(response)
          let ownGradient = spread?.gradient ?? responseGradient
          for example in examples {
            let row = example * x.length
            fourier.transform(
              x.length, channels, x.valueRows.block(row, column: first), into: transform)
            fourier.transform(
              x.length, channels, result.gradientRows.block(row, column: first), into: gradient)
            fourier.multiply(
              gradient, transform, conjugated: true, accumulate: example > examples.lowerBound,
              into: ownGradient)
            fourier.multiply(gradient, own, conjugated: true, into: gradient)
            fourier.transformBack(
              x.length, channels, gradient,
              into: GradientRows(dx.rows.block(row, column: first), accumulates: dx.accumulates))
          }
          spread?.sum(from: first, channels, addedTo: responseGradient)
        }
        fourier.scale(responseGradient, by: scale)
        func target(_ tensor: Tensor, _ gradient: GradientRows, row: Int = 0) -> GradientRows {
          GradientRows(
            rows(kernels, of: tensor, gradient.rows).from(row), accumulates: gradient.accumulates)
        }
        if let later, let dLater {
          wrap?.gradient(
            of: responseGradient, laterTaps, kernels.count,
            into: target(later, dLater, row: laterStart), scratch: gradient)
        }
        fourier.transformBack(
          taps, kernels.count, responseGradient, into: target(kernel, dKernel))
      }
    }
    clear(dKernel, of: kernel, taps..<max(taps, kernel.length))
    if let later, let dLater {
      clear(dLater, of: later, 0..<laterStart)
      let used = laterStart + laterTaps
      clear(dLater, of: later, used..<max(used, later.length))
    }
    skipBackward(dx.rows, on: tape)
  }

  /// Taps that are not used.
  private func clear(_ gradient: GradientRows, of tensor: Tensor, _ taps: Range<Int>) {
    guard !gradient.accumulates else { return }
    for example in 0..<tensor.batch {
      for row in taps {
        gradient.rows.from(example * tensor.length + row).values.update(
          repeating: 0, count: tensor.channels)
      }
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
