import Foundation
import Testing

/// SIGTERM at any moment of any command: it ends soon, and the same command afterwards does what it always does.
@Suite struct InterruptedCommandTests {
  /// Without `new`, which replaces no file, not even its own.
  private static let commands =
    CommandSample.commands.filter { !$0.hasPrefix("new ") } + [
      "run D/tiny.yaml --runs fresh", "plot D/tiny.yaml --runs D/runs",
    ]

  @Test(arguments: commands)
  func everyCommandStopsAndCanBeRepeated(_ command: String) throws {
    let usual = try CommandSample.copy()
    defer { usual.remove() }
    let expected = try usual.shell("exec \"$R\" \(command)")
    #expect(expected.status == 0, "\(expected)")
    let files = try usual.contents()
    for delay in [0, 0.02, 0.08, 0.32] {
      let sandbox = try CommandSample.copy()
      defer { sandbox.remove() }
      let process = try sandbox.start(
        ["-c", "R=$0; exec \"$R\" \(command)", RecallProcess.program.path],
        program: URL(filePath: "/bin/sh"))
      Thread.sleep(forTimeInterval: delay)
      process.terminate()
      let sent = ContinuousClock.now
      process.waitUntilExit()
      #expect(ContinuousClock.now - sent < .seconds(5), "\(command) after \(delay) s")
      if process.terminationReason == .uncaughtSignal {
        // Commands that have nothing to save leave the signal to the system.
        #expect(process.terminationStatus == SIGTERM, "\(command) after \(delay) s")
      } else {
        #expect([0, 130].contains(process.terminationStatus), "\(command) after \(delay) s")
      }
      let again = try sandbox.shell("exec \"$R\" \(command)")
      #expect(again.status == 0, "\(command) after \(delay) s: \(again.errors)")
      #expect(try sandbox.contents() == files, "\(command) after \(delay) s")
    }
  }

  /// The working folder with everything in it goes away at any moment: the command ends, with an error or without.
  @Test(arguments: CommandSample.commands)
  func theWorkingFolderMayVanish(_ command: String) throws {
    for delay in [0.03] {
      let sandbox = try CommandSample.copy()
      let process = try sandbox.start(
        ["-c", "R=$0; exec \"$R\" \(command)", RecallProcess.program.path],
        program: URL(filePath: "/bin/sh"))
      Thread.sleep(forTimeInterval: delay)
      // The command may write into the folder while it is being removed, so that something is left.
      let gone = FileManager.default.temporaryDirectory.appending(path: "gone-\(UUID())")
      try FileManager.default.moveItem(at: sandbox.folder, to: gone)
      try? FileManager.default.removeItem(at: gone)
      let sent = ContinuousClock.now
      process.waitUntilExit()
      try? FileManager.default.removeItem(at: gone)
      #expect(ContinuousClock.now - sent < .seconds(30), "\(command) after \(delay) s")
      #expect(process.terminationReason == .exit, "\(command) after \(delay) s")
      #expect([0, 1, 2].contains(process.terminationStatus), "\(command) after \(delay) s")
    }
  }

  /// The folder of the records goes away while runs train: it is made anew, and nothing of the result is lost.
  @Test func foldersMayVanish() throws {
    let sandbox = try RecallProcess(sweepSteps: 400)
    defer { sandbox.remove() }
    let process = try sandbox.start(["run", "tasks/tiny.yaml"])
    try sandbox.waitForEvaluation(of: process)
    // The runs may write into the folder while it is being removed, so that it is not empty at the end.
    let gone = sandbox.folder.appending(path: "gone")
    try FileManager.default.moveItem(at: sandbox.folder.appending(path: "runs"), to: gone)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(sandbox.text("stderr"))")
    let again = try sandbox.run("run", "tasks/tiny.yaml")
    #expect(again.status == 0, "\(again.errors)")
    #expect(try sandbox.records().count == 8)
  }
}
