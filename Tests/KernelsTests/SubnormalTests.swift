import Kernels
import Testing

@Suite struct SubnormalTests {
  private func halves() -> [Float] {
    var numbers = [Float](repeating: Float(bitPattern: 8), count: 37)
    numbers.withUnsafeMutableBufferPointer {
      Kernels.scaleRows(1, 37, [0.5], $0.baseAddress!, 37, into: $0.baseAddress!, 37)
    }
    return numbers
  }

  @Test func areZeroWithinAndThemselvesAfterwards() {
    struct Failure: Error {}
    #expect(halves() == [Float](repeating: Float(bitPattern: 4), count: 37))
    #expect(Kernels.withoutSubnormals(halves) == [Float](repeating: 0, count: 37))
    #expect(throws: Failure.self) { try Kernels.withoutSubnormals { throw Failure() } }
    #expect(halves() == [Float](repeating: Float(bitPattern: 4), count: 37))
  }
}
