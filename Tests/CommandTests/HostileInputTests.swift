import Foundation
import Testing

/// Input and limits that would take all memory, all time, or end the program by a signal.
@Suite(.serialized) struct HostileInputTests {
  private static let experiment = """
    task: {kind: mqar, sequence_length: 16, n_pairs: 2, vocab_size: 32}
    training: {lr: 3e-3, batch_size: 16, stages: [{steps: 2}], validation_examples: 8, test_examples: 8}
    rows:
      - {label: attention, model: {kind: attention, d_model: 16, n_layers: 1}}
    """

  /// Writes an experiment beside the sandbox's own; its name is that of its file.
  private func write(_ text: String, to name: String, in sandbox: RecallProcess) throws {
    try Data(text.utf8).write(to: sandbox.folder.appending(path: name))
  }

  @Test func aSmallAddressSpaceIsEnoughOrAnError() throws {
    let sandbox = try RecallProcess(experiment: "")
    defer { sandbox.remove() }
    try write(Self.experiment, to: "small.yaml", in: sandbox)
    try write(
      Self.experiment.replacing("d_model: 16", with: "d_model: 512")
        .replacing("vocab_size: 32", with: "vocab_size: 8192"), to: "large.yaml", in: sandbox)
    for command in ["list", "--version", "status small.yaml", "dataset show mqar --examples 1"] {
      let usual = try sandbox.shell("exec \"$R\" \(command)")
      let limited = try sandbox.shell("ulimit -v 250000; exec \"$R\" \(command)")
      #expect(limited == usual, "\(command): \(limited)")
    }
    let time = try ContinuousClock().measure {
      for kilobytes in [250_000, 320_000, 420_000, 520_000] {
        let command = "ulimit -v \(kilobytes); exec \"$R\" run large.yaml --runs r\(kilobytes)"
        let (status, _, errors) = try sandbox.shell(command)
        #expect([0, 1, 2].contains(status), "\(kilobytes): \(status) \(errors)")
        #expect(
          status == 0 || errors.contains("memory") || errors.contains("address space"), "\(errors)")
      }
    }
    #expect(time < .seconds(60))
  }

  /// Below this, the runtime would end the process or wait for ever.
  @Test(arguments: [90_000, 105_000, 140_000])
  func tooSmallAnAddressSpaceIsSaid(kilobytes: Int) throws {
    let sandbox = try RecallProcess(experiment: "")
    defer { sandbox.remove() }
    for command in ["list", "capacity --mixer ssd --solve d_state", "dataset verify none"] {
      let (status, output, errors) = try sandbox.shell(
        "ulimit -v \(kilobytes); exec \"$R\" \(command)")
      #expect(status == 2 && output.isEmpty, "\(command): \(status) \(output)")
      #expect(errors.contains("at least 150 MB are needed"), "\(errors)")
    }
  }

  @Test func fewDescriptorsAreSaid() throws {
    let sandbox = try RecallProcess(experiment: "")
    defer { sandbox.remove() }
    try write(Self.experiment, to: "small.yaml", in: sandbox)
    for count in 4...12 {
      for command in [
        "run small.yaml", "dataset write mqar --examples 3 --output d --force", "list",
      ] {
        let (status, _, errors) = try sandbox.shell(
          "ulimit -n \(count); exec \"$R\" \(command)")
        #expect(status != 0 && status < 128, "\(count) \(command): \(status) \(errors)")
        #expect(errors.contains("may open \(count) files (ulimit -n)"), "\(errors)")
      }
    }
    // A low limit that may be raised is raised.
    let raised = try sandbox.shell("ulimit -S -n 12; exec \"$R\" run small.yaml")
    #expect(raised.status == 0, "\(raised)")
  }

  /// Nothing of such a run is made; the message has the memory that it would take, or what is allowed.
  @Test(arguments: [
    ("d_model: 16, n_layers: 1", "d_model: 65536, n_layers: 1024", "GB or more"),
    (
      "n_layers: 1", "n_layers: 1, max_length: 2147483647, position_embedding: sinusoidal",
      "GB or more"
    ),
    (
      "kind: attention, d_model: 16", "kind: hyena, d_model: 4096, max_length: 2147483647",
      "GB or more"
    ),
    ("vocab_size: 32", "vocab_size: 2147483647", "GB or more"),
    ("[{steps: 2}]", "[{steps: 2147483647}]", "GB or more"),
    ("[{steps: 2}]", "[{examples: 1000000000000}]", "0 to 2147483647"),
    ("batch_size: 16", "batch_size: 2147483647", "GB or more"),
    ("batch_size: 16", "batch_size: 2147483647, epochs: 2147483647", "9007199254740992"),
    ("batch_size: 16", "gradient_shards: 9223372036854775807", "1 to 1024"),
    (
      "sequence_length: 16, n_pairs: 2, vocab_size: 32",
      "sequence_length: 16777216, n_pairs: 4, vocab_size: 20000000", "GB or more"
    ),
    ("sequence_length: 16", "sequence_length: 9223372036854775807", "16777216"),
    ("n_layers: 1", "n_layers: 9223372036854775808", "an integer"),
  ])
  func sizesBeyondTheMemoryAreRefused(old: String, new: String, message: String) throws {
    let sandbox = try RecallProcess(experiment: "")
    defer { sandbox.remove() }
    try write(Self.experiment.replacing(old, with: new), to: "x.yaml", in: sandbox)
    for option in ["--plan", "--quiet"] {
      let time = try ContinuousClock().measure {
        let (status, _, errors) = try sandbox.run(["run", "x.yaml", option])
        #expect([1, 2].contains(status), "\(status) \(errors)")
        #expect(errors.contains(message), "\(errors)")
      }
      #expect(time < .seconds(10))
    }
  }

  /// Paths and arguments come back in messages, where a terminal must not execute them.
  @Test func messagesDoNothingToATerminal() throws {
    let sandbox = try RecallProcess(experiment: "")
    defer { sandbox.remove() }
    for arguments in [
      ["run", "\u{1b}[2Jx.yaml"], ["list", "\u{1b}]0;title\u{7}"], ["\u{1b}[31m"],
      ["evaluate", "m\u{1b}[2J", "--weights", "w", "--data", "d"], ["diff", "\u{1b}c", "b"],
    ] {
      let (status, output, errors) = try sandbox.run(arguments)
      #expect(status != 0 && !errors.isEmpty)
      #expect(!(output + errors).unicodeScalars.contains { $0.value == 0x1B || $0.value == 7 })
    }
  }

  /// Endless and giant files, and folders.
  @Test func onlyFilesOfASensibleSizeAreRead() throws {
    let sandbox = try RecallProcess(experiment: "")
    defer { sandbox.remove() }
    let giant = sandbox.folder.appending(path: "giant.yaml")
    try Data().write(to: giant)
    #expect(truncate(giant.path, 1 << 40) == 0)
    for (path, reason) in [
      ("/dev/zero", "has more than 4194304 bytes"), ("giant.yaml", "has more than 4194304 bytes"),
      ("/", "is a folder"), ("none.yaml", "no such file"),
    ] {
      for command in [["run", path, "--plan"], ["capacity", path]] {
        let (status, _, errors) = try sandbox.run(command)
        #expect(status == 2 && errors.contains(reason), "\(command): \(errors)")
      }
    }
  }

  @Test func emptyArgumentsAreRefused() throws {
    let sandbox = try RecallProcess(experiment: "")
    defer { sandbox.remove() }
    try write(Self.experiment, to: "small.yaml", in: sandbox)
    for (command, name) in [
      ("run small.yaml --runs ''", "--runs"), ("diff a b --runs=", "--runs"),
      ("plot small.yaml -o ''", "-o"), ("merge ''", "argument 2"),
      ("score '' --predictions x", "argument 2"),
      ("evaluate a --weights '' --data b", "--weights"), ("''", "argument 1"),
    ] {
      let (status, output, errors) = try sandbox.shell("exec \"$R\" \(command)")
      #expect(status == 2 && output.isEmpty, "\(command): \(output)")
      #expect(errors.contains("\(name): '' is not allowed"), "\(command): \(errors)")
    }
  }

  @Test func whatCannotBeReadIsSaid() throws {
    let sandbox = try RecallProcess(experiment: "")
    defer { sandbox.remove() }
    let folder = sandbox.folder.appending(path: "records")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try write(#"{"format": 99}"#, to: "records/0123456789abcdef.json", in: sandbox)
    try FileManager.default.createDirectory(
      at: sandbox.folder.appending(path: "plots/tables"), withIntermediateDirectories: true)
    #expect(mkfifo(sandbox.folder.appending(path: "plots/tables/pipe.csv").path, 0o600) == 0)
    try write("table: {published: pipe}\n" + Self.experiment, to: "tasks/p.yaml", in: sandbox)
    try write("version https://git-lfs.github.com/spec/v1\n", to: "lfs.yaml", in: sandbox)
    for (arguments, message) in [
      (["list", "experiments", "--directory", "/nope"], "--directory: /nope is not allowed"),
      (["list", "mixers", "--directory", "/nope"], "--directory is for the topic experiments"),
      (["run", "tasks/p.yaml", "--plan"], "is not a regular file"),
      (["run", "lfs.yaml"], "is a Git LFS pointer"),
      (["capacity", "lfs.yaml"], "is a Git LFS pointer"),
      (
        ["dataset", "write", "mqar", "--examples", "1000000000000", "--output", "d"],
        "would have 512 TB, and"
      ),
      (["merge", "lfs.yaml"], "is not a folder"), (["diff", "records", "records"], "records"),
      (["diff", "/nope", "records"], "/nope"),
      (["report", "/nope"], "no such file"), (["score", "/nope", "--predictions", "x"], "/nope"),
    ] {
      let (status, _, errors) = try sandbox.run(arguments)
      #expect(status == 2 && errors.contains(message), "\(arguments): \(status) \(errors)")
    }
  }
}
