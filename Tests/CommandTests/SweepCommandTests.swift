import Foundation
import Testing

/// recall merge and recall status, as a user runs them.
@Suite(.serialized) struct SweepCommandTests {
  @Test func recordsOfAnotherMachineAreUnited() throws {
    let (there, here) = (try RecallProcess(sweepSteps: 60), try RecallProcess(sweepSteps: 60))
    defer {
      there.remove()
      here.remove()
    }
    let table = try there.run("run", "tasks/tiny.yaml", "--csv")
    try #require(table.status == 0, "\(table.errors)")
    let runs = there.folder.appendingPathComponent("runs").path
    let merged = try here.run("merge", runs)
    #expect(merged.status == 0 && merged.output == "8 added, 0 updated, 0 kept, 0 not united\n")
    let again = try here.run("merge", runs + "/tiny")
    #expect(again.output == "0 added, 0 updated, 8 kept, 0 not united\n")
    // The table is there, and nothing is trained again.
    let run = try here.run("run", "tasks/tiny.yaml", "--csv")
    #expect(run.output == table.output && run.errors == "")

    let name = try #require(there.files().first { $0.hasSuffix(".json") })
    try there.change(name) { $0 = $0.prefix(50) }
    let damaged = try here.run("merge", runs)
    #expect(damaged.status == 1 && damaged.errors.contains("\(name): is damaged"))
    #expect(try here.run("merge", "nowhere").status == 2)
  }

  @Test func statusFollowsTheSweep() throws {
    let place = try RecallProcess(sweepSteps: 3000)
    defer { place.remove() }
    func status() throws -> String { try place.run("status", "tasks/tiny.yaml").output }
    func lastLine(_ output: String) -> [Substring] {
      output.split(separator: "\n").first { $0.hasPrefix("all 8 runs") }?.split(separator: " ")
        ?? []
    }
    let before = try status()
    #expect(before.contains("pending") && lastLine(before) == ["all", "8", "runs", "0", "8"])
    let process = try place.start(
      ["run", "tasks/tiny.yaml", "--jobs", "2", "--checkpoint-seconds", "0.1"], output: "0")
    try place.waitForEvaluation(of: process)
    let during = try status()
    #expect(during.contains("attention lr=0.003 seed=0: running on "), "\(during)")
    #expect(during.contains("process \(process.processIdentifier)"))
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    let after = try status()
    #expect(after.contains("interrupted") && !after.contains("running"), "\(after)")
  }
}
