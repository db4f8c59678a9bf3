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

  /// Whoever links the libraries keeps the system's allocator, and then nothing is counted.
  @Test func onlyTheProgramCountsAllocations() throws {
    #expect(try benchmark(batch: 5).run(seconds: 0).allocationsPerStep == nil)
    #if canImport(Glibc)
      let malloc = UInt(bitPattern: try #require(dlsym(nil, "malloc")))
      let maps = try String(contentsOfFile: "/proc/self/maps", encoding: .utf8)
      let file = try #require(
        maps.split(separator: "\n").first { line in
          let ends = line.prefix { $0 != " " }.split(separator: "-").map { UInt($0, radix: 16)! }
          return (ends[0]..<ends[1]).contains(malloc)
        })
      #expect(file.contains("libc"), "malloc is in \(file)")
    #endif
  }
}
