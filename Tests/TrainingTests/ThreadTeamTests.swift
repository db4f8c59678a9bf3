import Kernels
import Testing
import Training

@Suite struct ThreadTeamTests {
  /// Half of a subnormal number on each thread.
  private struct Halves: ParallelJob {
    let results: UnsafeMutablePointer<Float>

    func run(thread: Int) {
      results[thread] = Float(bitPattern: 8)
      Kernels.scaleRows(1, 1, [0.5], results + thread, 1, into: results + thread, 1)
    }
  }

  /// Otherwise the number of threads could change a bit.
  @Test(arguments: [1, 3]) func everyThreadComputesWithoutSubnormals(threads: Int) {
    let team = ThreadTeam(threads: threads)
    let results = UnsafeMutablePointer<Float>.allocate(capacity: threads)
    defer { results.deallocate() }
    for _ in 0..<3 {
      team.run(Halves(results: results))
      #expect((0..<threads).allSatisfy { results[$0] == 0 })
    }
    Halves(results: results).run(thread: 0)
    #expect(results[0] == Float(bitPattern: 4))
  }
}
