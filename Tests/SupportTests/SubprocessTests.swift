import Foundation
import Support
import Testing

@Suite struct SubprocessTests {
  private func shell(_ script: String, within seconds: Double = 60) throws -> Subprocess {
    try #require(Subprocess(["sh", "-c", script], within: seconds))
  }

  @Test func givesOutputErrorsAndStatus() throws {
    let program = try shell("echo ' out '; echo err >&2; exit 3")
    #expect(program.output == "out" && program.errors == "err")
    #expect(program.status == 3 && !program.isOutOfTime)
    #expect(Subprocess(["no-such-program-anywhere"]) == nil)
  }

  /// A pipe holds 64 kB: a program that reads the pipes one after the other waits for ever.
  @Test(.timeLimit(.minutes(1))) func bothPipesAreReadAtOnce() throws {
    let program = try shell(
      "head -c 300000 /dev/zero | tr '\\0' e >&2; head -c 300000 /dev/zero | tr '\\0' o")
    #expect(program.status == 0)
    #expect(program.output.count == 300_000 && program.errors.count == 300_000)
  }

  /// Neither one that ignores the signal, nor one that has closed its output, nor a grandchild that holds the pipes
  /// open keeps it waiting.
  @Test(
    .timeLimit(.minutes(1)),
    arguments: [
      "sleep 100", "trap '' TERM; sleep 100", "sleep 100 & wait", "exec >&- 2>&-; sleep 100",
    ])
  func isEndedWhenItsTimeIsOver(script: String) throws {
    let start = Date()
    let program = try shell("echo begun; \(script)", within: 0.3)
    #expect(program.isOutOfTime && program.status != 0 && program.output == "begun")
    #expect(Date().timeIntervalSince(start) < 30)
  }

  /// A program that a script started ends with the script.
  @Test func leavesNothingBehind() throws {
    let program = try shell("sleep 100 & echo $!; wait", within: 0.3)
    let grandchild = try #require(pid_t(program.output))
    // It may be a zombie for a moment, which `kill` still finds.
    for _ in 0..<500 where kill(grandchild, 0) == 0 { usleep(10_000) }
    #expect(kill(grandchild, 0) != 0)
  }
}
