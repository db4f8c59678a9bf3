import Foundation
import KernelTwins
import Kernels
import Testing

extension KernelTests {
  /// Rows of mixing matrices, against their definitions, and their gradients against differences of these.
  @Suite struct MixingMatrixTests {
    /// (rows, columns, rank)
    static let sizes = [(1, 1, 1), (3, 15, 2), (5, 16, 3), (4, 17, 16), (2, 300, 5)]

    private func inEverySet(_ body: (_ what: String) -> Void) {
      defer { InstructionSet.available.last!.select() }
      for set in InstructionSet.available {
        set.select()
        body("\(set)")
      }
    }

    @Test(arguments: sizes)
    func softmax(_ size: (rows: Int, columns: Int, rank: Int)) {
      let (rows, columns) = (size.rows, size.columns)
      let scores = doubles(rows * columns, seed: 1, scale: 4)
      let dp = doubles(rows * columns, seed: 2)
      inEverySet { what in
        let (p, gradient) = (Grid(rows, columns, scores), Grid(rows, columns, dp))
        Kernels.rowSoftmax(rows, columns, p.view)
        expectNear(p.values, PlainMixing.softmax(scores, columns), what)
        Kernels.rowSoftmaxBackward(rows, columns, p.view, dp: gradient.view.values)
        expectGradients([gradient.values], [scores], cotangent: dp, what) {
          PlainMixing.softmax($0[0], columns)
        }
      }
    }

    /// Scores far apart, and so low that all but one are 0.
    @Test func softmaxOfExtremes() {
      inEverySet { what in
        let scores = [0.0, -200, -1e30, 3e4, 3e4]
        let p = Grid(1, 5, scores)
        Kernels.rowSoftmax(1, 5, p.view)
        expectNear(p.values, [0, 0, 0, 0.5, 0.5], what)
      }
    }

    @Test(arguments: sizes)
    func cauchy(_ size: (rows: Int, columns: Int, rank: Int)) {
      let (rows, columns, rank) = size
      let x = doubles(rows * rank, seed: 1).map { Double(Float(exp($0))) }
      let z = doubles(rank * columns, seed: 2).map { Double(Float(exp($0))) }
      let dm = doubles(rows * columns, seed: 3)
      inEverySet { what in
        let zGrid = Grid(rank, columns, z)
        let (m, cotangent) = (
          Grid(rows, columns, repeating: .nan), Grid(rows, columns, dm)
        )
        let xBuffer = FloatBuffer(x.map { Float($0) })
        let dx = FloatBuffer(.init(repeating: 0.5, count: rows * rank))
        let dz = Grid(rank, columns, repeating: 0.5)
        withExtendedLifetime((xBuffer, dx)) {
          let kernel = CauchyRows(
            rows: rows, columns: columns, rank: rank, x: xBuffer.pointer, z: zGrid.view,
            constant: 0.25)
          kernel.forward(into: m.view)
          kernel.backward(
            dm: cotangent.view, xGradient: dx.pointer, zGradient: dz.view.values)
        }
        func twin(_ x: [[Double]]) -> [Double] {
          PlainMixing.cauchy(x[0], x[1], rank: rank, columns: columns, constant: 0.25)
        }
        expectNear(m.values, twin([x, z]), what)
        expectGradients(
          [dx.values.map { Double($0) - 0.5 }, dz.values.map { $0 - 0.5 }], [x, z],
          cotangent: dm, what, twin: twin)
      }
    }

    /// Angles of up to about 1000, where floats are 6e-5 apart.
    @Test(arguments: sizes, [0, 7])
    func cosines(_ size: (rows: Int, columns: Int, rank: Int), first: Int) {
      let (rows, columns, rank) = size
      let angles = doubles(rows * rank, seed: 1)
      let dm = doubles(rows * columns, seed: 2)
      inEverySet { what in
        let (m, cotangent) = (
          Grid(rows, columns, repeating: .nan), Grid(rows, columns, dm)
        )
        let buffer = FloatBuffer(angles.map { Float($0) })
        let scratch = FloatBuffer(.init(repeating: .nan, count: CosineRows.scratchPerRank * rank))
        let gradient = FloatBuffer(.init(repeating: 0.5, count: rows * rank))
        withExtendedLifetime((buffer, scratch, gradient)) {
          let kernel = CosineRows(
            rows: rows, columns: columns, rank: rank, angles: buffer.pointer, first: first,
            scratch: scratch.pointer)
          kernel.forward(into: m.view)
          kernel.backward(dm: cotangent.view, gradient: gradient.pointer)
        }
        func twin(_ x: [[Double]]) -> [Double] {
          PlainMixing.cosines(x[0], rank: rank, columns: columns, first: first)
        }
        expectNear(m.values, twin([angles]), what, tolerance: 5e-5)
        expectGradients(
          [gradient.values.map { Double($0) - 0.5 }], [angles], cotangent: dm, what,
          tolerance: 1e-4, twin: twin)
      }
    }
  }
}
