import Foundation

/// Runs the built `recall` as a user does, in a folder of its own.
struct RecallProcess {
  let folder: URL
  /// Environment variables in addition to this process's own.
  let environment: [String: String]

  /// The program `recall`, which is in the same folder as the test program.
  static var program: URL {
    let arguments = CommandLine.arguments
    let bundle = arguments.firstIndex(of: "--test-bundle-path").map { arguments[$0 + 1] }
    let test =
      bundle ?? (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
    return URL(fileURLWithPath: test ?? arguments[0]).deletingLastPathComponent()
      .appendingPathComponent("recall")
  }

  /// A new folder with `tasks/tiny.yaml` in it.
  init(experiment yaml: String, environment: [String: String] = [:]) throws {
    self.environment = environment
    folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("recall-\(UUID().uuidString)", isDirectory: true)
    let tasks = folder.appendingPathComponent("tasks")
    try FileManager.default.createDirectory(at: tasks, withIntermediateDirectories: true)
    try Data(yaml.utf8).write(to: tasks.appendingPathComponent("tiny.yaml"))
  }

  /// The same with a sweep of eight runs: two small models, two learning rates, two seeds.
  init(sweepSteps steps: Int, environment: [String: String] = [:]) throws {
    try self.init(
      experiment: """
        task: {kind: mqar, sequence_length: 16, n_pairs: 2, vocab_size: 32}
        training:
          lr: [3e-3, 1e-2]
          batch_size: 16
          stages: [{steps: \(steps)}]
          evaluate_every: 20
          validation_examples: 50
          test_examples: 50
        seed: [0, 1]
        rows:
          - {label: attention, model: {kind: attention, d_model: 16, n_layers: 2}}
          - {label: SSD, model: {kind: ssd, d_model: 16, n_layers: 1, d_state: 4, headdim: 16}}
        """, environment: environment)
  }

  func remove() { try? FileManager.default.removeItem(at: folder) }

  /// Starts it; its output goes to the files stdout and stderr, with `output` after their names.
  func start(
    _ arguments: [String], output: String = "", program: URL = Self.program
  ) throws -> Process {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    func file(_ name: String) throws -> FileHandle {
      let url = folder.appendingPathComponent(name + output)
      try Data().write(to: url)
      return try FileHandle(forWritingTo: url)
    }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try file("stdout")
    process.standardError = try file("stderr")
    try process.run()
    return process
  }

  /// Runs it to its end.
  func run(_ arguments: String...) throws -> (status: Int32, output: String, errors: String) {
    try run(arguments)
  }

  func run(
    _ arguments: [String], program: URL = Self.program
  ) throws -> (status: Int32, output: String, errors: String) {
    let process = try start(arguments, program: program)
    process.waitUntilExit()
    return (process.terminationStatus, text("stdout"), text("stderr"))
  }

  /// Runs a command of a shell, in which `$R` is the program.
  func shell(_ command: String) throws -> (status: Int32, output: String, errors: String) {
    try run(["-c", "R=$0; \(command)", Self.program.path], program: URL(filePath: "/bin/sh"))
  }

  private var runs: URL { folder.appendingPathComponent("runs/tiny") }

  /// The paths of all files below the folder but the program's own output, sorted.
  func contents() throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
      .filter { !["stdout", "stderr"].contains($0) }
  }

  /// The names in the folder of `tiny`'s records, sorted.
  func files() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: runs.path).sorted()
  }

  /// Changes the bytes of one of these files.
  func change(_ name: String, _ body: (inout Data) -> Void) throws {
    let url = runs.appendingPathComponent(name)
    var data = try Data(contentsOf: url)
    body(&data)
    try data.write(to: url)
  }

  func text(_ name: String) -> String {
    (try? String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)) ?? ""
  }

  /// The records of `tiny` by file name.
  func records() throws -> [String: [String: Any]] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: runs.path)) ?? []
    var records: [String: [String: Any]] = [:]
    for name in names where name.hasSuffix(".json") {
      let data = try Data(contentsOf: runs.appendingPathComponent(name))
      records[name] = try JSONSerialization.jsonObject(with: data) as? [String: Any]
    }
    return records
  }

  /// The scores of all runs, as numbers that read back to the same bits; times are left out.
  func scores() throws -> [String: String] {
    try records().mapValues { record in
      var evaluations = record["evaluations"] as? [[String: Any]] ?? []
      if let test = record["test"] as? [String: Any] { evaluations.append(test) }
      for index in evaluations.indices { evaluations[index]["seconds"] = nil }
      let data = try JSONSerialization.data(withJSONObject: evaluations, options: .sortedKeys)
      return String(decoding: data, as: UTF8.self)
    }
  }

  /// Waits until some unfinished run has been evaluated.
  func waitForEvaluation(of process: Process) throws {
    try wait(for: process) {
      try records().values.contains {
        $0["status"] as? String == "running"
          && ($0["evaluations"] as? [Any])?.isEmpty == false
      }
    }
  }

  /// Waits until there is a checkpoint.
  func waitForCheckpoint(of process: Process) throws {
    try wait(for: process) {
      let files = (try? files()) ?? []
      return files.contains { $0.hasSuffix(".checkpoint.safetensors") && !$0.hasPrefix(".") }
    }
  }

  func wait(for process: Process, until isThere: () throws -> Bool) throws {
    let deadline = Date(timeIntervalSinceNow: 60)
    while process.isRunning, Date() < deadline {
      if try isThere() { return }
      usleep(2000)
    }
    throw NotInMidRun(errors: text("stderr"))
  }

  struct NotInMidRun: Error { let errors: String }
}
