import KernelTwins
import Kernels
import Support
import Testing

extension KernelTests {
  /// Softmax down columns, and transposition.
  @Suite struct ColumnsTests {
    /// (rows, columns)
    static let sizes = awkwardPairs + [(1, 1), (7, 15), (70, 24), (1000, 3)]

    /// Scores with extreme values; every column has at least one finite score.
    private static func scores(_ rows: Int, _ stride: Int) -> [Float] {
      var random = RandomStream(1, 2)
      var s = (0..<rows * stride).map { _ in Float(5 * random.normal()) }
      let edges: [Float] = [
        0, -0.0, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, -90, -1e30, -.infinity, 80,
        -.greatestFiniteMagnitude,
      ]
      for (index, value) in edges.enumerated() where stride + index < s.count {
        s[stride + index] = value
      }
      return s
    }

    @Test(arguments: InstructionSet.available, sizes)
    func maximumAndLargest(_ set: InstructionSet, _ size: (Int, Int)) {
      set.select()
      defer { InstructionSet.available.last!.select() }
      let (rows, columns) = size
      let stride = columns + 3
      var s = Self.scores(rows, stride)
      // Equals: the lowest row counts.
      for c in 0..<columns where rows > 3 { s[3 * stride + c] = s[c] }
      var start = [Float](repeating: -.infinity, count: columns)
      for c in Swift.stride(from: 0, to: columns, by: 3) { start[c] = 4 }

      var (maximum, expected) = (start, start)
      Kernels.columnMaximum(rows, columns, s, stride: stride, maximum: &maximum)
      Kernels.plainColumnMaximum(rows, columns, s, stride: stride, maximum: &expected)
      expectClose(maximum, expected, 0)

      (maximum, expected) = (start, start)
      var index = [Int32](repeating: -5, count: columns)
      var expectedIndex = index
      Kernels.columnLargest(
        rows, columns, s, stride: stride, first: 100, maximum: &maximum, index: &index)
      Kernels.plainColumnLargest(
        rows, columns, s, stride: stride, first: 100, maximum: &expected, index: &expectedIndex)
      expectClose(maximum, expected, 0)
      #expect(index == expectedIndex)
    }

    @Test(arguments: InstructionSet.available, sizes)
    func exponential(_ set: InstructionSet, _ size: (Int, Int)) {
      set.select()
      defer { InstructionSet.available.last!.select() }
      let (rows, columns) = size
      let stride = columns + 3
      var s = Self.scores(rows, stride)
      var expected = s
      var maximum = [Float](repeating: -.infinity, count: columns)
      Kernels.plainColumnMaximum(rows, columns, s, stride: stride, maximum: &maximum)
      var sum = [Float](repeating: 0.25, count: columns)
      var expectedSum = sum
      Kernels.columnExponential(rows, columns, &s, stride: stride, maximum: maximum, sum: &sum)
      Kernels.plainColumnExponential(
        rows, columns, &expected, stride: stride, maximum: maximum, sum: &expectedSum)
      expectClose(s, expected, 4e-7)
      expectClose(sum, expectedSum, 1e-6)
      // No denormals, with which every later product would be slow.
      for r in 0..<rows {
        #expect((0..<columns).allSatisfy { !s[r * stride + $0].isSubnormal })
      }
    }

    @Test(arguments: InstructionSet.available, sizes)
    func scale(_ set: InstructionSet, _ size: (Int, Int)) {
      set.select()
      defer { InstructionSet.available.last!.select() }
      let (rows, columns) = size
      let stride = columns + 3
      var s = Self.scores(rows, stride)
      var expected = s
      let factor = (0..<columns).map { Float($0) - 2.5 }
      Kernels.columnScale(rows, columns, &s, stride: stride, by: factor)
      Kernels.plainColumnScale(rows, columns, &expected, stride: stride, by: factor)
      expectClose(s, expected, 0)
    }

    @Test(arguments: InstructionSet.available, sizes)
    func transposition(_ set: InstructionSet, _ size: (Int, Int)) {
      set.select()
      defer { InstructionSet.available.last!.select() }
      let (rows, columns) = size
      let x = Self.scores(rows, columns + 3)
      var y = [Float](repeating: 7, count: columns * (rows + 5))
      var expected = y
      Kernels.transpose(
        rows, columns, x, stride: columns + 3, factor: 0.3, into: &y, stride: rows + 5)
      Kernels.plainTranspose(
        rows, columns, x, stride: columns + 3, factor: 0.3, into: &expected, stride: rows + 5)
      expectClose(y, expected, 0)
    }
  }

  /// Attention's kernels besides matrix products.
  @Suite struct AttentionKernelTests {
    @Test(arguments: InstructionSet.available, awkwardPairs + [(1, 1), (5, 15)])
    func agreeWithTheirPlainTwins(_ set: InstructionSet, _ size: (Int, Int)) {
      set.select()
      defer { InstructionSet.available.last!.select() }
      let (rows, columns) = size
      let stride = columns + 2
      var random = RandomStream(3, 4)
      let draw = { (count: Int) in (0..<count).map { _ in Float(random.normal()) } }
      var x = draw(rows * stride)
      for (index, value) in [Float(0), -0.0, .leastNonzeroMagnitude, -1e30].enumerated()
      where index < x.count { x[index] = value }
      var (e, masked, mean) = (draw(rows * stride), draw(rows * stride), draw(columns))
      for (index, value) in [Float(0), .leastNonzeroMagnitude, -0.0].enumerated()
      where index + 1 < columns && rows > 0 {
        (e[index], masked[index + 1], mean[index]) = (value, value, value)
      }
      let factor = draw(rows)

      for mask in [masked, e] {
        var (ds, expected) = (x, x)
        Kernels.softmaxBackward(rows, columns, e, masked: mask, dp: &ds, stride: stride, mean: mean)
        Kernels.plainSoftmaxBackward(
          rows, columns, e, masked: mask, dp: &expected, stride: stride, mean: mean)
        expectClose(ds, expected, 2e-6)
      }

      // x has the edges, each row's own scale in the comparison.
      for (dy, y) in [(e, masked), (x, masked), (e, x)] {
        var g = [Float](repeating: 9, count: rows * columns)
        var dot = [Float](repeating: 9, count: rows)
        var (expectedG, expectedDot) = (g, dot)
        Kernels.rowScaleDot(rows, columns, dy, y, stride: stride, by: factor, into: &g, dot: &dot)
        Kernels.plainRowScaleDot(
          rows, columns, dy, y, stride: stride, by: factor, into: &expectedG, dot: &expectedDot)
        expectClose(g, expectedG, 0)
        expectClose(dot, expectedDot, 1e-4)
      }
    }
  }
}

/// Relative above 1, absolute below.
private func expectClose(
  _ actual: [Float], _ expected: [Float], _ tolerance: Float,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  for (index, pair) in zip(actual, expected).enumerated()
  where pair.0 != pair.1 && !(abs(pair.0 - pair.1) <= tolerance * max(1, abs(pair.1))) {
    Issue.record("[\(index)]: \(pair.0), expected \(pair.1)", sourceLocation: sourceLocation)
    return
  }
}
