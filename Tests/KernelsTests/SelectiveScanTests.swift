import Foundation
import KernelTwins
import Kernels
import Testing

extension KernelTests {
  @Suite struct SelectiveScanTests {
    /// (length, channels, states)
    static let sizes =
      awkwardTriples + [
        (1, 1, 1), (7, 15, 2), (15, 1, 16), (32, 16, 16), (33, 32, 3), (65, 33, 17), (3, 2, 100),
      ]

    /// The order of rates: blocks of channels, in each one state after the other; zeros for lanes without a channel.
    @Test(arguments: InstructionSet.available, awkwardPairs + [(33, 65)])
    func ratesAgreeWithTheirPlainTwin(_ set: InstructionSet, _ size: (Int, Int)) {
      set.select()
      defer { InstructionSet.available.last!.select() }
      let (channels, states) = size
      for edges in [smallEdges + [-90, -1e4], smallEdges + [80, 1e4]] {
        let aLog = samples(channels * states + 1, seed: 6, edges: edges)
        let count = SelectiveScan.stateSize(channels: channels, states: states)
        var rates = [Float](repeating: .nan, count: count)
        SelectiveScan.rates(channels: channels, states: states, aLog: aLog, into: &rates)
        let expected = SelectiveScan.plainRates(channels: channels, states: states, aLog: aLog)
        #expect(rates.count == expected.count)
        for (rate, expected) in zip(rates, expected) {
          let exact = Float(expected)
          let allowed = 4 * max(exact.ulp, Float.leastNormalMagnitude)
          guard rate == exact || abs(rate - exact) <= allowed else {
            Issue.record("\(rate), expected \(expected)")
            return
          }
        }
      }
    }

    @Test(arguments: InstructionSet.available, sizes)
    func agreesWithItsPlainTwin(_ set: InstructionSet, _ size: (Int, Int, Int)) {
      set.select()
      defer { InstructionSet.available.last!.select() }
      let (length, channels, states) = size
      let count = length * channels
      let few = length * states
      let x = FloatBuffer(samples(count, seed: 1, edges: [0, -0.0, .leastNonzeroMagnitude]))
      let dy = FloatBuffer(samples(count, seed: 2, edges: smallEdges.reversed()))
      // Steps near zero, and one in the middle that forgets everything; gates far out on both sides.
      var steps = samples(count, seed: 3, edges: [-120, -0.0, -1e4])
      if count > 6 { steps[count / 2] = 60 }
      let dt = FloatBuffer(steps)
      let z = FloatBuffer(samples(count, seed: 4, edges: [90, -90, 0]))
      let b = FloatBuffer(samples(few, seed: 5, edges: smallEdges))
      let c = FloatBuffer(samples(few, seed: 6, edges: smallEdges.reversed()))
      let aLog = FloatBuffer(samples(channels * states, seed: 7))
      let d = FloatBuffer(samples(channels, seed: 8))
      let stateSize = SelectiveScan.stateSize(channels: channels, states: states)
      func empty(_ count: Int, _ value: Float = .nan) -> FloatBuffer {
        FloatBuffer(.init(repeating: value, count: count))
      }
      let rates = empty(stateSize)
      let scratch = empty(2 * stateSize)
      let starts = empty(
        SelectiveScan.Saved.startsSize(length: length, channels: channels, states: states))
      let y = empty(count)
      let ungated = empty(count)
      SelectiveScan.rates(
        channels: channels, states: states, aLog: aLog.pointer, into: rates.pointer)
      func rows(_ buffer: FloatBuffer, _ stride: Int) -> Rows {
        Rows(buffer.pointer, stride: stride)
      }
      let scan = SelectiveScan(
        length: length, channels: channels, states: states, x: rows(x, channels),
        dt: rows(dt, channels), z: rows(z, channels), b: rows(b, states),
        c: rows(c, states), rates: rates.pointer, d: d.pointer)
      let saved = SelectiveScan.Saved(ungated: ungated.pointer, starts: starts.pointer)
      scan.forward(into: rows(y, channels), saving: saved, scratch: scratch.pointer)

      let dx = empty(count)
      let ddt = empty(count)
      let dz = empty(count)
      let db = empty(few)
      let dc = empty(few)
      let daLog = empty(channels * states, 0)
      let dD = empty(channels, 0)
      for adds in [false, true] {
        let gradients = SelectiveScan.Gradients(
          dy: rows(dy, channels), x: dx.pointer, dt: ddt.pointer, z: dz.pointer, b: db.pointer,
          c: dc.pointer,
          aLog: daLog.pointer, d: dD.pointer, adds: (adds, adds, adds, adds, adds))
        scan.backward(saved, into: gradients, scratch: scratch.pointer)
      }
      let plain = scan.plain(aLog: aLog.values, dy: dy.values)
      withExtendedLifetime((x, dt, z, b, c, rates, d)) {
        expect(y, plain.y, 1, "y")
        expect(dx, plain.gradients.x, 2, "gradient of x")
        expect(ddt, plain.gradients.dt, 2, "gradient of dt")
        expect(dz, plain.gradients.z, 2, "gradient of z")
        expect(db, plain.gradients.b, 2, "gradient of B")
        expect(dc, plain.gradients.c, 2, "gradient of C")
        expect(daLog, plain.gradients.aLog, 2, "gradient of aLog")
        expect(dD, plain.gradients.d, 2, "gradient of D")
      }
    }

    /// With a time step of 32, which softplus does not change, the state after the second step is its decay: 2 to the
    /// power of rate · 32.
    @Test(arguments: InstructionSet.available)
    func decayIsWithinTwoUlp(_ set: InstructionSet) {
      set.select()
      defer { InstructionSet.available.last!.select() }
      let exponents = stride(from: UInt32(0), through: Float(125).bitPattern, by: 9973).map {
        -Float(bitPattern: $0)
      }
      let channels = exponents.count / 32 * 32
      let twice = { (value: Float) in FloatBuffer(.init(repeating: value, count: 2 * channels)) }
      // The first step makes the state 32 · (1/32) = 1, the second adds 0 to it.
      let (x, dt, z, one) = (twice(1 / 32), twice(32), twice(30), twice(1))
      for channel in channels..<(2 * channels) { x.pointer[channel] = 0 }
      let rates = FloatBuffer(exponents.prefix(channels).map { $0 / 32 })
      let (y, ungated, scratch, d) = (twice(0), twice(.nan), twice(0), twice(0))
      let starts = FloatBuffer(.init(repeating: 0, count: channels))
      func rows(_ buffer: FloatBuffer, _ stride: Int) -> Rows {
        Rows(buffer.pointer, stride: stride)
      }
      withExtendedLifetime((x, dt, z, one, rates, d)) {
        SelectiveScan(
          length: 2, channels: channels, states: 1, x: rows(x, channels),
          dt: rows(dt, channels), z: rows(z, channels), b: rows(one, 1), c: rows(one, 1),
          rates: rates.pointer, d: d.pointer
        ).forward(
          into: rows(y, channels), saving: .init(ungated: ungated.pointer, starts: starts.pointer),
          scratch: scratch.pointer)
      }
      for (exponent, decay) in zip(exponents, ungated.values.dropFirst(channels)) {
        let expected = exp2(Double(exponent))
        guard abs(Double(decay) - expected) <= 2 * Double(Float(expected).ulp) else {
          Issue.record("2^\(exponent) = \(decay), expected \(expected)")
          return
        }
      }
    }

    /// The second backward pass added to what the first had assigned.
    private func expect(
      _ actual: FloatBuffer, _ expected: [Double], _ times: Double, _ what: String
    ) {
      expectTwins(actual.values, expected.map { Float(times * $0) }, what, tolerance: 1e-5)
    }
  }
}
