import KernelTwins
import Kernels
import Testing

extension KernelTests {
  @Suite struct RowsTests {
    static let sizes = awkwardPairs + [(1, 1), (4, 4), (3, 15), (7, 64), (65, 130)]

    @Test(arguments: InstructionSet.available, sizes)
    func agreeWithTheirPlainTwins(_ set: InstructionSet, _ size: (Int, Int)) {
      set.select()
      defer { InstructionSet.available.last!.select() }
      for edges: [Float] in [[], [-3e38, .infinity], [-.infinity]] {
        compare(size, smallEdges + edges)
      }
    }

    private func compare(_ size: (Int, Int), _ edges: [Float]) {
      let (rows, columns) = size
      var x = samples(rows * (columns + 3), seed: 4, edges: edges)
      x.withUnsafeMutableBufferPointer { x in
        guard let x = x.baseAddress else { return }
        let wide = Rows(x, stride: columns + 3)
        compare("repeatRow", rows * (columns + 2)) {
          Kernels.repeatRow(rows, columns, x, into: Rows($0, stride: columns + 2))
        } plain: {
          Kernels.plainRepeatRow(rows, columns, x, into: Rows($0, stride: columns + 2))
        }
        compare("sumRows", columns) {
          Kernels.sumRows(rows, columns, wide, addedTo: $0)
        } plain: {
          Kernels.plainSumRows(rows, columns, wide, addedTo: $0)
        }
      }
    }

    private func compare(
      _ what: String, _ count: Int, kernel: (UnsafeMutablePointer<Float>) -> Void,
      plain: (UnsafeMutablePointer<Float>) -> Void
    ) {
      var y = samples(count, seed: 5)
      var expected = y
      kernel(&y)
      plain(&expected)
      expectTwins(y, expected, what)
    }
  }
}
