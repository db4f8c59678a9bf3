import Foundation
import Testing

/// Sweeps that are killed, damaged or out of disk space end with the same table as an undisturbed sweep, to the bit.
@Suite(.serialized) struct SurvivalTests {
  private static let command = ["run", "tasks/tiny.yaml", "--csv", "--checkpoint-seconds", "0.02"]

  private struct Sweep {
    /// The table of an undisturbed sweep in full precision.
    let table: String
    let scores: [String: String]

    init(steps: Int) throws {
      let sandbox = try RecallProcess(sweepSteps: steps)
      defer { sandbox.remove() }
      let run = try sandbox.run(command)
      try #require(run.status == 0, "\(run.errors)")
      (table, scores) = (run.output, try sandbox.scores())
    }
  }
  private static let short = Result { try Sweep(steps: 200) }
  private static let long = Result { try Sweep(steps: 800) }

  /// Completes the sweep without further disturbance. Its table must be that of an undisturbed sweep.
  private func expectTheSameTable(
    _ sandbox: RecallProcess, as sweep: Result<Sweep, any Error> = short
  ) throws {
    let (status, output, errors) = try sandbox.run(Self.command)
    #expect(status == 0, "\(errors)")
    #expect(try output == sweep.get().table)
    #expect(try sandbox.scores() == sweep.get().scores)
    let left = try sandbox.files().filter {
      !$0.hasSuffix(".json") && !$0.hasSuffix(".weights.safetensors") && !$0.contains(".damaged")
    }
    #expect(left.isEmpty, "\(left)")
    #expect(try sandbox.records().count == 8)
  }

  @Test func killedAtRandomPoints() throws {
    var kills = 0
    var random = SystemRandomNumberGenerator()
    while kills < 40 {
      let sandbox = try RecallProcess(sweepSteps: 800)
      defer { sandbox.remove() }
      // Waits grow, so that the sweep ends even on a slow machine.
      var longest = 0.25
      var isDone = false
      while !isDone, kills < 40 {
        // Sometimes two processes work on the same experiment.
        let processes = try (0..<Int.random(in: 1...2, using: &random)).map {
          try sandbox.start(Self.command, output: "\($0)")
        }
        Thread.sleep(forTimeInterval: Double.random(in: 0...longest, using: &random))
        for process in processes { kill(process.processIdentifier, SIGKILL) }
        for process in processes { process.waitUntilExit() }
        kills += processes.count { $0.terminationReason == .uncaughtSignal }
        isDone = processes.contains { $0.terminationReason == .exit }
        longest *= 1.05
      }
      try expectTheSameTable(sandbox, as: Self.long)
    }
  }

  @Test func twoProcessesShareTheRuns() throws {
    let sandbox = try RecallProcess(sweepSteps: 200)
    defer { sandbox.remove() }
    let processes = try (0..<2).map { try sandbox.start(Self.command, output: "\($0)") }
    for process in processes { process.waitUntilExit() }
    var finished: [Substring] = []
    for index in 0..<2 {
      #expect(processes[index].terminationStatus == 0)
      #expect(try sandbox.text("stdout\(index)") == Self.short.get().table)
      finished += sandbox.text("stderr\(index)").split(separator: "\n")
        .filter { $0.contains("finished after") }.compactMap { $0.split(separator: ":").first }
    }
    // Each run finished once.
    #expect(finished.count == 8 && Set(finished).count == 8)
    try expectTheSameTable(sandbox)
  }

  @Test func stoppedProcessIsReplacedAndGivesWay() throws {
    let sandbox = try RecallProcess(sweepSteps: 200)
    defer { sandbox.remove() }
    let stopped = try sandbox.start(Self.command + ["--jobs", "1"], output: "0")
    try sandbox.waitForEvaluation(of: stopped)
    kill(stopped.processIdentifier, SIGSTOP)
    let (status, output, errors) = try sandbox.run(Self.command + ["--lease-seconds", "1"])
    #expect(status == 0, "\(errors)")
    #expect(try output == Self.short.get().table)
    kill(stopped.processIdentifier, SIGCONT)
    stopped.waitUntilExit()
    #expect(stopped.terminationStatus == 0)
    #expect(try sandbox.text("stdout0") == Self.short.get().table)
    try expectTheSameTable(sandbox)
  }

  @Test func damagedFilesAreNamedAndSetAside() throws {
    let sandbox = try RecallProcess(sweepSteps: 200)
    defer { sandbox.remove() }
    let process = try sandbox.start(Self.command + ["--jobs", "1"])
    try sandbox.waitForCheckpoint(of: process)
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    let checkpoint = try #require(sandbox.files().first { $0.hasSuffix(".checkpoint.safetensors") })
    // One bit of one parameter.
    try sandbox.change(checkpoint) { $0[$0.count - 5] ^= 1 }
    let first = try sandbox.run(Self.command)
    #expect(try first.status == 0 && first.output == Self.short.get().table)
    #expect(first.errors.contains("\(checkpoint) cannot be used"))
    #expect(first.errors.contains("renamed to \(checkpoint).damaged"))

    // Damage to finished runs: a record cut in half, a changed digit in a record, and the weights of a run that must be
    // scored again.
    let records = try sandbox.files().filter { $0.hasSuffix(".json") }
    try sandbox.change(records[0]) { $0 = $0.prefix($0.count / 2) }
    try sandbox.change(records[1]) { data in
      let text = String(decoding: data, as: UTF8.self)
      data = Data(
        text.replacing("\"accuracy\" : 0.", with: "\"accuracy\" : 1.", maxReplacements: 1).utf8)
    }
    let second = try sandbox.run(Self.command)
    #expect(try second.status == 0 && second.output == Self.short.get().table)
    for name in records[0...1] { #expect(second.errors.contains("renamed to \(name).damaged")) }
    #expect(second.errors.components(separatedBy: "finished after").count == 3)
    try expectTheSameTable(sandbox)
  }

  /// Commands that only read name damaged records and leave them as they are.
  @Test func readersLeaveDamagedRecords() throws {
    let sandbox = try RecallProcess(sweepSteps: 200)
    defer { sandbox.remove() }
    try #require(sandbox.run(Self.command).status == 0)
    let name = try #require(sandbox.files().first { $0.hasSuffix(".json") })
    try sandbox.change(name) { $0 = $0.prefix($0.count / 2) }
    let files = try sandbox.files()
    for command in [
      ["run", "tasks/tiny.yaml", "--plan"], ["status", "tasks/tiny.yaml"],
      ["report", "tasks/tiny.yaml", "--csv"], ["submit", "tasks/tiny.yaml", "--script-only"],
      ["diff", "tasks/tiny.yaml", "tasks/tiny.yaml"],
    ] {
      let (_, _, errors) = try sandbox.run(command)
      #expect(
        errors.components(separatedBy: "\(name) cannot be used (").count
          == (command[0] == "diff" ? 3 : 2), "\(command): \(errors)")
      #expect(try sandbox.files().filter { $0 != "slurm" } == files, "\(command)")
    }
    let run = try sandbox.run(Self.command)
    #expect(run.errors.components(separatedBy: "cannot be used").count == 2, "\(run.errors)")
    #expect(run.errors.contains("renamed to \(name).damaged"))
    try FileManager.default.removeItem(at: sandbox.folder.appending(path: "runs/tiny/slurm"))
    try expectTheSameTable(sandbox)
  }

  /// The processes of one run die each time, as if memory were too small. It is tried last and alone, and then given
  /// up. The other rates and seeds of its configuration wait for it.
  @Test func aRunThatEndsItsProcessesIsGivenUp() throws {
    let sandbox = try RecallProcess(sweepSteps: 200)
    defer { sandbox.remove() }
    // Without checkpoints.
    let command = ["run", "tasks/tiny.yaml", "--csv", "--jobs", "1", "--halving"]
    var victim: String?
    for attempt in 1...20 {
      let process = try sandbox.start(command)
      try sandbox.wait(for: process) {
        let begun = try sandbox.records().first { name, record in
          record["attempts"] as? Int == attempt && (victim ?? name) == name
        }
        victim = begun?.key
        return begun != nil
      }
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
    #expect(try sandbox.records().count == 8)
    let (status, output, errors) = try sandbox.run(command)
    #expect(status == 1 && errors.components(separatedBy: "given up: ").count > 1, "\(errors)")
    #expect(errors.contains("delete \(victim ?? "none")"))
    #expect(errors.contains("3 runs are left and wait for others; to go on: recall run"))
    #expect(output.contains("0.") && !errors.contains("finished after"), "\(output) \(errors)")
    #expect(try sandbox.run("status", "tasks/tiny.yaml").output.contains("failed: given up: "))
    try FileManager.default.removeItem(
      at: sandbox.folder.appending(path: "runs/tiny/\(victim ?? "none")"))
    try expectTheSameTable(sandbox)
  }

  /// A run that is killed several times before its first checkpoint, but trains well, is not given up.
  @Test func aHealthyRunIsNotGivenUp() throws {
    let sandbox = try RecallProcess(sweepSteps: 20_000)
    defer { sandbox.remove() }
    for _ in 1...6 {
      let process = try sandbox.start(["run", "tasks/tiny.yaml", "--jobs", "1"])
      try sandbox.wait(for: process) {
        try sandbox.records().values.contains {
          $0["status"] as? String == "running" && $0["attempts"] == nil
        }
      }
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
    let status = try sandbox.run("status", "tasks/tiny.yaml").output
    #expect(!status.contains("failed"), "\(status)")
  }

  /// A limit on the size of files, as if the disk were full: records fit, checkpoints do not.
  @Test func noSpaceForFiles() throws {
    let sandbox = try RecallProcess(sweepSteps: 200)
    defer { sandbox.remove() }
    try checkFullDisk(sandbox) {
      try sandbox.run(
        ["-c", "ulimit -f 16; exec \"$0\" \"$@\"", RecallProcess.program.path] + Self.command,
        program: URL(fileURLWithPath: "/bin/sh"))
    } makeSpace: {
    }
  }

  /// A real file system of a few pages, if root can make one.
  @Test(.enabled(if: SmallDisk.isPossible, "only root can make a small file system"))
  func fullDisk() throws {
    let sandbox = try RecallProcess(sweepSteps: 200)
    defer { sandbox.remove() }
    let runs = sandbox.folder.appendingPathComponent("runs")
    let disk = try SmallDisk(at: runs, kilobytes: 160)
    defer { disk.remove() }
    try checkFullDisk(sandbox) {
      try sandbox.run(Self.command)
    } makeSpace: {
      try disk.resize(kilobytes: 20_000)
    }
  }

  private func checkFullDisk(
    _ sandbox: RecallProcess, _ run: () throws -> (status: Int32, output: String, errors: String),
    makeSpace: () throws -> Void
  ) throws {
    let (status, output, errors) = try run()
    #expect(status == 1 && output == "", "\(errors)")
    #expect(errors.contains("the disk is full; nothing that was finished is lost"), "\(errors)")
    try makeSpace()
    try expectTheSameTable(sandbox)
  }
}

/// A file system in memory.
private struct SmallDisk {
  let folder: URL

  static let isPossible: Bool = {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("recall-\(UUID().uuidString)", isDirectory: true)
    guard let disk = try? SmallDisk(at: folder, kilobytes: 64) else { return false }
    disk.remove()
    return true
  }()

  struct NotPossible: Error {}

  init(at folder: URL, kilobytes: Int) throws {
    self.folder = folder
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    guard Self.call("mount", "-t", "tmpfs", "-o", "size=\(kilobytes)k", "tmpfs", folder.path) else {
      try? FileManager.default.removeItem(at: folder)
      throw NotPossible()
    }
  }

  func resize(kilobytes: Int) throws {
    guard Self.call("mount", "-o", "remount,size=\(kilobytes)k", folder.path) else {
      throw NotPossible()
    }
  }

  func remove() {
    _ = Self.call("umount", folder.path)
    try? FileManager.default.removeItem(at: folder)
  }

  private static func call(_ arguments: String...) -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }
}
