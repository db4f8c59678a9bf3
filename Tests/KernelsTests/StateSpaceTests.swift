import Foundation
import KernelTwins
import Kernels
import Support
import Testing

extension KernelTests {
  /// The kernels of state-space duality.
  @Suite struct StateSpaceTests {
    private struct Draw {
      var stream = RandomStream(3, 4)
      mutating func callAsFunction(_ count: Int) -> [Float] {
        (0..<count).map { _ in Float(stream.normal()) }
      }
    }

    @Test(arguments: InstructionSet.available)
    func softplusIsWithinFourUlp(_ set: InstructionSet) {
      set.select()
      defer { InstructionSet.available.last!.select() }
      var x = (0...40_000).map { Float($0 - 20_000) / 200 }
      x += [0, -0.0, .leastNonzeroMagnitude, -1e-30, 1e-30, 1e9, -1e9, .infinity, -.infinity]
      for count in awkwardCounts + [x.count] {
        var y = [Float](repeating: .nan, count: count)
        // A decay table's first row is softplus of the raw time steps.
        let padded = DecayTable.padded(count)
        let values = FloatBuffer(.init(repeating: 0, count: DecayTable.size(padded: padded)))
        let table = DecayTable(values.pointer, length: count, padded: padded)
        Kernels.fill(table, from: RawDt(x, stride: 1, bias: 0, rate: -1))
        withExtendedLifetime(values) { for i in 0..<count { y[i] = table.dt[i] } }
        for (x, y) in zip(x, y) {
          let expected = plainSoftplus(x)
          // Below the normal numbers, an absolute error of the smallest one.
          let least = Double(Float.leastNormalMagnitude)
          let allowed =
            !x.isFinite ? 0 : expected < least ? least : 4 * Double(Float(expected).ulp)
          guard Double(y) == expected || abs(Double(y) - expected) <= allowed else {
            Issue.record("softplus \(x): \(y), expected \(expected)")
            return
          }
        }
      }
    }

    /// The rows of a table that follow from its steps.
    private func rows(of table: DecayTable) -> [[Float]] {
      [table.dt, table.fromStart, table.toEnd, table.stateWeight].map { row in
        (0..<table.length).map { row[$0] }
      }
    }

    private func expect(_ rows: [[Float]], _ plain: PlainDecay) {
      expectClose(rows[0], plain.dt, "dt")
      expectClose(rows[1], plain.fromStart, "from the start")
      expectClose(rows[2], plain.toEnd, "to the end")
      expectClose(rows[3], plain.stateWeight, "weight in the state")
    }

    @Test(arguments: InstructionSet.available, awkwardCounts + [65, 300])
    func ssdMasks(_ set: InstructionSet, _ length: Int) {
      set.select()
      defer { InstructionSet.available.last!.select() }
      var draw = Draw()
      let padded = DecayTable.padded(length)
      // One time step too small for a float, one that forgets everything.
      var raw = draw(length)
      for (index, value) in [(0, Float(-120)), (length / 2, 50)] where index < length {
        raw[index] = value
      }
      for (index, value) in [Float(0), -0.0, .leastNonzeroMagnitude, -1e4].enumerated()
      where index + 2 < length { raw[index + 2] = value }
      let plain = PlainDecay(raw: raw, bias: 0.25, rate: -1.5)
      var (scores, maskGradient) = (draw(length * padded), draw(length * padded))
      for (index, value) in [Float(0), -0.0, .leastNonzeroMagnitude].enumerated()
      where index < length {
        (scores[index * padded], maskGradient[index * padded]) = (value, value)
      }
      var values = [Float](repeating: .nan, count: DecayTable.size(padded: padded))
      var mask = [Float](repeating: .nan, count: length * padded)
      var decayed = mask
      var scoresGradient = mask
      let rows = values.withUnsafeMutableBufferPointer { values in
        let table = DecayTable(values.baseAddress!, length: length, padded: padded)
        Kernels.fill(table, from: RawDt(raw, stride: 1, bias: 0.25, rate: -1.5))
        Kernels.ssdMask(table, scores: scores, d: 0.5, into: &mask)
        for accumulate in [false, true] {
          Kernels.ssdMaskBackward(
            table, scores: scores, maskGradient: maskGradient, decayed: &decayed,
            scoresGradient: &scoresGradient, accumulates: accumulate)
        }
        return self.rows(of: table)
      }
      func dense(_ x: [Float]) -> [Float] {
        (0..<length * length).map { x[$0 / length * padded + $0 % length] }
      }
      expect(rows, plain)
      expectClose(dense(mask), plain.mask(dense(scores), d: 0.5), "mask")
      let backward = plain.maskBackward(dense(scores), dense(maskGradient))
      expectClose(dense(decayed), backward.decayed, "decayed")
      expectClose(dense(scoresGradient), backward.scores.map { 2 * $0 }, "gradient of scores")
    }

    /// Log-decays that are given, column of a wider matrix or the same for all steps.
    @Test(arguments: InstructionSet.available, awkwardCounts + [65, 300])
    func givenDecays(_ set: InstructionSet, _ length: Int) {
      set.select()
      defer { InstructionSet.available.last!.select() }
      var draw = Draw()
      let padded = DecayTable.padded(length)
      var wide = draw(3 * length + 1).map { -abs($0) }
      // No decay at all, one that forgets everything, and one beside them that forgets nearly nothing.
      for (index, value) in [Float(0), -35, -1e-4, -Float.leastNonzeroMagnitude].enumerated()
      where index < length { wide[3 * index] = value }
      let da = draw(length)
      for stride in [0, 3] {
        let plain = PlainDecay(
          logDecays: (0..<length).map { wide[$0 * stride] }, weight: 0.375)
        var values = [Float](repeating: .nan, count: DecayTable.size(padded: padded))
        let rows = values.withUnsafeMutableBufferPointer { values in
          let table = DecayTable(values.baseAddress!, length: length, padded: padded)
          Kernels.fill(table, from: GivenDecay(wide, stride: stride, weight: 0.375))
          return self.rows(of: table)
        }
        expect(rows, plain)
        guard stride > 0 else { continue }
        var gradient = [Float](repeating: .nan, count: 3 * length + 1)
        for accumulate in [false, true] {
          Kernels.givenDecayBackward(
            length, aGradient: da, lastGradient: 1.5, into: &gradient, stride: stride,
            accumulates: accumulate)
        }
        expectClose(
          (0..<length).map { gradient[$0 * stride] },
          plain.givenDecayBackward(a: da, lastGradient: 1.5).map { 2 * $0 }, "gradient")
      }
    }

    @Test(arguments: InstructionSet.available, awkwardPairs + [(1, 1), (15, 7), (3, 1000)])
    func ssdRows(_ set: InstructionSet, _ size: (length: Int, columns: Int)) {
      set.select()
      defer { InstructionSet.available.last!.select() }
      let (length, columns) = size
      var draw = Draw()
      var raw = draw(length)
      for (index, value) in [Float(0), -0.0, .leastNonzeroMagnitude, -120, -1e4].enumerated()
      where index < length { raw[length - 1 - index] = value }
      // Raw time steps are columns of a wider matrix.
      let rawStride = 3
      var wide = [Float](repeating: .nan, count: length * rawStride + 1)
      for (index, value) in raw.enumerated() { wide[index * rawStride] = value }
      let count = length * columns
      let padded = DecayTable.padded(length)
      let plain = PlainDecay(raw: raw, bias: -0.5, rate: -0.75)
      var (x, y, dy) = (draw(count), draw(count), draw(count))
      let (direct, state) = (draw(count), draw(count))
      for (index, value) in [Float(0), -0.0, .leastNonzeroMagnitude].enumerated()
      where index < count {
        (x[index], y[(index + 1) % count], dy[(index + 2) % count]) = (value, value, value)
      }
      var values = [Float](repeating: .nan, count: DecayTable.size(padded: padded))
      for fromState in [nil, state] {
        var dx = [Float](repeating: .nan, count: count)
        var dt = [Float](repeating: .nan, count: length)
        var da = dt
        var draws = [Float](repeating: .nan, count: length * rawStride + 1)
        var (bias, rate) = (Float(1), Float(2))
        let last = fromState == nil ? 0 : 1.5
        let dGradient = values.withUnsafeMutableBufferPointer { values in
          let table = DecayTable(values.baseAddress!, length: length, padded: padded)
          let steps = RawDt(wide, stride: rawStride, bias: -0.5, rate: -0.75)
          Kernels.fill(table, from: steps)
          let dGradient = dx.withUnsafeMutableBufferPointer { dx in
            let rows = HeadRows(
              x: x, xGradient: dx.baseAddress!, xStride: columns, y: y, yGradient: dy,
              yStride: columns, columns: columns)
            return [false, true].map { accumulate in
              Kernels.ssdRowsBackward(
                table, rows, d: 0.5, direct: direct, fromState: fromState,
                scratchStride: columns, accumulates: accumulate, dtGradient: &dt, aGradient: &da)
            }
          }
          for accumulate in [false, true] {
            Kernels.ssdDecayBackward(
              table, steps, dtGradient: dt, aGradient: da, lastGradient: last, into: &draws,
              accumulates: accumulate, biasGradient: &bias, aLogGradient: &rate)
          }
          return dGradient
        }
        let expected = plain.rowsBackward(
          x: x, y: y, dy: dy, direct: direct, fromState: fromState, d: 0.5, columns: columns)
        expectClose(dx, expected.x.map { 2 * $0 }, "gradient of x")
        expectClose(dt, expected.dt, "gradient of dt")
        expectClose(da, expected.a, "gradient of a", 1e-5)
        // Products of normal numbers, of either sign.
        expectClose(
          [Float(dGradient[0])], [expected.d], "gradient of D",
          magnitude: Float(count).squareRoot())
        let further = plain.backward(dt: dt, a: da, lastGradient: last)
        expectClose(
          (0..<length).map { draws[$0 * rawStride] }, further.raw.map { 2 * $0 },
          "gradient of raw dt")
        expectClose(
          [bias, rate], [1 + 2 * further.bias, 2 + 2 * further.rate], "gradients of bias, aLog")
      }
    }

    @Test(arguments: InstructionSet.available, awkwardPairs + [(1, 1), (3, 15)])
    func scaledRowsAndDot(_ set: InstructionSet, _ size: (rows: Int, columns: Int)) {
      set.select()
      defer { InstructionSet.available.last!.select() }
      let (rows, columns) = size
      let stride = columns + 3
      var draw = Draw()
      var (x, factors) = (draw(rows * stride + 1), draw(rows + 1))
      for (index, value) in [-0.0, Float.leastNonzeroMagnitude].enumerated()
      where index < x.count { x[index] = value }
      factors[0] = 0
      for factorStride in [0, 1] {
        var y = [Float](repeating: .nan, count: rows * columns + 1)
        Kernels.scaleRows(
          rows, columns, factors, factorStride: factorStride, x, stride, into: &y, columns)
        var expectedY = y.map { _ in Float.nan }
        Kernels.plainScaleRows(
          rows, columns, factors, factorStride: factorStride, x, stride, into: &expectedY, columns)
        #expect(y.dropLast() == expectedY.dropLast())
        let inPlace = FloatBuffer(x)
        Kernels.scaleRows(
          rows, columns, factors, factorStride: factorStride, inPlace.pointer, stride,
          into: inPlace.pointer, stride)
        let scaled = inPlace.values
        for row in 0..<rows {
          let scaled = scaled[(row * stride)..<(row * stride + columns)]
          #expect(scaled.elementsEqual(expectedY[(row * columns)..<((row + 1) * columns)]))
        }
        guard rows * columns > 0, factorStride == 1 else { continue }
        var infinite = x
        infinite[(rows - 1) * stride + columns - 1] =
          rows.isMultiple(of: 2) ? .infinity : -.infinity
        factors[rows - 1] = -0.75
        Kernels.scaleRows(
          rows, columns, factors, factorStride: 1, infinite, stride, into: &y, columns)
        #expect(y[rows * columns - 1] == (rows.isMultiple(of: 2) ? -.infinity : .infinity))
        y = expectedY
        // Infinite, or no number where the last factor was 0.
        let (infinity, expectedInfinity) = (
          Kernels.dot(rows, columns, infinite, stride, y, columns),
          Kernels.plainDot(rows, columns, infinite, stride, y, columns)
        )
        #expect(infinity == expectedInfinity || infinity.isNaN && expectedInfinity.isNaN)
        let dot = Kernels.dot(rows, columns, x, stride, y, columns)
        let expected = Kernels.plainDot(rows, columns, x, stride, y, columns)
        #expect(abs(dot - expected) <= 1e-5 * (1 + abs(expected)))
      }
    }
  }
}

private func expectClose(
  _ actual: [Float], _ expected: [Double], _ what: String, _ tolerance: Float = 2e-6,
  magnitude: Float = 1e-3, sourceLocation: SourceLocation = #_sourceLocation
) {
  expectTwins(
    actual, expected.map(Float.init), what, tolerance: tolerance, magnitude: magnitude,
    sourceLocation: sourceLocation)
}
