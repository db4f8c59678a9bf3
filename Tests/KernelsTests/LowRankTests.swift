import KernelTwins
import Kernels
import Support
import Testing

extension KernelTests {
  /// Operands of RWKV-7's chunk and its backward pass.
  @Suite struct LowRankTests {
    @Test(arguments: [(1, 1), (2, 17), (7, 16), (33, 3), (64, 2), (3, 300)], [false, true])
    func operandsAndGradients(_ size: (length: Int, channels: Int), adds: Bool) {
      let (length, channels) = size
      var stream = RandomStream(4)
      let w = (0..<length * channels).map { _ in Double(Float(-0.6 * stream.uniform())) }
      // r, w, k, removal, rate
      let operands = [
        doubles(w.count, seed: 1), w, doubles(w.count, seed: 2), doubles(w.count, seed: 3),
        doubles(w.count, seed: 5),
      ]
      let grids = operands.map { Grid(length, channels, $0) }
      let stride = channels + 1
      let memory = FloatBuffer(.init(repeating: .nan, count: 9 * length * stride))
      // What reads or writes across 64 tokens may be e^38 apart: cotangents make up for it.
      let plain = twin(operands, channels)
      let cotangents = (0..<6).map { index -> [Double] in
        let scale = 1 / max(1, plain[index].map(abs).max()!)
        return doubles(w.count, seed: 10 + UInt64(index), scale: scale)
      }
      let gradients = cotangents.map { values in
        var floats = [Float](repeating: 0, count: length * stride)
        for (index, value) in values.enumerated() {
          floats[index / channels * stride + index % channels] = Float(value)
        }
        return FloatBuffer(floats)
      }
      defer { InstructionSet.available.last!.select() }
      for set in InstructionSet.available {
        set.select()
        var chunk = LowRankOperands(
          memory.pointer, capacity: length, channels: channels, stride: stride)
        chunk.fill(
          length: length, r: grids[0].view, w: grids[1].view, k: grids[2].view,
          removal: grids[3].view, rate: grids[4].view)
        let products = [
          chunk.reads, chunk.removals, chunk.writes, chunk.corrections, chunk.writesUntilEnd,
          chunk.correctionsUntilEnd,
        ]
        for (index, rows) in products.enumerated() {
          let values = (0..<w.count).map {
            Double(rows.values[$0 / channels * stride + $0 % channels])
          }
          expectNear(values, plain[index], "product \(index), \(set)", tolerance: 2e-5)
        }
        let targets = (0..<5).map { _ in Grid(length, channels, repeating: adds ? 0.5 : .nan) }
        func target(_ index: Int) -> GradientRows {
          GradientRows(targets[index].view, accumulates: adds)
        }
        func rows(_ index: Int) -> Rows { Rows(gradients[index].pointer, stride: stride) }
        // The whole chunk's decay gets what its rows until the end have.
        let carry = FloatBuffer(
          (0..<channels).map { c in
            Float(
              [4, 5].reduce(0.0) { sum, index in
                (0..<length).reduce(sum) {
                  $0 + cotangents[index][$1 * channels + c] * plain[index][$1 * channels + c]
                }
              })
          })
        chunk.backward(
          reads: rows(0), removals: rows(1), writes: rows(2), corrections: rows(3),
          writesUntilEnd: rows(4), correctionsUntilEnd: rows(5), carry: carry.pointer,
          into: .init(
            r: target(0), w: target(1), k: target(2), removal: target(3), rate: target(4)))
        expectGradients(
          targets.map { $0.values.map { $0 - (adds ? 0.5 : 0) } }, operands,
          cotangent: cotangents.flatMap { $0 }, "\(set)", tolerance: 1e-4
        ) { twin($0, channels).flatMap { $0 } }
      }
      withExtendedLifetime((grids, memory, gradients)) {}
    }

    private func twin(_ x: [[Double]], _ channels: Int) -> [[Double]] {
      let rows = x.map { values in
        stride(from: 0, to: values.count, by: channels).map {
          Array(values[$0..<$0 + channels])
        }
      }
      return PlainRecurrence.lowRank(
        r: rows[0], w: rows[1], k: rows[2], removal: rows[3], rate: rows[4]
      ).map { $0.flatMap { $0 } }
    }
  }
}
