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
    #expect(merged.status == 0 && merged.output == "8 added, 0 updated, 0 kept, 0 not merged\n")
    let again = try here.run("merge", runs + "/tiny")
    #expect(again.output == "0 added, 0 updated, 8 kept, 0 not merged\n")
    // The table is there, and nothing is trained again.
    let run = try here.run("run", "tasks/tiny.yaml", "--csv")
    #expect(run.output == table.output && run.errors == "")

    let name = try #require(there.files().first { $0.hasSuffix(".json") })
    try there.change(name) { $0 = $0.prefix(50) }
    let damaged = try here.run("merge", runs)
    #expect(damaged.status == 1 && damaged.errors.contains("\(name): damaged: "))
    let one = try here.run("merge", "nowhere", runs, "neither")
    #expect(
      one.status == 2
        && one.output == "0 added, 0 updated, 7 kept, 1 not merged; 2 of 3 folders not to the end\n"
    )
    #expect(one.errors.contains("nowhere") && one.errors.contains("neither"))
  }

  /// A task that gets SIGTERM before it has trained would be requeued for ever.
  @Test(
    arguments: [
      ("1", [], "--time 1 is 60 s"), ("3", [], "a time above 180 s, or --grace-seconds below 120"),
      ("0:2:30", [], "is 150 s"), ("0-0:03", [], "is 180 s"),
      ("10", ["--grace-seconds", "540"], "a time above 600 s"),
      ("soon", [], "not a time limit of sbatch; allowed: minutes,"), ("1:2:3:4", [], "not a time"),
      ("1-2-3", [], "not a time"), ("-5", [], "not a time"),
    ] as [(String, [String], String)])
  func timeLimitsThatLeaveNothingAreRefused(time: String, more: [String], message: String) throws {
    let sandbox = try RecallProcess(sweepSteps: 10)
    defer { sandbox.remove() }
    let command = ["submit", "tasks/tiny.yaml", "--script-only", "--time=\(time)"] + more
    let (status, output, errors) = try sandbox.run(command)
    #expect(status != 0 && output == "" && errors.contains(message), "\(errors)")
  }

  @Test(arguments: [
    ("--time=1", "by --time\n"), ("-t 1", "by --time\n"), ("--signal=USR1", "by --grace-seconds\n"),
    ("--array=0-3", "by --tasks\n"), ("--arr 0-3", "by --tasks\n"), ("--no-requeue", "itself\n"),
    ("--output=/tmp/x", "for the logs\n"), ("-o /tmp/x", "for the logs\n"),
    ("--wrap=id", "itself\n"),
    ("-W", "itself\n"),
  ])
  func optionsThatTasksRelyOnAreRefused(option: String, message: String) throws {
    let sandbox = try RecallProcess(sweepSteps: 10)
    defer { sandbox.remove() }
    let (status, output, errors) = try sandbox.run(
      "submit", "tasks/tiny.yaml", "--script-only", "--option=\(option)")
    #expect(status != 0 && output == "" && errors.contains(message), "\(errors)")
  }

  @Test(arguments: [
    ["--option=--account=x --time=1"], ["--option=--account=x\t'--time=1'"],
    ["--option=--comment=a\n#SBATCH --time=1"], ["--partition=a --time=1"], ["--partition="],
    ["--option=--account= x"], ["--option=--account=x # y"], ["--lease-seconds=1e-9"],
    ["--runs=a\nrm -r x\n"],
  ])
  func nothingElseReachesTheBatchScript(_ options: [String]) throws {
    let sandbox = try RecallProcess(sweepSteps: 10)
    defer { sandbox.remove() }
    let (status, output, errors) = try sandbox.run(
      ["submit", "tasks/tiny.yaml", "--script-only"] + options)
    #expect(status == 2 && output == "" && !errors.isEmpty, "\(options): \(status) \(errors)")
  }

  @Test func percentSignsInLogsAreDoubled() throws {
    let sandbox = try RecallProcess(sweepSteps: 10)
    defer { sandbox.remove() }
    let (status, output, errors) = try sandbox.run(
      "submit", "tasks/tiny.yaml", "--script-only", "--runs", "50%A of it", "--option=-A x",
      "--option=--comment='a b'")
    #expect(status == 0, "\(errors)")
    let script = try String(
      contentsOf: URL(filePath: output.trimmingCharacters(in: .newlines)), encoding: .utf8)
    #expect(script.contains("/50%%A of it/tiny/slurm/%A_%a.log'\n"), "\(script)")
    #expect(script.contains(" --runs '50%A of it' "), "\(script)")
    #expect(script.contains("#SBATCH -A x\n#SBATCH --comment='a b'\n"), "\(script)")
  }

  /// A printed command, pasted into a shell, does what it says, whatever the files are called.
  @Test func printedCommandsCanBePasted() throws {
    let sandbox = try RecallProcess(sweepSteps: 20_000)
    defer { sandbox.remove() }
    let name = "it's $(touch bad) \"here\"/tiny.yaml"
    try FileManager.default.moveItem(
      at: sandbox.folder.appending(path: "tasks"),
      to: sandbox.folder.appending(path: String(name.dropLast(10))))
    let none = try sandbox.run("report", name, "--runs", "my runs")
    #expect(none.status == 2, "\(none.errors)")
    let process = try sandbox.start(["run", name, "--runs", "my runs", "--only", "SSD"])
    try sandbox.wait(for: process) { sandbox.text("stderr").contains("runs to do") }
    kill(process.processIdentifier, SIGTERM)
    process.waitUntilExit()
    for (errors, rest) in [(none.errors, " makes them"), (sandbox.text("stderr"), "\n")] {
      let start = try #require(errors.range(of: "recall run "), "\(errors)")
      let command = try #require(
        String(errors[start.lowerBound...]).components(separatedBy: rest).first)
      let shell = try sandbox.run(
        ["-c", "recall() { \"$0\" \"$@\"; }; \(command) --plan", RecallProcess.program.path],
        program: URL(filePath: "/bin/sh"))
      #expect(shell.status == 0, "\(command): \(shell.errors)")
    }
    #expect(!FileManager.default.fileExists(atPath: sandbox.folder.appending(path: "bad").path))
  }

  @Test(arguments: ["4", "3:01", "1:00:00", "1-0", "0-0:4", "1-00:00:01", "0", "UNLIMITED"])
  func timeLimitsAreTaken(time: String) throws {
    let sandbox = try RecallProcess(sweepSteps: 10)
    defer { sandbox.remove() }
    let (status, output, errors) = try sandbox.run(
      "submit", "tasks/tiny.yaml", "--script-only", "--time", time)
    #expect(status == 0, "\(errors)")
    let script = try String(
      contentsOf: URL(filePath: output.trimmingCharacters(in: .newlines)), encoding: .utf8)
    #expect(script.contains("#SBATCH --time=\(time)\n"))
  }

  @Test func statusFollowsTheSweep() throws {
    let sandbox = try RecallProcess(sweepSteps: 3000)
    defer { sandbox.remove() }
    func status() throws -> String { try sandbox.run("status", "tasks/tiny.yaml").output }
    func lastLine(_ output: String) -> [Substring] {
      output.split(separator: "\n").first { $0.hasPrefix("all 8 runs") }?.split(separator: " ")
        ?? []
    }
    let before = try status()
    #expect(before.contains("pending") && lastLine(before) == ["all", "8", "runs", "0", "8"])
    let process = try sandbox.start(
      ["run", "tasks/tiny.yaml", "--jobs", "2", "--checkpoint-seconds", "0.1"], output: "0")
    try sandbox.waitForEvaluation(of: process)
    let during = try status()
    #expect(during.contains("attention lr=0.003 seed=0: running on "), "\(during)")
    #expect(during.contains("process \(process.processIdentifier)"))
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    let after = try status()
    #expect(after.contains("interrupted") && !after.contains("running"), "\(after)")
  }
}
