import Foundation
import Testing

/// A sweep on a real Slurm with one node, which the tests start on the loopback device and stop.
@Suite(
  .serialized,
  .enabled(
    if: SlurmNode.isPossible,
    "Slurm is not installed (Debian: slurm-wlm munge), or this is not root; ./recall test --slurm installs it"
  )
) struct SlurmTests {
  @Test func sweepOnSlurmIsThatOfOneMachine() throws {
    let node = try SlurmNode()
    defer { node.stop() }
    let sandbox = try RecallProcess(sweepSteps: 300, environment: node.environment)
    defer { sandbox.remove() }

    let submit = try sandbox.run(
      "submit", "tasks/tiny.yaml", "--partition", "short", "--time", "5", "--tasks", "2")
    try #require(submit.status == 0, "\(submit.errors)")
    #expect(submit.output.contains("2 tasks of 1 processor"))
    try node.waitUntilEmpty()
    let status = try sandbox.run("status", "tasks/tiny.yaml")
    #expect(status.output.contains("all 8 runs         8"), "\(status.output) \(sandbox.logs)")
    #expect(status.output.contains("no task in the queue"))
    // Nothing is trained here; otherwise there would be messages on standard error.
    let run = try sandbox.run("run", "tasks/tiny.yaml", "--csv")
    #expect(try run.output == RecallProcess.tableOfOneMachine(sweepSteps: 300))
    #expect(run.errors == "")
    #expect(sandbox.logs.components(separatedBy: "finished after").count == 9)
  }

  /// After SIGTERM, which Slurm sends before a time limit, a task writes checkpoints, is requeued and ends with the
  /// same bits.
  @Test func aTaskWithSIGTERMIsRequeued() throws {
    let node = try SlurmNode()
    defer { node.stop() }
    let sandbox = try RecallProcess(sweepSteps: 1000, environment: node.environment)
    defer { sandbox.remove() }
    let submit = try sandbox.run("submit", "tasks/tiny.yaml", "--tasks", "1", "--time", "5")
    try #require(submit.status == 0, "\(submit.errors)")
    try sandbox.waitForRecords()
    let running = try sandbox.run("status", "tasks/tiny.yaml")
    #expect(running.output.contains("running on \(node.host), process"), "\(running.output)")
    #expect(running.output.contains("tasks 1 running"), "\(running.output)")

    try node.call("scancel", "--batch", "--signal=TERM", "1")
    try sandbox.waitForLog("requeueing 1_0")
    #expect(sandbox.logs.contains("paused; to go on"))
    try node.waitUntilEmpty()
    #expect(try sandbox.records().count == 8)
    #expect(try sandbox.records().values.allSatisfy { $0["status"] as? String == "finished" })
    #expect(try sandbox.table() == RecallProcess.tableOfOneMachine(sweepSteps: 1000))
  }

  /// Slurm requeues the task by itself, as it does to preempt it.
  @Test func aRequeuedTaskGoesOnFromItsCheckpoint() throws {
    let node = try SlurmNode()
    defer { node.stop() }
    let sandbox = try RecallProcess(sweepSteps: 1000, environment: node.environment)
    defer { sandbox.remove() }
    let submit = try sandbox.run("submit", "tasks/tiny.yaml", "--tasks", "1", "--time", "5")
    try #require(submit.status == 0, "\(submit.errors)")
    try sandbox.waitForRecords()
    try node.call("scontrol", "requeue", "1_0")
    try sandbox.waitForLog("paused; to go on")
    try node.waitUntilEmpty()
    // Slurm requeued it, not the task itself.
    #expect(!sandbox.logs.contains("requeueing"))
    let records = try sandbox.records().values
    #expect(records.count == 8 && records.allSatisfy { $0["status"] as? String == "finished" })
    // No run started from the beginning.
    for record in records {
      let label = try #require(record["label"] as? String)
      #expect(sandbox.logs.components(separatedBy: "\(label): step 20/").count == 2, "\(label)")
    }
    #expect(try sandbox.table() == RecallProcess.tableOfOneMachine(sweepSteps: 1000))
  }

  /// A cancelled task is not requeued, and other processes can take its runs at once.
  @Test func aCancelledTaskIsNotRequeued() throws {
    let node = try SlurmNode()
    defer { node.stop() }
    let sandbox = try RecallProcess(sweepSteps: 20000, environment: node.environment)
    defer { sandbox.remove() }
    let submit = try sandbox.run("submit", "tasks/tiny.yaml", "--tasks", "2", "--time", "5")
    try #require(submit.status == 0, "\(submit.errors)")
    try sandbox.waitForRecords()
    try node.call("scancel", "1")
    try node.waitUntilEmpty()
    #expect(!sandbox.logs.contains("requeueing"))
    let status = try sandbox.run("status", "tasks/tiny.yaml").output
    #expect(status.contains("interrupted") && !status.contains("running"), "\(status)")
    #expect(try sandbox.records().values.allSatisfy { $0["status"] as? String == "paused" })
  }
}

extension RecallProcess {
  fileprivate func table() throws -> String {
    try run("run", "tasks/tiny.yaml", "--csv").output
  }

  /// The table of the same sweep without Slurm and without disturbance.
  fileprivate static func tableOfOneMachine(sweepSteps: Int) throws -> String {
    let once = try RecallProcess(sweepSteps: sweepSteps)
    defer { once.remove() }
    return try once.table()
  }

  /// The logs of all tasks.
  fileprivate var logs: String {
    let folder = folder.appendingPathComponent("runs/tiny/slurm")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.hasSuffix(".log") }.sorted()
      .compactMap { try? String(contentsOf: folder.appendingPathComponent($0), encoding: .utf8) }
      .joined()
  }

  fileprivate func waitForLog(_ text: String) throws {
    try SlurmNode.wait { logs.contains(text) }
  }

  /// Waits until training has begun.
  fileprivate func waitForRecords() throws {
    try SlurmNode.wait {
      try records().values.contains { ($0["evaluations"] as? [Any])?.isEmpty == false }
    }
  }
}

/// A Slurm of one node, which Tests/slurm-node starts and stops.
private struct SlurmNode {
  let folder: URL
  let environment: [String: String]
  let host: String

  static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("slurm-node")

  static var isPossible: Bool {
    let folders = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"]
    return getuid() == 0
      && ["slurmctld", "slurmd", "munged", "sbatch"].allSatisfy { name in
        folders.contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }
      }
  }

  struct Failure: Error { let text: String }

  init() throws {
    folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("recall-slurm-\(UUID().uuidString.prefix(8))", isDirectory: true)
    let (status, output) = try Self.run([Self.script.path, "start", folder.path], [:])
    guard status == 0 else { throw Failure(text: output) }
    environment = ["SLURM_CONF": folder.appendingPathComponent("slurm.conf").path]
    host = ProcessInfo.processInfo.hostName
  }

  /// Stops the daemons and checks that none is left, because it would outlive the tests.
  func stop() {
    let daemons = ["slurmd", "slurmctld", "munged"].compactMap { name in
      let file = folder.appendingPathComponent("\(name).pid")
      let text = try? String(contentsOf: file, encoding: .utf8)
      return text.flatMap { Int32($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }
    #expect(daemons.count == 3)
    _ = try? Self.run([Self.script.path, "stop", folder.path], [:])
    let left = daemons.filter { process in
      let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
      return text.map { !$0.contains(") Z ") } ?? false
    }
    #expect(left.isEmpty, "\(left) were not stopped")
    try? FileManager.default.removeItem(at: folder)
  }

  @discardableResult
  func call(_ arguments: String...) throws -> String {
    let (status, output) = try Self.run(arguments, environment)
    guard status == 0 else { throw Failure(text: output) }
    return output
  }

  func waitUntilEmpty() throws {
    try Self.wait { try call("squeue", "--noheader").isEmpty }
  }

  static func wait(until isSo: () throws -> Bool) throws {
    let deadline = Date(timeIntervalSinceNow: 120)
    while Date() < deadline {
      if try isSo() { return }
      usleep(100_000)
    }
    throw Failure(text: "waited in vain")
  }

  private static func run(
    _ arguments: [String], _ environment: [String: String]
  ) throws -> (Int32, String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    // Output goes to a file, because the daemons would keep a pipe open.
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("recall-slurm-\(UUID().uuidString).txt")
    try Data().write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    process.standardOutput = try FileHandle(forWritingTo: file)
    process.standardError = process.standardOutput
    try process.run()
    process.waitUntilExit()
    return (process.terminationStatus, try String(contentsOf: file, encoding: .utf8))
  }
}
