import Autodiff
import Support
import Testing

@Suite struct GradientRingTests {
  /// The backward pass of operations that read results up to five operations old. No gradient may be overwritten
  /// between its last reader and its producer.
  @Test(arguments: 0..<20)
  func noLivingGradientIsOverwritten(seed: UInt64) {
    var random = RandomStream(seed)
    let counts = (0..<60).map { _ in 1 + Int(random.next() % 500) }
    let operands = counts.indices.map { operation in
      Array(Set((0..<2).map { _ in max(0, operation - 1 - Int(random.next() % 5)) }))
    }
    let arena = Arena()
    var ring = GradientRing()
    var used: [Int] = []
    for pass in 0..<3 {
      arena.reset()
      ring.reset(shapeKey: ShapeKey(batch: 1, length: 60, outputRows: 60), in: arena)
      let blocks = counts.map { count in
        let address = ring.allocate(count, in: arena)
        return (address: address, start: ring.start, end: ring.position)
      }
      for (block, count) in zip(blocks, counts) {
        block.address.update(repeating: -1, count: count)
      }
      var written: Set<Int> = []
      for operation in counts.indices.reversed() {
        if written.contains(operation) {
          let values = (0..<counts[operation]).map { blocks[operation].address[$0] }
          #expect(values.allSatisfy { $0 == Float(operation) }, "pass \(pass), \(operation)")
        }
        ring.position = blocks[operation].end
        for operand in operands[operation] where operation > 0 {
          ring.write(at: blocks[operand].start)
          blocks[operand].address.update(repeating: Float(operand), count: counts[operand])
          written.insert(operand)
        }
      }
      ring.finish()
      used.append(Set(blocks.map(\.address)).count)
    }
    // The first pass shows what is needed; from the second on memory is shared.
    #expect(used[0] == counts.count && used[1] < counts.count && used[2] == used[1])
  }
}
