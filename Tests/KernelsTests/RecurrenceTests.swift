import KernelTwins
import Kernels
import Support
import Testing

/// (rows, channels) of a block or chunk, ragged ones among them.
private let sizes = [(1, 1), (2, 17), (7, 16), (15, 5), (16, 33), (33, 3), (64, 16)]

extension KernelTests {
  /// Kernels of linear recurrences, one chunk of one head.
  @Suite struct RecurrenceTests {
    private func inEverySet(_ body: (_ what: String) -> Void) {
      defer { InstructionSet.available.last!.select() }
      for set in InstructionSet.available {
        set.select()
        body("\(set)")
      }
    }

    private func rows(_ values: [Double], _ columns: Int) -> [[Double]] {
      stride(from: 0, to: values.count, by: columns).map { Array(values[$0..<$0 + columns]) }
    }

    /// Below 0; the first channel loses 35 a token, the second keeps .9999.
    private func decays(_ rows: Int, _ channels: Int) -> [[Double]] {
      var stream = RandomStream(3)
      return (0..<rows).map { _ in
        (0..<channels).map { c in
          Double(c == 0 ? -35 : c == 1 ? Float(-1e-4) : -Float(stream.uniform()))
        }
      }
    }

    @Test(arguments: sizes)
    func decayFactors(_ size: (rows: Int, channels: Int)) {
      let (length, channels) = size
      let g = decays(length, channels)
      let grid = Grid(length, channels, g.flatMap { $0 })
      let memory = FloatBuffer(.init(repeating: .nan, count: 5 * length * (channels + 1)))
      var factors = DecayFactors(
        memory.pointer, capacity: length, channels: channels, stride: channels + 1)
      func values(_ rows: Rows) -> [Double] {
        (0..<length * channels).map {
          Double(rows.values[$0 / channels * rows.stride + $0 % channels])
        }
      }
      func expected(_ range: (Int) -> Range<Int>) -> [Double] {
        (0..<length).flatMap { row in
          (0..<channels).map { PlainRecurrence.decay(g, range(row), $0) }
        }
      }
      let block = DecayFactors.blockRows
      inEverySet { what in
        factors.fill(length: length, from: grid.view)
        expectNear(values(factors.step), expected { $0..<$0 + 1 }, "step, \(what)")
        expectNear(values(factors.prefix), expected { 0..<$0 + 1 }, "prefix, \(what)")
        expectNear(values(factors.suffix), expected { $0 + 1..<length }, "suffix, \(what)")
        expectNear(
          values(factors.blockPrefix), expected { $0 / block * block..<$0 + 1 }, "block, \(what)")
        expectNear(
          values(factors.blockSuffix),
          expected { $0 + 1..<min(length, ($0 / block + 1) * block) }, "end of block, \(what)")
      }
      withExtendedLifetime((grid, memory)) {}
    }

    @Test(arguments: [1, 2, 15, 16, 17, 64], [0, 1, 2])
    func masksAndLowerHalves(_ length: Int, _ kind: Int) {
      let padded = Kernels.wholeVectors(length)
      let g = decays(length, 3).map { $0[kind] }
      let (steps, prefix) = (
        FloatBuffer(g.map(Float.init)), FloatBuffer(.init(repeating: .nan, count: length))
      )
      let (x, mask) = (doubles(length * padded, seed: 5), PlainRecurrence.mask(g))
      let square = FloatBuffer(.init(repeating: .nan, count: length * padded))
      let (input, out) = (FloatBuffer(x.map(Float.init)), FloatBuffer(square.values))
      func lower(_ values: [Float]) -> [Double] {
        (0..<length).flatMap { i in (0..<length).map { Double(values[i * padded + $0]) } }
          .enumerated().map { $0.offset % length <= $0.offset / length ? $0.element : 0 }
      }
      inEverySet { what in
        Kernels.decayMask(
          length, padded: padded, steps.pointer, stride: 1, prefix: prefix.pointer,
          into: square.pointer)
        expectNear(lower(square.values), mask.flatMap { $0 }, "mask, \(what)")
        for strict in [false, true] {
          for masked in [false, true] {
            Kernels.multiplyLower(
              length, padded: padded, mask: masked ? UnsafePointer(square.pointer) : nil,
              strict: strict, input.pointer, into: out.pointer)
            let expected = (0..<length * length).map { index in
              let (i, j) = index.quotientAndRemainder(dividingBy: length)
              guard j < i || (j == i && !strict) else { return 0.0 }
              return x[i * padded + j] * (masked ? mask[i][j] : 1)
            }
            expectNear(lower(out.values), expected, "strict \(strict), masked \(masked), \(what)")
          }
        }
        Kernels.taylorLower(length, padded: padded, input.pointer, into: out.pointer)
        expectNear(
          lower(out.values),
          lower(x.map { Float(1 + $0 + $0 * $0 / 2) }), "Taylor, \(what)")
        Kernels.taylorLowerBackward(
          length, padded: padded, input.pointer, dy: input.pointer, into: out.pointer)
        expectNear(lower(out.values), lower(x.map { Float($0 * (1 + $0)) }), "its slope, \(what)")
        Kernels.lowerSums(length, padded: padded, input.pointer, into: prefix.pointer)
        expectNear(
          prefix.values.map(Double.init),
          (0..<length).map { i in (0...i).reduce(0) { $0 + x[i * padded + $1] } }, "sums, \(what)")
      }
      withExtendedLifetime((steps, prefix, input, square, out)) {}
    }

    /// Blocks of at most 16 rows, and their gradients, which leave a row's pair with itself out.
    @Test(arguments: [(1, 1), (2, 17), (7, 16), (15, 5), (16, 33)], [false, true])
    func pairs(_ size: (rows: Int, channels: Int), strict: Bool) {
      let (count, channels) = size
      let g = decays(count, channels)
      let (x, y) = (doubles(count * channels, seed: 1), doubles(count * channels, seed: 2))
      let step = Grid(
        count, channels,
        (0..<count).flatMap { row in
          (0..<channels).map { PlainRecurrence.decay(g, row..<row + 1, $0) }
        })
      var turned = [Double](repeating: 0, count: channels * 16)
      for (index, value) in y.enumerated() {
        turned[index % channels * 16 + index / channels] = value
      }
      let dp = doubles(count * count, seed: 3).enumerated().map {
        $0.offset % count < $0.offset / count ? $0.element : 0
      }
      let (xGrid, yGrid) = (Grid(count, channels, x), Grid(count, channels, y))
      let (turnedGrid, dpGrid) = (Grid(channels, 16, turned), Grid(count, count, dp))
      inEverySet { what in
        let p = Grid(count, 16, repeating: .nan)
        Kernels.decayedPairs(
          count, channels, xGrid.view, step: step.view, transposed: turnedGrid.view,
          strict: strict, into: p.view)
        let expected = PlainRecurrence.pairs(
          rows(x, channels), rows(y, channels), g, strict: strict)
        expectNear(
          rows(p.values, 16).flatMap { $0[..<count] }, expected.flatMap { $0 }, what)
        let (dx, dy) = (
          Grid(count, channels, repeating: 0.5), Grid(count, channels, repeating: 0.5)
        )
        Kernels.decayedPairsBackward(
          count, channels, xGrid.view, step: step.view, yGrid.view, dp: dpGrid.view, dx: dx.view,
          dy: dy.view)
        expectGradients(
          [dx.values.map { $0 - 0.5 }, dy.values.map { $0 - 0.5 }], [x, y], cotangent: dp, what
        ) {
          PlainRecurrence.pairs(rows($0[0], channels), rows($0[1], channels), g, strict: true)
            .flatMap { $0 }
        }
      }
    }

    @Test(arguments: [(1, 1), (2, 17), (7, 16), (16, 64), (16, 70)])
    func triangularSolves(_ size: (rows: Int, columns: Int)) {
      let (count, columns) = size
      let l = doubles(count * count, seed: 1, scale: 0.3)
      let x = doubles(count * columns, seed: 2)
      let lower = Grid(count, count, l)
      inEverySet { what in
        let (first, second) = (Grid(count, columns, x), Grid(count, columns, x))
        Kernels.solveLower(count, columns, lower.view, first.view)
        Kernels.solveLowerTransposed(count, columns, lower.view, second.view)
        let (l, x) = (rows(l, count), rows(x, columns))
        expectNear(first.values, PlainRecurrence.solve(l, x).flatMap { $0 }, what)
        expectNear(second.values, PlainRecurrence.solveTransposed(l, x).flatMap { $0 }, what)
      }
    }

    @Test(arguments: [(1, 1), (3, 2), (2, 16), (4, 17)])
    func monomials(_ size: (rows: Int, channels: Int)) {
      let (count, channels) = size
      let x = doubles(count * channels, seed: 1)
      let width = Kernels.monomialCount(channels)
      let dy = doubles(count * width, seed: 2)
      func twin(_ x: [Double]) -> [Double] {
        rows(x, channels).flatMap { PlainRecurrence.monomials($0, square: 0.5) }
      }
      let (input, cotangent) = (Grid(count, channels, x), Grid(count, width, dy))
      inEverySet { what in
        let (y, dx) = (Grid(count, width, repeating: .nan), Grid(count, channels, repeating: 0.5))
        Kernels.monomials(count, channels, input.view, square: 0.5, into: y.view)
        expectNear(y.values, twin(x), what)
        Kernels.monomialsBackward(
          count, channels, input.view, square: 0.5, dy: cotangent.view, dx: dx.view)
        expectGradients([dx.values.map { $0 - 0.5 }], [x], cotangent: dy, what) { twin($0[0]) }
      }
    }

    @Test(arguments: [(1, 1), (3, 15), (5, 300)])
    func rowProducts(_ size: (rows: Int, columns: Int)) {
      let (count, columns) = size
      let (a, b) = (doubles(count * columns, seed: 1), doubles(count * columns, seed: 2))
      let (first, second) = (Grid(count, columns, a), Grid(count, columns, b))
      inEverySet { what in
        for adds in [false, true] {
          let (y, sums) = (
            Grid(count, columns, repeating: 0.5), Grid(count, 1, repeating: 0.5)
          )
          Kernels.multiplyRows(
            count, columns, first.view, second.view, into: y.view, accumulate: adds)
          expectNear(y.values, zip(a, b).map { $0 * $1 + (adds ? 0.5 : 0) }, what)
          Kernels.rowDots(
            count, columns, first.view, second.view, into: sums.view.values,
            stride: sums.stride, accumulate: adds)
          let expected = (0..<count).map { row in
            (0..<columns).reduce(adds ? 0.5 : 0) {
              $0 + a[row * columns + $1] * b[row * columns + $1]
            }
          }
          expectNear(sums.values, expected, what)
        }
      }
    }
  }
}
