import Autodiff
import Testing

@Suite struct DropoutTests {
  static let length = 9, channels = 17

  /// The mask: the result of dropout on ones.
  private func mask(
    key: UInt64 = 1, firstExample: Int, batch: Int, on tape: Tape? = nil, strided: Bool = false
  ) -> [[Float]] {
    let tape = tape ?? Tape(arena: Arena(), parameters: ParameterBuffer(count: 1).values)
    tape.dropout = DropoutStream(key: key, firstExample: firstExample)
    var x = tape.tensor(
      batch: batch, length: Self.length, channels: Self.channels + (strided ? 4 : 0))
    x.values.initialize(repeating: 1, count: x.rows * x.channels)
    if strided { x = tape.slice(2..<2 + Self.channels, of: x) }
    let size = Self.length * Self.channels
    return (0..<2).map { _ in tape.dropout(x, rate: 0.3) }.flatMap { y in
      (0..<batch).map { Array(UnsafeBufferPointer(start: y.values + $0 * size, count: size)) }
    }
  }

  @Test func theMaskDoesNotDependOnHowABatchIsCut() {
    let whole = mask(firstExample: 4, batch: 3)
    let parts = (4..<7).map { mask(firstExample: $0, batch: 1) }
    #expect(whole == parts.map { $0[0] } + parts.map { $0[1] })
    #expect(whole == mask(firstExample: 4, batch: 3, strided: true))
  }

  @Test func everySiteExampleAndStepHasAMaskOfItsOwn() {
    let masks = mask(firstExample: 0, batch: 3) + mask(key: 2, firstExample: 0, batch: 3)
    #expect(Set(masks).count == masks.count)
    let scale = Float(1 / 0.7)
    #expect(masks.joined().allSatisfy { $0 == 0 || abs($0 - scale) < 1e-6 })
    let kept = Double(masks.joined().count { $0 != 0 }) / Double(masks.joined().count)
    #expect(abs(kept - 0.7) < 0.05)
  }

  @Test func aTapeThatIsUsedAgainDrawsTheSameMasks() {
    let tape = Tape(arena: Arena(), parameters: ParameterBuffer(count: 1).values)
    tape.dropout = DropoutStream(key: 1, firstExample: 0)
    let keys = (0..<2).map { _ in
      let pair = (0..<2).map { _ in tape.nextDropoutSite()!.key(ofExample: 3) }
      tape.reset()
      return pair
    }
    #expect(keys[0] == keys[1])
    #expect(keys[0][0] != keys[0][1])
  }

  @Test func withoutAStreamOrARateItIsTheIdentity() {
    let tape = Tape(arena: Arena(), parameters: ParameterBuffer(count: 1).values)
    let x = tape.tensor(batch: 1, length: 2, channels: 3)
    #expect(tape.dropout(x, rate: 0.5).values == x.values)
    tape.dropout = DropoutStream(key: 1, firstExample: 0)
    #expect(tape.dropout(x, rate: 0).values == x.values)
    #expect(tape.dropout(x, rate: 0.5).values != x.values)
  }
}
