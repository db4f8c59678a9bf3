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

  typealias Gradients = (
    logStep: Double, logReal: Double, imaginary: Double, b: Complex, c: Complex
  )

  /// What the parameters' gradients are if the objective changes by Re(forWeight · dw + forDecay · d dA).
  func gradients(forWeight: Complex, forDecay: Complex) -> Gradients {
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

/// Four complex numbers.
private struct ComplexLanes {
  var re = SIMD4<Double>.zero, im = SIMD4<Double>.zero

  static func + (a: ComplexLanes, b: ComplexLanes) -> ComplexLanes {
    ComplexLanes(re: a.re + b.re, im: a.im + b.im)
  }
  static func * (a: ComplexLanes, b: ComplexLanes) -> ComplexLanes {
    ComplexLanes(re: a.re * b.re - a.im * b.im, im: a.re * b.im + a.im * b.re)
  }
  static func * (a: Double, b: ComplexLanes) -> ComplexLanes {
    ComplexLanes(re: a * b.re, im: a * b.im)
  }

  subscript(lane: Int) -> Complex {
    get { Complex(re: re[lane], im: im[lane]) }
    set { (re[lane], im[lane]) = (newValue.re, newValue.im) }
  }
}

/// The responses 2 Re(w dA^t) of four states of a head, or of fewer and zeros. Powers follow from one another, so that a
/// single state would wait for each product.
private struct StateLanes {
  static let count = 4
  private var decays = ComplexLanes(), weights = ComplexLanes()

  init(_ space: DiagonalStateSpace, head: Int, states: Range<Int>, on tape: Tape) {
    for (lane, n) in states.enumerated() {
      let state = DiagonalState(space, head: head, n, on: tape)
      (decays[lane], weights[lane]) = (state.decay, state.weight)
    }
  }

  /// Adds the responses to `sums`.
  func addResponses(to sums: UnsafeMutableBufferPointer<Double>) {
    var response = 2 * weights
    for tap in sums.indices {
      sums[tap] += response.re.sum()
      response = response * decays
    }
  }

  /// Σ g dA^t and Σ g t dA^(t−1), for the gradient g of every tap, `stride` apart.
  func sums(
    of gradient: UnsafePointer<Float>, taps: Int, stride: Int
  ) -> (values: ComplexLanes, slopes: ComplexLanes) {
    var (power, slope) = (ComplexLanes(re: .one, im: .zero), ComplexLanes())
    var (values, slopes) = (ComplexLanes(), ComplexLanes())
    for tap in 0..<taps {
      let g = Double(gradient[tap * stride])
      values = values + g * power
      slopes = slopes + g * slope
      slope = slope * decays + power
      power = power * decays
    }
    return (values, slopes)
  }
}

extension DiagonalStateSpace {
  private func forEachLanes(
    of head: Int, on tape: Tape, _ body: (Range<Int>, StateLanes) -> Void
  ) {
    for first in stride(from: 0, to: states, by: StateLanes.count) {
      let own = first..<min(first + StateLanes.count, states)
      body(own, StateLanes(self, head: head, states: own, on: tape))
    }
  }

  /// κ_t = 2 Re Σ C dB dA^t [taps, heads].
  func fillKernel(
    _ kernel: UnsafeMutablePointer<Float>, taps: Int, on tape: Tape
  ) {
    for head in 0..<heads {
      tape.arena.withScratch {
        let sums = UnsafeMutableBufferPointer(
          start: tape.arena.allocate(taps, of: Double.self), count: taps)
        sums.update(repeating: 0)
        forEachLanes(of: head, on: tape) { $1.addResponses(to: sums) }
        for tap in 0..<taps { kernel[tap * heads + head] = Float(sums[tap]) }
      }
    }
  }

  /// Adds to the parameters' gradients what that of κ [taps, heads] gives.
  func addGradients(_ gradient: UnsafePointer<Float>, taps: Int, on tape: Tape) {
    for head in 0..<heads {
      forEachLanes(of: head, on: tape) { own, lanes in
        let (values, slopes) = lanes.sums(of: gradient + head, taps: taps, stride: heads)
        for (lane, n) in own.enumerated() {
          let state = DiagonalState(self, head: head, n, on: tape)
          let gradients = state.gradients(
            forWeight: 2 * values[lane], forDecay: 2 * (state.weight * slopes[lane]))
          add(gradients, head: head, n, on: tape)
        }
      }
    }
  }

  private func add(_ gradients: DiagonalState.Gradients, head: Int, _ n: Int, on tape: Tape) {
    let index = head * states + n
    let (dInputs, dOutputs) = (tape.gradient(of: inputs), tape.gradient(of: outputs))
    tape.gradient(of: logStep)[head] += Float(gradients.logStep)
    tape.gradient(of: logReal)[index] += Float(gradients.logReal)
    tape.gradient(of: imaginary)[index] += Float(gradients.imaginary)
    dInputs[2 * index] += Float(gradients.b.re)
    dInputs[2 * index + 1] += Float(gradients.b.im)
    dOutputs[2 * index] += Float(gradients.c.re)
    dOutputs[2 * index + 1] += Float(gradients.c.im)
  }
}
