import Benchmarks
import Foundation
import Models
import RecallTasks
import Support
import Testing

@Suite struct TrainingBenchmarkTests {
  private func benchmark(batch: Int?) throws -> TrainingBenchmark {
    var task = MQAR()
    (task.vocabularySize, task.sequenceLength, task.pairCount) = (40, 16, 3)
    return try TrainingBenchmark(
      ModelConfiguration(["kind": "ssd", "d_model": 16, "d_state": 4, "headdim": 8]), task,
      threads: 2, batch: batch)
  }

  @Test func measuresTheModelThatItIsGiven() throws {
    let speed = try benchmark(batch: 5).run(seconds: 0)
    #expect(speed.mixer == "ssd" && speed.stateDimension == 4 && speed.layers == 2)
    #expect(speed.threads == 2 && speed.batch == 5 && speed.pairs == 3)
    #expect(speed.sequencesPerSecond > 0 && speed.fractionOfPeak > 0)
    #expect(abs(speed.tokensPerSecond - 16 * speed.sequencesPerSecond) < 1e-6)
    #expect(try benchmark(batch: nil).batch == 512)
  }

  /// A program that links the libraries keeps the system's allocator, so its allocations are not counted.
  @Test func onlyTheProgramCountsAllocations() throws {
    #expect(try benchmark(batch: 5).run(seconds: 0).allocationsPerStep == nil)
    #if canImport(Glibc)
      let library = try #require(dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD))
      #expect(dlsym(nil, "malloc") == dlsym(library, "malloc"))
    #endif
  }
}
