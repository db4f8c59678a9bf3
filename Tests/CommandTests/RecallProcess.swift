import Foundation

/// The built `recall` in a folder of its own, as a user runs it.
struct RecallProcess {
  let folder: URL

  /// Beside the test program, whatever the build folder.
  static var program: URL {
    let arguments = CommandLine.arguments
    let bundle = arguments.firstIndex(of: "--test-bundle-path").map { arguments[$0 + 1] }
    let test =
      bundle ?? (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
    return URL(fileURLWithPath: test ?? arguments[0]).deletingLastPathComponent()
      .appendingPathComponent("recall")
  }

  /// A new folder with `tasks/tiny.yaml` in it.
  init(experiment yaml: String) throws {
    folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("recall-\(UUID().uuidString)", isDirectory: true)
    let tasks = folder.appendingPathComponent("tasks")
    try FileManager.default.createDirectory(at: tasks, withIntermediateDirectories: true)
    try Data(yaml.utf8).write(to: tasks.appendingPathComponent("tiny.yaml"))
  }

  func remove() { try? FileManager.default.removeItem(at: folder) }

  /// Starts it; its output goes to files.
  func start(_ arguments: [String]) throws -> Process {
    let process = Process()
    process.executableURL = Self.program
    process.arguments = arguments
    process.currentDirectoryURL = folder
    for name in ["stdout", "stderr"] {
      try Data().write(to: folder.appendingPathComponent(name))
    }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(
      forWritingTo: folder.appendingPathComponent("stdout"))
    process.standardError = try FileHandle(
      forWritingTo: folder.appendingPathComponent("stderr"))
    try process.run()
    return process
  }

  /// Runs it to its end.
  func run(_ arguments: String...) throws -> (status: Int32, output: String, errors: String) {
    let process = try start(arguments)
    process.waitUntilExit()
    return (process.terminationStatus, text("stdout"), text("stderr"))
  }

  func text(_ name: String) -> String {
    (try? String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)) ?? ""
  }

  /// The records of `tiny` by file name.
  func records() throws -> [String: [String: Any]] {
    let runs = folder.appendingPathComponent("runs/tiny")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: runs.path)) ?? []
    var records: [String: [String: Any]] = [:]
    for name in names where name.hasSuffix(".json") {
      let data = try Data(contentsOf: runs.appendingPathComponent(name))
      records[name] = try JSONSerialization.jsonObject(with: data) as? [String: Any]
    }
    return records
  }

  /// Waits until some unfinished run has been evaluated, so that it is in mid-run.
  func waitForEvaluation(of process: Process) throws {
    let deadline = Date(timeIntervalSinceNow: 60)
    while process.isRunning, Date() < deadline {
      let inside = try records().values.contains {
        $0["status"] as? String == "running"
          && ($0["evaluations"] as? [Any])?.isEmpty == false
      }
      if inside { return }
      usleep(5000)
    }
    throw NotInMidRun(errors: text("stderr"))
  }

  struct NotInMidRun: Error { let errors: String }
}
