import Autodiff
import Testing

@Suite struct SliceTests {
  /// Slices of a slice give their tensor a gradient, as slices of the tensor itself do.
  @Test func ofSlices() {
    let layout = ParameterLayout()
    let weight = layout.add("weight", [6, 1], .ones)
    let values = ParameterBuffer(count: layout.count)
    let gradients = ParameterBuffer(count: layout.count)
    values.initialize([weight], seed: 1)
    let tape = Tape(arena: Arena(), parameters: values.values, gradients: gradients.values)
    let x = tape.tensor(batch: 1, length: 1, channels: 1)
    x.values[0] = 2
    let y = tape.linear(x, weight: weight)
    let (first, rest) = (tape.slice(0..<2, of: y), tape.slice(2..<6, of: y))
    let (second, third) = (tape.slice(0..<2, of: rest), tape.slice(2..<4, of: rest))
    let sum = tape.product(tape.product(first, second), third)
    _ = tape.accumulates(sum)
    (sum.gradient[0], sum.gradient[1]) = (1, 10)
    tape.backward()
    // Each of the three factors is 2: 2 · 2 · x.
    #expect(gradients.elements(of: weight).map { $0 } == [8, 80, 8, 80, 8, 80])
  }
}
