import Kernels
import Testing

/// Wrappers trap where rows would overlap, before a kernel reads or writes.
@Suite struct PreconditionTests {
  @Test func overlappingRowsTrap() async {
    await #expect(processExitsWith: .success) {
      var x: [Float] = [1, 2, 3, 4]
      let factors: [Float] = [2, 3]
      Kernels.columnScale(2, 2, &x, stride: 2, by: factors)
    }
    await #expect(processExitsWith: .failure) {
      var x: [Float] = [1, 2, 3, 4]
      let factors: [Float] = [2, 3]
      Kernels.columnScale(2, 2, &x, stride: 1, by: factors)
    }
    await #expect(processExitsWith: .failure) {
      let x: [Float] = [1, 2, 3, 4]
      var y: [Float] = [0, 0, 0, 0]
      x.withUnsafeBufferPointer {
        let x = MatrixOperand($0.baseAddress!, stride: 1)
        multiply(2, 2, 2, x, x, into: &y, stride: 2)
      }
    }
    await #expect(processExitsWith: .failure) {
      let memory = FloatBuffer([0])
      _ = DecayTable(memory.pointer, length: 17, padded: 16)
    }
  }
}
