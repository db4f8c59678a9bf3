import Autodiff
import Support
import Testing

@Suite struct AttentionTests {
  private func random(_ count: Int, scale: Double = 1) -> [Float] {
    var stream = RandomStream(5, UInt64(count))
    return (0..<count).map { _ in Float(scale * stream.normal()) }
  }

  /// y and the gradient of qkv, for a gradient of y that depends on the row's position in the example only.
  private func attend(
    _ qkv: [Float], batch: Int, length: Int, heads: Int, dropoutRate: Float = 0,
    firstExample: Int = 0
  ) -> (y: [Float], gradient: [Float]) {
    let unused = ParameterBuffer(count: 1)
    let tape = Tape(arena: Arena(), parameters: unused.values, gradients: unused.values)
    tape.dropout = DropoutStream(key: 1, firstExample: firstExample)
    let x = tape.tensor(batch: batch, length: length, channels: qkv.count / (batch * length))
    for (index, value) in qkv.enumerated() { x.values[index] = value }
    let y = tape.causalAttention(x, heads: heads, dropoutRate: dropoutRate)
    let count = y.rows * y.channels
    let result = (0..<count).map { y.values[$0] }
    _ = tape.accumulates(y)
    for index in 0..<count {
      y.gradient[index] = Float(index % (length * y.channels) % 17) / 16 - 0.5
    }
    tape.backward()
    return (result, (0..<qkv.count).map { x.gradient[$0] })
  }

  /// Beyond 5 MiB per example the backward pass computes exponentials again. Here the number of heads decides.
  @Test func recomputingGivesWhatSavingGives() {
    let (length, heads, width) = (300, 24, 17)
    let d = heads * width
    let qkv = random(length * 3 * d)
    let whole = attend(qkv, batch: 1, length: length, heads: heads)
    for half in 0..<2 {
      // The half's channels of q, of k and of v.
      let columns = (0..<3).flatMap { part in
        (0..<d / 2).map { part * d + half * d / 2 + $0 }
      }
      let packed = (0..<length).flatMap { row in columns.map { qkv[row * 3 * d + $0] } }
      let expected = attend(packed, batch: 1, length: length, heads: heads / 2)
      let y = (0..<length).flatMap { row in
        (0..<d / 2).map { whole.y[row * d + half * d / 2 + $0] }
      }
      expectClose(y, expected.y)
      // d/2 = 12 · 17 = 0 modulo 17: both halves got the same gradient of y, up to the row's own shift.
      let value = (0..<length).flatMap { row in columns.map { whole.gradient[row * 3 * d + $0] } }
      expectClose(value, expected.gradient)
    }
  }

  @Test(arguments: [Float(0), 0.5])
  func examplesAreIndependentOfTheBatch(dropoutRate: Float) {
    let (batch, length, d) = (3, 70, 32)
    let qkv = random(batch * length * 3 * d)
    let whole = attend(qkv, batch: batch, length: length, heads: 2, dropoutRate: dropoutRate)
    for example in 0..<batch {
      let range = example * length * 3 * d..<(example + 1) * length * 3 * d
      let alone = attend(
        Array(qkv[range]), batch: 1, length: length, heads: 2, dropoutRate: dropoutRate,
        firstExample: example)
      expectClose(Array(whole.y[example * length * d..<(example + 1) * length * d]), alone.y)
      expectClose(Array(whole.gradient[range]), alone.gradient)
    }
  }

  @Test func whatComesLaterChangesNothing() {
    let (length, d, change) = (100, 16, 37)
    let qkv = random(length * 3 * d)
    var changed = qkv
    for index in change * 3 * d..<qkv.count { changed[index] += 1 }
    let (before, after) = (
      attend(qkv, batch: 1, length: length, heads: 1).y,
      attend(changed, batch: 1, length: length, heads: 1).y
    )
    expectClose(Array(before[..<(change * d)]), Array(after[..<(change * d)]))
    #expect(zip(before, after).dropFirst(change * d).contains { $0 != $1 })
  }

  @Test func sharpAttentionStaysFinite() {
    let result = attend(random(130 * 48, scale: 300), batch: 1, length: 130, heads: 1)
    #expect(result.y.allSatisfy { $0.isFinite })
    #expect(result.gradient.allSatisfy { $0.isFinite })
  }
}

/// Up to rounding.
private func expectClose(
  _ actual: [Float], _ expected: [Float], sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(actual.count == expected.count, sourceLocation: sourceLocation)
  let tolerance = 1e-5 * (expected.map(abs).max() ?? 0)
  for (index, pair) in zip(actual, expected).enumerated()
  where !(abs(pair.0 - pair.1) <= tolerance) {
    Issue.record("[\(index)]: \(pair.0), expected \(pair.1)", sourceLocation: sourceLocation)
    return
  }
}
