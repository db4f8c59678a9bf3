import Autodiff
import Support
import Testing

/// An example's activations and their gradients do not depend on what else is in the batch.
@Suite struct BatchIndependenceTests {
  @Test(arguments: [(64, 64, 192), (17, 130, 67), (100, 16, 300)])
  func linearAndNorm(_ size: (length: Int, inputs: Int, outputs: Int)) {
    let layout = ParameterLayout()
    let weight = layout.add("weight", [size.outputs, size.inputs], .normal(std: 0.1))
    let bias = layout.add("bias", [size.outputs], .normal(std: 1))
    let norm = Normalization(
      weight: layout.add("norm", [size.outputs], .ones),
      bias: layout.add("shift", [size.outputs], .zeros))
    let parameters = ParameterBuffer(count: layout.count)
    parameters.initialize(layout.parameters, seed: 1)

    let run = { (examples: [Int]) in
      let gradients = ParameterBuffer(count: layout.count)
      let tape = Tape(arena: Arena(), parameters: parameters.values, gradients: gradients.values)
      let x = tape.tensor(batch: examples.count, length: size.length, channels: size.inputs)
      let length = size.length * size.inputs
      for (slot, example) in examples.enumerated() {
        var stream = RandomStream(UInt64(example))
        for i in 0..<length { x.values[slot * length + i] = Float(stream.normal()) }
      }
      let y = tape.linear(x, weight: weight, bias: bias)
      let (_, normed) = tape.residualNorm(y, residual: nil, norm)
      _ = tape.accumulates(normed)
      for i in 0..<normed.rows * size.outputs {
        normed.gradient[i] = normed.values[i] * normed.values[i]
      }
      tape.backward()
      return (0..<examples.count).map { slot in
        Array(UnsafeBufferPointer(start: x.gradient + slot * length, count: length))
      }
    }
    let (first, second) = (run([0, 1, 2]), run([3, 1, 4]))
    let (same, different) = (first[1] == second[1], first[0] != second[0])
    #expect(same && different)
  }
}
