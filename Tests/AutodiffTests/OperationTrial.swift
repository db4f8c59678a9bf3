import Autodiff
import Support
import Testing

/// One run of a check on random operands, with a random cotangent for every result.
struct OperationTrial {
  enum Operand: CustomStringConvertible {
    case activation(Int)
    case weight(Int)

    var description: String {
      switch self {
      case .activation(let index): "gradient of activation \(index)"
      case .weight(let index): "gradient of weight \(index)"
      }
    }
  }

  struct Results {
    var values: [[Double]] = []
    var activationGradients: [[Double]] = []
    var weightGradients: [[Double]] = []
  }

  let check: OperationCheck
  let activations: [[Double]]
  let weights: [[Double]]
  /// One per result, as long as the result.
  let cotangents: [[Double]]

  init(_ check: OperationCheck) {
    self.check = check
    var stream = RandomStream(7, RandomStream.number(of: check.description))
    activations = check.activations.map {
      $0.values.draw($0.batch * $0.length * $0.channels, from: &stream)
    }
    weights = check.weights.map { $0.values.draw($0.shape.reduce(1, *), from: &stream) }
    cotangents = check.reference(activations, weights).map { result in
      check.isLoss
        ? result.map { _ in 1 }
        : OperationCheck.Values.normal(scale: 1).draw(result.count, from: &stream)
    }
  }

  /// Runs the operation forward and backward on a tape.
  func run(_ layout: Layout) -> Results {
    let parameters = ParameterLayout()
    let handles = check.weights.enumerated().map { parameters.add("w\($0)", $1.shape, .zeros) }
    let values = ParameterBuffer(count: parameters.count)
    let gradients = ParameterBuffer(count: parameters.count)
    let accumulated = layout == .stridedAndAccumulated
    let before: Float = accumulated ? 0.5 : 0
    for (handle, weight) in zip(handles, weights) {
      for (index, value) in weight.enumerated() {
        values.elements(of: handle)[index] = Float(value)
        gradients.elements(of: handle)[index] = before
      }
    }
    let tape = Tape(arena: Arena(), parameters: values.values, gradients: gradients.values)
    let inputs = zip(check.activations, activations).map { put($0, $1, on: tape, layout, before) }
    let outputs = check.run(tape, inputs, handles)

    var results = Results()
    for (output, cotangent) in zip(outputs, cotangents) {
      results.values.append(elements(of: output, at: output.values))
      _ = tape.accumulates(output)
      for index in cotangent.indices {
        let (row, column) = index.quotientAndRemainder(dividingBy: output.channels)
        output.gradient[row * output.rowStride + column] = Float(cotangent[index])
      }
    }
    tape.backward()
    results.activationGradients = inputs.map { input in
      elements(of: input, at: input.gradient).map { $0 - Double(before) }
    }
    results.weightGradients = handles.map { handle in
      gradients.elements(of: handle).map { Double($0) - Double(before) }
    }
    return results
  }

  /// Puts an operand on the tape; strided ones are columns of a wider tensor, with a gradient already there.
  private func put(
    _ activation: OperationCheck.Activation, _ values: [Double], on tape: Tape, _ layout: Layout,
    _ before: Float
  ) -> Tensor {
    let (batch, length, channels) = (activation.batch, activation.length, activation.channels)
    var tensor: Tensor
    if layout == .contiguous {
      tensor = tape.tensor(batch: batch, length: length, channels: channels)
    } else {
      let wide = tape.tensor(batch: batch, length: length, channels: channels + 5)
      tensor = tape.slice(3..<(3 + channels), of: wide)
      _ = tape.accumulates(tensor)
    }
    for (index, value) in values.enumerated() {
      let (row, column) = index.quotientAndRemainder(dividingBy: channels)
      tensor.values[row * tensor.rowStride + column] = Float(value)
      // In the contiguous layout gradients are assigned, so their old values must not matter.
      tensor.gradient[row * tensor.rowStride + column] = layout == .contiguous ? .nan : before
    }
    return tensor
  }

  private func elements(of tensor: Tensor, at base: UnsafeMutablePointer<Float>) -> [Double] {
    (0..<tensor.rows).flatMap { row in
      (0..<tensor.channels).map { Double(base[row * tensor.rowStride + $0]) }
    }
  }

  /// In the order of the results' gradients.
  var operands: [Operand] {
    activations.indices.map(Operand.activation) + weights.indices.map(Operand.weight)
  }

  func elements(of operand: Operand) -> [Double] {
    switch operand {
    case .activation(let index): activations[index]
    case .weight(let index): weights[index]
    }
  }

  /// The central difference quotient of the reference.
  func difference(_ operand: Operand, _ index: Int) -> Double {
    let step = 1e-5
    func objective(_ shift: Double) -> Double {
      var (activations, weights) = (activations, weights)
      switch operand {
      case .activation(let which): activations[which][index] += shift
      case .weight(let which): weights[which][index] += shift
      }
      return zip(check.reference(activations, weights), cotangents).reduce(0) { total, pair in
        total + zip(pair.0, pair.1).reduce(0) { $0 + $1.0 * $1.1 }
      }
    }
    return (objective(step) - objective(-step)) / (2 * step)
  }
}

/// Up to 32 elements of an operand's gradient, by central differences of the reference.
struct GradientSample {
  let operand: OperationTrial.Operand
  let indices: [Int]
  let differences: [Double]
  let tolerance: Double

  init(of operand: OperationTrial.Operand, in trial: OperationTrial) {
    var stream = RandomStream(11, RandomStream.number(of: trial.check.description))
    let count = trial.elements(of: operand).count
    let indices =
      count <= 32 ? Array(0..<count) : (0..<32).map { _ in stream.below(count) }
    (self.operand, self.indices) = (operand, indices)
    differences = indices.map { trial.difference(operand, $0) }
    let cancellation =
      if case .weight(let index) = operand { trial.check.weights[index].cancellation } else { 1.0 }
    tolerance = 5 * trial.check.tolerance * cancellation
  }

  func check(_ gradient: [Double], _ what: String) {
    expectClose(indices.map { gradient[$0] }, differences, tolerance, "\(operand), \(what)")
    #expect(gradient.allSatisfy { $0.isFinite }, "\(operand), \(what)")
  }
}

extension OperationCheck.Values {
  func draw(_ count: Int, from stream: inout RandomStream) -> [Double] {
    // Rounded to Float, so that tape and reference see the same numbers.
    (0..<count).map { index in
      switch self {
      case .normal(let scale): Double(Float(scale * stream.normal()))
      case .uniform(let low, let high): Double(Float(low + (high - low) * stream.uniform()))
      case .alternating(let even, let odd):
        Double(Float((index.isMultiple(of: 2) ? even : odd) * (1 - 0.1 * stream.uniform())))
      }
    }
  }
}
