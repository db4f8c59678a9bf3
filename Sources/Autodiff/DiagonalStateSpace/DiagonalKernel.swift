import Foundation

/// The parameters of one diagonal state space per head, with the bilinear rule (Gu, Goel and Ré 2022, S4, section 2.3;
/// Gu et al. 2022, S4D): with A = −exp(logReal) + i · imaginary, dt = exp(logStep) and z = dt A / 2,
/// dA = (1 + z) / (1 − z), dB = dt B / (1 − z).
public struct DiagonalStateSpace: Sendable {
  public let logStep: Parameter  // [heads]
  public let logReal: Parameter  // [heads, M]
  public let imaginary: Parameter  // [heads, M]
  public let inputs: Parameter  // B [heads, M, 2]
  public let outputs: Parameter  // C [1, heads, M, 2]

  public init(
    logStep: Parameter, logReal: Parameter, imaginary: Parameter, inputs: Parameter,
    outputs: Parameter
  ) {
    let count = logReal.count
    precondition(
      imaginary.count == count && inputs.count == 2 * count && outputs.count == 2 * count
        && count % logStep.count == 0, "state spaces of \(logStep.shape) and \(logReal.shape)")
    (self.logStep, self.logReal, self.imaginary) = (logStep, logReal, imaginary)
    (self.inputs, self.outputs) = (inputs, outputs)
  }

  var heads: Int { logStep.count }
  /// M: complex states.
  var states: Int { logReal.count / heads }
}

/// A number of the complex plane.
struct Complex {
  var re: Double, im: Double

  static func + (a: Complex, b: Complex) -> Complex { Complex(re: a.re + b.re, im: a.im + b.im) }
  static func * (a: Complex, b: Complex) -> Complex {
    Complex(re: a.re * b.re - a.im * b.im, im: a.re * b.im + a.im * b.re)
  }
  static func * (a: Double, b: Complex) -> Complex { Complex(re: a * b.re, im: a * b.im) }
  static func / (a: Complex, b: Complex) -> Complex {
    let size = b.re * b.re + b.im * b.im
    return Complex(
      re: (a.re * b.re + a.im * b.im) / size, im: (a.im * b.re - a.re * b.im) / size)
  }
}

/// One complex state of a head: its response is 2 Re(w dA^t), w = C dB.
struct DiagonalState {
  let step: Double  // dt
  let a: Complex, b: Complex, c: Complex
  /// 1 − z
  let less: Complex
  let decay: Complex  // dA
  let weight: Complex  // w

  init(logStep: Double, logReal: Double, imaginary: Double, b: Complex, c: Complex) {
    step = exp(logStep)
    a = Complex(re: -exp(logReal), im: imaginary)
    (self.b, self.c) = (b, c)
    let z = 0.5 * step * a
    less = Complex(re: 1 - z.re, im: -z.im)
    decay = Complex(re: 1 + z.re, im: z.im) / less
    weight = c * (step * b / less)
  }

  /// State `n` of a head, from the parameters' values.
  init(_ space: DiagonalStateSpace, head: Int, _ n: Int, on tape: Tape) {
    let index = head * space.states + n
    let (b, c) = (tape.values(of: space.inputs), tape.values(of: space.outputs))
    self.init(
      logStep: Double(tape.values(of: space.logStep)[head]),
      logReal: Double(tape.values(of: space.logReal)[index]),
      imaginary: Double(tape.values(of: space.imaginary)[index]),
      b: Complex(re: Double(b[2 * index]), im: Double(b[2 * index + 1])),
      c: Complex(re: Double(c[2 * index]), im: Double(c[2 * index + 1])))
  }

  /// What the parameters' gradients are if the objective changes by Re(forWeight · dw + forDecay · d dA).
  func gradients(
    forWeight: Complex, forDecay: Complex
  ) -> (logStep: Double, logReal: Double, imaginary: Double, b: Complex, c: Complex) {
    let one = Complex(re: 1, im: 0)
    let inverse = one / less
    let input = forWeight * c  // for dB
    let forZ = input * (step * b) * inverse * inverse + 2 * (forDecay * inverse * inverse)
    let forStep = (0.5 * (forZ * a) + input * b * inverse).re
    let forA = 0.5 * step * forZ
    let (forB, forC) = (step * (input * inverse), forWeight * (step * b) * inverse)
    return (
      forStep * step, forA.re * a.re, -forA.im, Complex(re: forB.re, im: -forB.im),
      Complex(re: forC.re, im: -forC.im)
    )
  }
}

extension DiagonalStateSpace {
  /// κ_t = 2 Re Σ C dB dA^t [taps, heads].
  func fillKernel(
    _ kernel: UnsafeMutablePointer<Float>, taps: Int, on tape: Tape
  ) {
    for head in 0..<heads {
      tape.arena.withScratch {
        let sums = tape.arena.allocate(taps, of: Double.self)
        sums.update(repeating: 0, count: taps)
        for n in 0..<states {
          let state = DiagonalState(self, head: head, n, on: tape)
          var response = 2 * state.weight
          for tap in 0..<taps {
            sums[tap] += response.re
            response = response * state.decay
          }
        }
        for tap in 0..<taps { kernel[tap * heads + head] = Float(sums[tap]) }
      }
    }
  }

  /// Adds to the parameters' gradients what that of κ [taps, heads] gives.
  func addGradients(_ gradient: UnsafePointer<Float>, taps: Int, on tape: Tape) {
    let (dStep, dReal) = (tape.gradient(of: logStep), tape.gradient(of: logReal))
    let (dImaginary, dInputs) = (tape.gradient(of: imaginary), tape.gradient(of: inputs))
    let dOutputs = tape.gradient(of: outputs)
    for head in 0..<heads {
      for n in 0..<states {
        let state = DiagonalState(self, head: head, n, on: tape)
        // Σ g dA^t and Σ g t dA^(t−1)
        var (power, slope) = (Complex(re: 1, im: 0), Complex(re: 0, im: 0))
        var (values, slopes) = (Complex(re: 0, im: 0), Complex(re: 0, im: 0))
        for tap in 0..<taps {
          let g = Double(gradient[tap * heads + head])
          values = values + g * power
          slopes = slopes + g * slope
          slope = slope * state.decay + power
          power = power * state.decay
        }
        let gradients = state.gradients(
          forWeight: 2 * values, forDecay: 2 * (state.weight * slopes))
        let index = head * states + n
        dStep[head] += Float(gradients.logStep)
        dReal[index] += Float(gradients.logReal)
        dImaginary[index] += Float(gradients.imaginary)
        dInputs[2 * index] += Float(gradients.b.re)
        dInputs[2 * index + 1] += Float(gradients.b.im)
        dOutputs[2 * index] += Float(gradients.c.re)
        dOutputs[2 * index + 1] += Float(gradients.c.im)
      }
    }
  }
}
