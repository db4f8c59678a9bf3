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

  @Test func pairsOfMoreThanOneBlockTrap() async {
    await #expect(processExitsWith: .success) { pairs(DecayFactors.blockRows) }
    await #expect(processExitsWith: .failure) { pairs(DecayFactors.blockRows + 1) }
  }

  /// With stride 0 all rows are one: it may be read as several, but not written.
  @Test func onlyOperandsMayRepeatARow() async {
    await #expect(processExitsWith: .success) {
      let memory = FloatBuffer(.init(repeating: 0, count: 12))
      let (rows, row) = (Rows(memory.pointer, stride: 4), Rows(memory.pointer + 8, stride: 0))
      Kernels.multiplyRows(2, 4, rows, row, into: rows)
    }
    await #expect(processExitsWith: .failure) {
      let memory = FloatBuffer(.init(repeating: 0, count: 12))
      let (rows, row) = (Rows(memory.pointer, stride: 4), Rows(memory.pointer + 8, stride: 0))
      Kernels.multiplyRows(2, 4, rows, rows, into: row)
    }
  }
}

/// Pairs of so many tokens, with one channel.
private func pairs(_ count: Int) {
  let memory = FloatBuffer(.init(repeating: 0, count: 32 * 32))
  let rows = Rows(memory.pointer, stride: 32)
  Kernels.decayedPairs(count, 1, rows, step: rows, transposed: rows, strict: false, into: rows)
}
