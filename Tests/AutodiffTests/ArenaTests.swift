import Autodiff
import Foundation
import Testing

@Suite struct ArenaTests {
  @Test func allocationsAreAlignedAndDoNotOverlap() {
    let arena = Arena()
    let counts = [1, 16, 17, 0, 300_000, 5]
    let pointers = counts.map { arena.allocate($0) }
    for (pointer, count) in zip(pointers, counts) {
      #expect(UInt(bitPattern: pointer) % 64 == 0)
      pointer.update(repeating: Float(count), count: count)
    }
    for (pointer, count) in zip(pointers, counts) {
      #expect((0..<count).allSatisfy { pointer[$0] == Float(count) })
    }
  }

  @Test func scratchIsTakenBackAndAPassIsRepeatedInOneBlock() {
    let arena = Arena()
    // More than the first block holds.
    let pass = { [1000, 400_000, 900_000].map { arena.allocate($0) } }
    _ = pass()
    arena.reset()
    let held = arena.capacity
    let first = pass()
    let scratch = arena.withScratch { arena.allocate(100) }
    #expect(arena.allocate(100) == scratch)
    arena.reset()
    #expect(pass() == first && arena.capacity == held)
  }

  private static let hasAddressSanitizer = dlsym(nil, "__asan_init") != nil

  @Test(.enabled(if: hasAddressSanitizer))
  func addressSanitizerSeesAccessToWhatWasTakenBack() async {
    await #expect(processExitsWith: .success) {
      let arena = Arena()
      arena.allocate(4)[3] = 1
    }
    await #expect(processExitsWith: .failure) {
      let arena = Arena()
      arena.withScratch { arena.allocate(4) }[3] = 1
    }
    await #expect(processExitsWith: .failure) {
      let arena = Arena()
      arena.allocate(4)[4] = 1
    }
    await #expect(processExitsWith: .failure) {
      let arena = Arena()
      let memory = arena.allocate(4)
      arena.reset()
      memory[0] = 1
    }
  }
}
