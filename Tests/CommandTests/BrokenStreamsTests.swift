import Foundation
import Testing

/// Every command with standard output and standard error that cannot be written.
@Suite(.serialized) struct BrokenStreamsTests {
  /// One line for each command and form of output; `D` stands for a folder with data and records.
  static let commands: [String] = [
    "--help", "--version", "list", "run D/tiny.yaml --table", "run D/tiny.yaml --csv",
    "run D/tiny.yaml --plan", "status D/tiny.yaml", "report D/tiny.yaml --runs D/runs --csv",
    "report D/tiny.yaml --runs D/runs --output page", "diff D/runs/tiny D/runs/tiny",
    "diff D/runs/tiny D/runs/tiny --json", "merge D/other/runs", "capacity --mixer ssd --json",
    "capacity --table published", "submit D/tiny.yaml --script-only",
    "bench --mixer attention --seconds 0 --sequence-length 8 --n-pairs 2 --vocab-size 16",
    "dataset show mqar --sequence-length 16 --n-pairs 2 --vocab-size 32",
    "dataset write mqar --examples 5 --output new.safetensors --force",
    "dataset verify D/data.safetensors",
    "score D/data.safetensors --predictions D/logits.safetensors --json",
    "score D/data.safetensors --predictions D/logits.safetensors",
    "evaluate D/record.json --weights D/weights.safetensors --data D/data.safetensors",
  ]

  /// A folder with a finished experiment, its records also as those of another machine, data, weights and logits.
  private static let sample = Result { try makeSample() }

  private static func makeSample() throws -> RecallProcess {
    let sandbox = try RecallProcess(experiment: "")
    try Data(
      """
      task: {kind: mqar, sequence_length: 16, n_pairs: 2, vocab_size: 32}
      training: {lr: 3e-3, batch_size: 16, stages: [{steps: 4}], evaluate_every: 2, validation_examples: 8, test_examples: 8}
      rows:
        - {label: attention, model: {kind: attention, d_model: 16, n_layers: 1}}
      """.utf8
    ).write(to: sandbox.folder.appending(path: "tiny.yaml"))
    func succeed(_ arguments: String) throws {
      let run = try sandbox.run(arguments.split(separator: " ").map(String.init))
      try #require(run.status == 0, "\(arguments): \(run.errors)")
    }
    try succeed("run tiny.yaml")
    let folder = sandbox.folder
    let names = try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/runs/tiny")
    let record = try #require(names.first { $0.hasSuffix(".json") }).dropLast(5)
    let files = FileManager.default
    try files.createDirectory(
      at: folder.appending(path: "other"), withIntermediateDirectories: true)
    try files.copyItem(at: folder.appending(path: "runs"), to: folder.appending(path: "other/runs"))
    for (from, to) in [("\(record).json", "record.json"), ("\(record).weights", "weights")] {
      let end = from.hasSuffix("json") ? "" : ".safetensors"
      try files.copyItem(
        at: folder.appending(path: "runs/tiny/\(from)\(end)"), to: folder.appending(path: to + end))
    }
    try succeed(
      "dataset write mqar --sequence-length 16 --n-pairs 2 --vocab-size 32 --examples 9 --output data.safetensors"
    )
    try succeed(
      "evaluate record.json --weights weights.safetensors --data data.safetensors --output logits.safetensors"
    )
    return sandbox
  }

  /// Runs a command in a new folder with a copy of the sample; `redirections` is what a shell has after it.
  private func run(
    _ command: String, _ redirections: String, before: String = ""
  ) throws -> (status: Int32, output: String, errors: String) {
    let sample = try Self.sample.get().folder
    let sandbox = try RecallProcess(experiment: "")
    defer { sandbox.remove() }
    try FileManager.default.copyItem(at: sample, to: sandbox.folder.appending(path: "D"))
    let line = "\(before) exec \"$0\" \(command) \(redirections)"
    let (status, output, errors) = try sandbox.run(
      ["-c", line, RecallProcess.program.path], program: URL(filePath: "/bin/sh"))
    return (status, output.replacing(sandbox.folder.path, with: ""), errors)
  }

  @Test(arguments: commands)
  func anOutputThatCannotBeWrittenIsAnError(_ command: String) throws {
    for (redirection, reason) in [(">/dev/full", ENOSPC), (">&-", EBADF)] {
      let (status, _, errors) = try run("\(command)", redirection)
      #expect(status == 1, "\(command) \(redirection): \(errors)")
      #expect(
        errors.contains("cannot write standard output: \(String(cString: strerror(reason)))"),
        "\(command) \(redirection): \(errors)")
    }
  }

  /// What nobody can read is dropped; the results and the exit status are those of an undisturbed command.
  @Test(arguments: commands + ["run D/tiny.yaml --runs fresh", "run none.yaml", "list nonsense"])
  func messagesThatCannotBeWrittenAreDropped(_ command: String) throws {
    let usual = try run(command, "")
    for (before, redirection) in [
      ("", "2>&-"), ("", "2>/dev/full"),
      // A pipe whose reader is gone.
      ("mkfifo p; exec 3<>p 2>p; exec 3<&-;", ""),
      ("trap '' PIPE; mkfifo p; exec 3<>p 2>p; exec 3<&-;", ""),
    ] {
      let (status, output, _) = try run(command, redirection, before: before)
      #expect(status == usual.status, "\(command): \(before) \(redirection)")
      if !command.hasPrefix("bench") {
        #expect(output == usual.output, "\(command): \(before) \(redirection)")
      }
    }
  }

  /// Like other programs, it ends by SIGPIPE when its reader goes; where that is ignored, it says so.
  @Test func readersMayGoAway() throws {
    let quiet = try run("list", "", before: "mkfifo p; exec 3<>p >p; exec 3<&-;")
    #expect(quiet.status == SIGPIPE && quiet.errors == "", "\(quiet)")
    let ignored = try run("list", "", before: "trap '' PIPE; mkfifo p; exec 3<>p >p; exec 3<&-;")
    #expect(ignored.status == 1 && ignored.errors.contains("Broken pipe"), "\(ignored)")
  }

  /// A file that is opened later does not get the number of a closed stream, and with it our messages.
  @Test func filesDoNotGetMessages() throws {
    let sandbox = try RecallProcess(experiment: "")
    defer { sandbox.remove() }
    let write = "dataset write mqar --examples 5 --output a.safetensors"
    for redirections in ["", "<&- >&- 2>&-"] {
      _ = try sandbox.run(
        ["-c", "\"$0\" \(write) --force \(redirections); cp a.safetensors b\(redirections.count)"]
          + [RecallProcess.program.path], program: URL(filePath: "/bin/sh"))
    }
    let usual = try Data(contentsOf: sandbox.folder.appending(path: "b0"))
    #expect(try usual == Data(contentsOf: sandbox.folder.appending(path: "b12")))
  }
}
