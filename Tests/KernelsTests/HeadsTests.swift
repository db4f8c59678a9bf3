import KernelTwins
import Kernels
import Testing

/// (rows, columns), beside whole vectors, and beyond the pieces of 256 columns that some kernels cut rows into.
private let sizes = [(1, 1), (3, 15), (5, 16), (4, 17), (2, 300)]

extension KernelTests {
  /// Kernels that work on the rows of one head. Gradients are assigned in one pass and added to in another.
  @Suite struct HeadsTests {
    private func inEverySet(_ body: (_ adds: Bool, _ what: String) -> Void) {
      defer { InstructionSet.available.last!.select() }
      for set in InstructionSet.available {
        set.select()
        for adds in [false, true] { body(adds, "\(set), adds \(adds)") }
      }
    }

    /// What a gradient starts from, and the gradient without it.
    private func target(_ rows: Int, _ columns: Int, _ adds: Bool) -> (Grid, GradientRows) {
      let grid = Grid(rows, columns, repeating: adds ? 0.5 : .nan)
      return (grid, GradientRows(grid.view, accumulates: adds))
    }

    private func gradient(_ grid: Grid, _ adds: Bool) -> [Double] {
      grid.values.map { $0 - (adds ? 0.5 : 0) }
    }

    @Test(arguments: sizes)
    func interpolate(_ size: (rows: Int, columns: Int)) {
      let (rows, columns) = size
      for isShared in [false, true] {
        let operands = [
          doubles(rows * columns, seed: 1), doubles(rows * columns, seed: 2),
          doubles((isShared ? 1 : rows) * columns, seed: 3),
        ]
        let dy = doubles(rows * columns, seed: 4)
        inEverySet { adds, what in
          let (x, z) = (Grid(rows, columns, operands[0]), Grid(rows, columns, operands[1]))
          let w = Grid(isShared ? 1 : rows, columns, operands[2])
          let wRows = isShared ? Rows(w.view.values, stride: 0) : w.view
          let (y, cotangent) = (Grid(rows, columns, repeating: .nan), Grid(rows, columns, dy))
          Kernels.interpolate(rows, columns, x.view, z.view, by: wRows, into: y.view)
          expectNear(
            y.values, PlainHeads.interpolate(operands[0], operands[1], operands[2]), what)
          let (dx, dz) = (target(rows, columns, adds), target(rows, columns, adds))
          let dw = target(w.rows, columns, adds || isShared)
          Kernels.interpolateBackward(
            rows, columns, x.view, z.view, by: wRows, dy: cotangent.view, dx: dx.1, dz: dz.1,
            dw: isShared
              ? GradientRows(Rows(dw.0.view.values, stride: 0), accumulates: true) : dw.1)
          expectGradients(
            [
              gradient(dx.0, adds), gradient(dz.0, adds), gradient(dw.0, adds || isShared),
            ], operands, cotangent: dy, what
          ) { PlainHeads.interpolate($0[0], $0[1], $0[2]) }
        }
      }
    }

    @Test(arguments: sizes)
    func tokenShift(_ size: (length: Int, columns: Int)) {
      let (length, columns) = size
      let operands = [doubles(length * columns, seed: 1), doubles(columns, seed: 2)]
      let dy = doubles(length * columns, seed: 3)
      inEverySet { adds, what in
        let (x, w) = (Grid(length, columns, operands[0]), Grid(1, columns, operands[1]))
        let (y, cotangent) = (Grid(length, columns, repeating: .nan), Grid(length, columns, dy))
        Kernels.tokenShift(length, columns, x.view, by: w.view.values, into: y.view)
        expectNear(y.values, PlainHeads.tokenShift(operands[0], operands[1]), what)
        let (dx, dw) = (target(length, columns, adds), target(1, columns, true))
        Kernels.tokenShiftBackward(
          length, columns, x.view, by: w.view.values, dy: cotangent.view, dx: dx.1,
          dw: dw.0.view.values)
        expectGradients(
          [gradient(dx.0, adds), gradient(dw.0, true)], operands, cotangent: dy, what
        ) { PlainHeads.tokenShift($0[0], $0[1]) }
      }
    }

    @Test(arguments: sizes, [(1e-6, 0), (0.5, 0), (0, 1e-12), (0, 100)] as [(Float, Float)])
    func unitNorm(_ size: (rows: Int, columns: Int), _ guards: (epsilon: Float, floor: Float)) {
      let (rows, columns) = size
      // Without a floor that it stays below, one channel's norm has the gradient 0.
      guard columns > 1 || guards.epsilon > 0.1 || guards.floor > 1 else { return }
      let operands = [doubles(rows * columns, seed: 1), doubles(columns, seed: 2)]
      let dy = doubles(rows * columns, seed: 3)
      func twin(_ x: [[Double]]) -> [Double] {
        PlainHeads.unitNorm(
          x[0], x[1], scale: 0.5, epsilon: Double(guards.epsilon), floor: Double(guards.floor))
      }
      inEverySet { adds, what in
        let (x, w) = (Grid(rows, columns, operands[0]), Grid(1, columns, operands[1]))
        let (y, cotangent) = (Grid(rows, columns, repeating: .nan), Grid(rows, columns, dy))
        let inverse = FloatBuffer(.init(repeating: .nan, count: rows))
        withExtendedLifetime(inverse) {
          let norm = UnitNorm(
            rows: rows, columns: columns, x: x.view, weight: w.view.values,
            epsilon: guards.epsilon, floor: guards.floor, scale: 0.5, inverse: inverse.pointer)
          norm.forward(into: y.view)
          expectNear(y.values, twin(operands), what)
          let (dx, dw) = (target(rows, columns, adds), target(1, columns, true))
          norm.backward(dy: cotangent.view, dx: dx.1, weightGradient: dw.0.view.values)
          expectGradients(
            [gradient(dx.0, adds), gradient(dw.0, true)], operands, cotangent: dy, what,
            twin: twin)
        }
      }
    }

    @Test(arguments: sizes, [nil, .silu, .sigmoid] as [NormGate.Gate?])
    func normGate(_ size: (rows: Int, columns: Int), _ gate: NormGate.Gate?) {
      let (rows, columns) = size
      let operands = [
        doubles(rows * columns, seed: 1), doubles(columns, seed: 2),
        doubles(rows * columns, seed: 3),
      ]
      let dy = doubles(rows * columns, seed: 4)
      func twin(_ x: [[Double]]) -> [Double] {
        PlainHeads.normGate(x[0], gate.map { _ in x[2] }, gate ?? .silu, x[1], epsilon: 0.1)
      }
      inEverySet { adds, what in
        let (x, w) = (Grid(rows, columns, operands[0]), Grid(1, columns, operands[1]))
        let z = Grid(rows, columns, operands[2])
        let (y, cotangent) = (Grid(rows, columns, repeating: .nan), Grid(rows, columns, dy))
        let inverse = FloatBuffer(.init(repeating: .nan, count: rows))
        withExtendedLifetime(inverse) {
          let norm = NormGate(
            rows: rows, columns: columns, x: x.view, z: gate.map { _ in z.view },
            gate: gate ?? .silu, weight: w.view.values, epsilon: 0.1, inverse: inverse.pointer)
          norm.forward(into: y.view)
          expectNear(y.values, twin(operands), what)
          let (dx, dz) = (target(rows, columns, adds), target(rows, columns, !adds))
          let dw = target(1, columns, true)
          norm.backward(
            dy: cotangent.view, dx: dx.1, dz: gate.map { _ in dz.1 },
            weightGradient: dw.0.view.values)
          expectGradients(
            [gradient(dx.0, adds), gradient(dw.0, true)]
              + (gate == nil ? [] : [gradient(dz.0, !adds)]), operands, cotangent: dy, what,
            twin: twin)
        }
      }
    }

    @Test(arguments: sizes)
    func bonusGate(_ size: (rows: Int, columns: Int)) {
      let (rows, columns) = size
      let operands =
        (0..<5).map { doubles(rows * columns, seed: $0, scale: 0.7) }
        + [doubles(columns, seed: 9)]
      let dy = doubles(rows * columns, seed: 10)
      func twin(_ x: [[Double]]) -> [Double] {
        PlainHeads.bonusGate(x[0], x[1], x[2], x[3], x[4], x[5])
      }
      inEverySet { adds, what in
        let x = operands.enumerated().map { Grid($0 == 5 ? 1 : rows, columns, $1) }
        let (y, cotangent) = (Grid(rows, columns, repeating: .nan), Grid(rows, columns, dy))
        let dots = FloatBuffer(.init(repeating: .nan, count: rows))
        withExtendedLifetime((dots, x)) {
          let gate = BonusGate(
            rows: rows, columns: columns, n: x[0].view, r: x[1].view, k: x[2].view, v: x[3].view,
            gate: x[4].view, weight: x[5].view.values, dots: dots.pointer)
          gate.forward(into: y.view)
          expectNear(y.values, twin(operands), what)
          let d = (0..<6).map { target($0 == 5 ? 1 : rows, columns, $0 == 5 || adds) }
          gate.backward(
            dy: cotangent.view, dn: d[0].1, dr: d[1].1, dk: d[2].1, dv: d[3].1, dgate: d[4].1,
            weightGradient: d[5].0.view.values)
          expectGradients(
            d.enumerated().map { gradient($1.0, $0 == 5 || adds) }, operands, cotangent: dy,
            what, twin: twin)
        }
      }
    }

    /// The backward pass turns the other way.
    @Test(arguments: [(1, 1), (3, 7), (4, 16), (2, 17)])
    func rotate(_ size: (rows: Int, half: Int)) {
      let (rows, half) = size
      let (x, table) = (doubles(2 * rows * half, seed: 1), doubles(2 * rows * half, seed: 2))
      let dy = doubles(2 * rows * half, seed: 3)
      let dense = FloatBuffer(table.map(Float.init))
      inEverySet { adds, what in
        let (input, cotangent) = (Grid(rows, 2 * half, x), Grid(rows, 2 * half, dy))
        let y = target(rows, 2 * half, adds)
        Kernels.rotate(rows, half: half, input.view, table: dense.pointer, scale: 0.25, into: y.1)
        expectNear(
          gradient(y.0, adds), PlainHeads.rotate(x, table, half: half, scale: 0.25), what)
        let dx = target(rows, 2 * half, adds)
        Kernels.rotate(
          rows, half: half, cotangent.view, table: dense.pointer, backwards: true, scale: 0.25,
          into: dx.1)
        expectGradients([gradient(dx.0, adds)], [x], cotangent: dy, what) {
          PlainHeads.rotate($0[0], table, half: half, scale: 0.25)
        }
      }
    }

    @Test(arguments: sizes)
    func sine(_ size: (rows: Int, columns: Int)) {
      let (rows, columns) = size
      let operands = [
        doubles(rows * columns, seed: 1, scale: 3), doubles(columns, seed: 2, scale: 4),
      ]
      let dy = doubles(rows * columns, seed: 3)
      inEverySet { adds, what in
        let (x, w) = (Grid(rows, columns, operands[0]), Grid(1, columns, operands[1]))
        let (y, cotangent) = (Grid(rows, columns, repeating: .nan), Grid(rows, columns, dy))
        Kernels.sine(rows, columns, x.view, frequency: w.view.values, into: y.view)
        expectNear(y.values, PlainHeads.sine(operands[0], operands[1]), what)
        let (dx, dw) = (target(rows, columns, adds), target(1, columns, true))
        Kernels.sineBackward(
          rows, columns, x.view, frequency: w.view.values, dy: cotangent.view, dx: dx.1,
          frequencyGradient: dw.0.view.values)
        expectGradients(
          [gradient(dx.0, adds), gradient(dw.0, true)], operands, cotangent: dy, what
        ) { PlainHeads.sine($0[0], $0[1]) }
      }
    }

    @Test(arguments: sizes)
    func columnDots(_ size: (rows: Int, columns: Int)) {
      let (rows, columns) = size
      let (a, b) = (doubles(rows * columns, seed: 1), doubles(rows * columns, seed: 2))
      inEverySet { _, what in
        let (first, second) = (Grid(rows, columns, a), Grid(rows, columns, b))
        let sums = Grid(1, columns, repeating: 0.5)
        Kernels.columnDots(rows, columns, first.view, second.view, addedTo: sums.view.values)
        let expected = (0..<columns).map { c in
          (0..<rows).reduce(0.5) { $0 + a[$1 * columns + c] * b[$1 * columns + c] }
        }
        expectNear(sums.values, expected, what)
      }
    }
  }
}
