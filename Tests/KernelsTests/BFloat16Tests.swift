import KernelTwins
import Kernels
import Support
import Testing

extension KernelTests {
  /// Rounding to bfloat16.
  @Suite struct BFloat16Tests {
    /// Numbers from −3 to 3.
    private struct Draw {
      var stream = RandomStream(17)
      mutating func callAsFunction(_ count: Int) -> [Float] {
        (0..<count).map { _ in Float(6 * stream.uniform() - 3) }
      }
    }

    /// To nearest, ties to the one whose last bit is 0; from the middle between the largest number and 2¹²⁸ on, infinity.
    private func plain(_ x: Float) -> Float {
      guard x.isFinite else { return x }
      let below = x.bitPattern & 0xFFFF_0000
      let above = below + 0x1_0000
      func number(_ bits: UInt32) -> Double {
        // The number that would follow the largest one.
        bits & 0x7FFF_FFFF == 0x7F80_0000
          ? (bits >> 31 == 0 ? 0x1p128 : -0x1p128) : Double(Float(bitPattern: bits))
      }
      let (down, up) = (abs(Double(x) - number(below)), abs(number(above) - Double(x)))
      let rounded = down < up || (down == up && below >> 16 & 1 == 0) ? below : above
      return Float(bitPattern: rounded)
    }

    /// Every bfloat16, and numbers around each and around the middle to the next.
    @Test(arguments: InstructionSet.available)
    func everyNumberRoundsToItsNearest(_ set: InstructionSet) {
      set.select()
      defer { InstructionSet.available.last!.select() }
      let lower: [UInt32] = [0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF]
      let x = (0..<1 << 16).flatMap { upper in
        lower.map { Float(bitPattern: UInt32(upper) << 16 | $0) }
      }
      var y = [Float](repeating: 0, count: x.count)
      x.withUnsafeBufferPointer { from in
        y.withUnsafeMutableBufferPointer { to in
          Kernels.roundToBFloat16(
            1, from.count,
            Rows(UnsafeMutablePointer(mutating: from.baseAddress!), stride: from.count),
            into: Rows(to.baseAddress!, stride: from.count))
        }
      }
      for (x, y) in zip(x, y) {
        let expected = plain(x)
        guard
          y.bitPattern & 0xFFFF == 0,
          x.isNaN ? y.isNaN : y.bitPattern == expected.bitPattern
        else {
          Issue.record("\(x) (\(x.bitPattern)) became \(y), expected \(expected)")
          return
        }
      }
    }

    /// Rows of a wider matrix, in place; what lies beside them stays.
    @Test(arguments: InstructionSet.available, awkwardPairs)
    func rowsAreRoundedInPlace(_ set: InstructionSet, _ size: (rows: Int, columns: Int)) {
      set.select()
      defer { InstructionSet.available.last!.select() }
      var draw = Draw()
      let stride = size.columns + 3
      let before = draw(size.rows * stride + 1)
      var after = before
      after.withUnsafeMutableBufferPointer { x in
        let rows = Rows(x.baseAddress!, stride: stride)
        Kernels.roundToBFloat16(size.rows, size.columns, rows, into: rows)
      }
      for (index, x) in before.enumerated() {
        let isInside = index % stride < size.columns && index / stride < size.rows
        #expect(after[index] == (isInside ? plain(x) : x))
      }
    }

    /// Where the processor's instructions for bfloat16 are not used, a product on a thread that rounds is the product of the
    /// rounded operands, in float.
    @Test(
      arguments: InstructionSet.available,
      [(3, 5, 7), (16, 64, 64), (33, 17, 40), (128, 128, 128)])
    func productsRoundTheirOperands(_ set: InstructionSet, _ size: (m: Int, k: Int, n: Int)) {
      set.select()
      defer { InstructionSet.available.last!.select() }
      guard !Kernels.multipliesBFloat16 else { return }
      let (m, k, n) = size
      var draw = Draw()
      let (a, b, start) = (draw(m * k), draw(k * n), draw(m * n))
      func product(
        _ a: [Float], _ b: [Float], transposed: Bool, inBlocks: Bool, _ rounding: Kernels.Rounding
      ) -> [Float] {
        var c = start
        Kernels.rounding(rounding) {
          let first = MatrixOperand(a, stride: transposed ? m : k, transposed: transposed)
          let second = MatrixOperand(b, stride: n)
          if inBlocks {
            blockProduct(m, k, n, first, second, into: &c, stride: n, alpha: 0.5, beta: 1)
          } else {
            multiply(m, k, n, first, second, into: &c, stride: n, alpha: 0.5, beta: 1)
          }
        }
        return c
      }
      for transposed in [false, true] {
        for inBlocks in [false, true] {
          let rounded = product(a, b, transposed: transposed, inBlocks: inBlocks, .values)
          let plain = product(
            a.map(plain), b.map(plain), transposed: transposed, inBlocks: inBlocks, [])
          #expect(rounded == plain)
          #expect(product(a, b, transposed: transposed, inBlocks: inBlocks, .states) != plain)
        }
      }
      #expect(Kernels.rounding.isEmpty)
    }

    /// The processor's products of bfloat16 are those of the rounded operands, with sums in float; what lies beside the
    /// result stays. Sizes: parts of tiles of 16 × 32, a depth of more than one part (512), more rows and columns than
    /// are packed at a time.
    @Test(
      .enabled(if: Kernels.multipliesBFloat16),
      arguments: [
        (1, 1, 1), (3, 5, 7), (16, 32, 16), (17, 33, 15), (40, 64, 386), (64, 16, 64), (5, 1100, 9),
        (300, 512, 40), (20, 520, 300), (2100, 40, 50), (30, 64, 1100), (4, 0, 20),
      ])
    func processorsProducts(_ m: Int, _ k: Int, _ n: Int) {
      var draw = Draw()
      let (padding, alpha) = (3, Float(0.5))
      for (aIsTransposed, bIsTransposed, beta) in [
        (false, false, Float(-2)), (true, false, -2), (false, true, -2), (true, true, -2),
        (false, false, 0), (true, true, 0),
      ] {
        let aStride = (aIsTransposed ? m : k) + padding
        let bStride = (bIsTransposed ? k : n) + padding
        let a = draw((aIsTransposed ? k : m) * aStride)
        let b = draw((bIsTransposed ? n : k) * bStride)
        let before = draw(m * (n + padding))
        var c = before
        Kernels.rounding(.values) {
          multiply(
            m, k, n, MatrixOperand(a, stride: aStride, transposed: aIsTransposed),
            MatrixOperand(b, stride: bStride, transposed: bIsTransposed), into: &c,
            stride: n + padding, alpha: alpha, beta: beta)
        }
        let (roundedA, roundedB) = (a.map { Double(plain($0)) }, b.map { Double(plain($0)) })
        var worst = 0.0
        for i in 0..<m {
          for j in 0..<n {
            var (sum, size) = (0.0, 0.0)
            for l in 0..<k {
              let product =
                roundedA[aIsTransposed ? l * aStride + i : i * aStride + l]
                * roundedB[bIsTransposed ? j * bStride + l : l * bStride + j]
              sum += product
              size += abs(product)
            }
            let place = i * (n + padding) + j
            let expected = Double(alpha) * sum + Double(beta * before[place])
            worst = max(worst, abs(Double(c[place]) - expected) / (size + 1))
          }
          let beside = (i * (n + padding) + n)..<((i + 1) * (n + padding))
          #expect(c[beside] == before[beside])
        }
        #expect(worst < 1e-6, "\(aIsTransposed), \(bIsTransposed), \(beta): \(worst)")
      }
    }

    /// Numbers that a product must not read when beta is 0.
    @Test func resultIsOverwritten() {
      var c = [Float](repeating: .nan, count: 4 * 5)
      let (a, b) = ([Float](repeating: 1, count: 12), [Float](repeating: 2, count: 15))
      // Operands are addresses, which do not keep the arrays.
      withExtendedLifetime((a, b)) {
        Kernels.rounding(.values) {
          multiply(
            4, 3, 5, MatrixOperand(a, stride: 3), MatrixOperand(b, stride: 5), into: &c, stride: 5)
        }
      }
      #expect(c == [Float](repeating: 6, count: 20))
    }
  }
}
