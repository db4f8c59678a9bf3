import Foundation
import Kernels

extension Tape {
  /// H3's second state space: per head the outer product of k and v enters a diagonal state space, and q reads it:
  /// X_ef ← dA X_ef + dB k_e v_f, y_ef = 2 Re(C · X_ef) + D k_e v_f, o_f = Σ_e q_e y_ef.
  ///
  /// q, k, v [batch, length, heads · P], entry e of head h at channel h · P + e; o [batch, length, P · heads], entry f
  /// of head h at channel f · heads + h; D [heads]. By fast Fourier transforms, 16 heads at a time (Fu et al. 2023,
  /// "Hungry Hungry Hippos", section 3.1).
  // swift-format-ignore: AlwaysUseLowerCamelCase
  public func outerStateSpace(
    _ q: Tensor, _ k: Tensor, _ v: Tensor, _ space: DiagonalStateSpace, D: Parameter
  ) -> Tensor {
    precondition(
      q.channels % space.heads == 0 && k.channels == q.channels && v.channels == q.channels
        && k.rows == q.rows && v.rows == q.rows && D.count == space.heads,
      "\(space.heads) heads of \(q.channels), \(k.channels) and \(v.channels) channels")
    let y = tensor(batch: q.batch, length: q.length, channels: q.channels)
    let kernel = arena.allocate(q.length * space.heads)
    space.fillKernel(kernel, taps: q.length, on: self)
    let operation = OuterStateSpace(
      q: q, k: k, v: v, space: space, D: D, kernel: kernel,
      fourier: FourierTables.fourier(size: Fourier.size(for: q.length)), result: y)
    operation.forward(on: self)
    record(operation)
    return y
  }
}

private struct OuterStateSpace: RecordedOperation {
  let q: Tensor, k: Tensor, v: Tensor
  let space: DiagonalStateSpace
  // swift-format-ignore: AlwaysUseLowerCamelCase
  let D: Parameter
  let kernel: UnsafeMutablePointer<Float>  // [length, heads]
  let fourier: Fourier
  let result: Tensor

  private var heads: Int { space.heads }
  private var length: Int { q.length }
  private var width: Int { q.channels / heads }  // P
  private var block: Int { Fourier.channels }

  private func forEachBlock(_ body: (_ first: Int, _ heads: Int) -> Void) {
    for first in stride(from: 0, to: heads, by: block) {
      body(first, min(block, heads - first))
    }
  }

  private func transformKernel(
    _ values: UnsafeMutablePointer<Float>, _ first: Int, _ count: Int,
    into response: UnsafeMutablePointer<Float>
  ) {
    fourier.transform(length, count, Rows(values + first, stride: heads), into: response)
  }

  func forward(on tape: Tape) {
    let d = tape.values(of: D)
    tape.arena.withScratch {
      let memory = OuterScratch(self.length, width, fourier, tape.arena)
      forEachBlock { first, count in
        transformKernel(kernel, first, count, into: memory.response)
        for example in 0..<q.batch {
          let row = example * length
          for e in 0..<width {
            memory.read(q, row, first * width + e, width, count, into: memory.q(e))
            memory.read(k, row, first * width + e, width, count, into: memory.k(e))
            memory.read(v, row, first * width + e, width, count, into: memory.v(e))
          }
          for f in 0..<width {
            memory.sum.update(repeating: 0, count: length * block)
            for e in 0..<width {
              memory.respond(e, f, count, d + first, fourier)
              memory.addProduct(memory.y, memory.q(e), to: memory.sum)
            }
            memory.write(
              memory.sum, count,
              to: GradientRows(
                result.valueRows.block(row, column: f * heads + first), accumulates: false),
              step: 1)
          }
        }
      }
    }
  }

  /// y = κ ∗ (k_e v_f) + D k_e v_f, o_f = Σ_e q_e y_ef.
  func backward(on tape: Tape) {
    let (dq, dk, dv) = (
      tape.gradientRows(of: q), tape.gradientRows(of: k), tape.gradientRows(of: v)
    )
    tape.arena.withScratch {
      let kernelGradient = tape.arena.allocate(length * heads)
      let memory = OuterScratch(length, width, fourier, tape.arena)
      forEachBlock { first, count in
        transformKernel(kernel, first, count, into: memory.response)
        for example in 0..<q.batch {
          backward(example, first, count, memory, (dq, dk, dv), on: tape)
        }
        fourier.transformBack(
          length, count, memory.responseGradient,
          into: GradientRows(Rows(kernelGradient + first, stride: heads), accumulates: false))
      }
      space.addGradients(kernelGradient, taps: length, on: tape)
    }
  }

  private func backward(
    _ example: Int, _ first: Int, _ count: Int, _ memory: OuterScratch,
    _ targets: (q: GradientRows, k: GradientRows, v: GradientRows), on tape: Tape
  ) {
    let (row, d) = (example * length, tape.values(of: D) + first)
    let dGradient = tape.gradient(of: D) + first
    for e in 0..<width {
      memory.read(q, row, first * width + e, width, count, into: memory.q(e))
      memory.read(k, row, first * width + e, width, count, into: memory.k(e))
      memory.read(v, row, first * width + e, width, count, into: memory.v(e))
    }
    memory.clearGradients()
    for f in 0..<width {
      memory.readGradient(result, row, f * heads + first, count, into: memory.dy)
      for e in 0..<width {
        memory.respond(e, f, count, d, fourier)
        memory.addProduct(memory.y, memory.dy, to: memory.dq(e))
        memory.product(memory.dy, memory.q(e), into: memory.y)  // dy_ef
        memory.addDGradient(count, to: dGradient)
        fourier.transform(
          length, block, Rows(memory.y, stride: block), into: memory.gradient)
        fourier.multiply(
          memory.gradient, memory.transform, conjugated: true,
          accumulate: example + e + f > 0, into: memory.responseGradient)
        fourier.multiply(
          memory.gradient, memory.response, conjugated: true, into: memory.gradient)
        memory.scale(memory.y, by: d, count)
        fourier.transformBack(
          length, block, memory.gradient,
          into: GradientRows(Rows(memory.y, stride: block), accumulates: true))
        memory.addProduct(memory.y, memory.v(f), to: memory.dk(e))
        memory.addProduct(memory.y, memory.k(e), to: memory.dv(f))
      }
    }
    for e in 0..<width {
      let column = first * width + e
      memory.write(memory.dq(e), count, to: targets.q.at(row, column), step: width)
      memory.write(memory.dk(e), count, to: targets.k.at(row, column), step: width)
      memory.write(memory.dv(e), count, to: targets.v.at(row, column), step: width)
    }
  }
}

extension GradientRows {
  fileprivate func at(_ row: Int, _ column: Int) -> GradientRows {
    GradientRows(rows.block(row, column: column), accumulates: accumulates)
  }
}

extension TokenStep {
  /// X_ef ← dA X_ef + dB k_e v_f, y_ef = 2 Re(C · X_ef) + D k_e v_f, o_f = Σ_e q_e y_ef for one token.
  ///
  /// q, k, v [heads · P], entry e of head h at h · P + e; o [P · heads], entry f of head h at f · heads + h; logStep, D
  /// [heads]; logReal, imaginary [heads, M]; inputs, outputs [heads, M, 2]; the state [heads, P, P, M, 2].
  // swift-format-ignore: AlwaysUseLowerCamelCase
  public static func outerStateSpace(
    _ q: [Double], _ k: [Double], _ v: [Double], logStep: [Double], logReal: [Double],
    imaginary: [Double], inputs: [Double], outputs: [Double], D: [Double],
    state: inout [Double]
  ) -> [Double] {
    let (heads, width, states) = (D.count, q.count / D.count, logReal.count / D.count)
    var o = [Double](repeating: 0, count: q.count)
    for (head, e, f) in (0..<heads).flatMap({ head in
      (0..<width).flatMap { e in (0..<width).map { (head, e, $0) } }
    }) {
      let product = k[head * width + e] * v[head * width + f]
      var y = D[head] * product
      for n in 0..<states {
        let index = head * states + n
        let b = Complex(re: inputs[2 * index], im: inputs[2 * index + 1])
        let one = DiagonalState(
          logStep: logStep[head], logReal: logReal[index], imaginary: imaginary[index], b: b,
          c: Complex(re: outputs[2 * index], im: outputs[2 * index + 1]))
        let first = 2 * (((head * width + e) * width + f) * states + n)
        let x =
          one.decay * Complex(re: state[first], im: state[first + 1])
          + (one.step * product) * (b / one.less)
        (state[first], state[first + 1]) = (x.re, x.im)
        y += 2 * (one.c * x).re
      }
      o[f * heads + head] += q[head * width + e] * y
    }
    return o
  }
}
