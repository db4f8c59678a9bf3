import Foundation
import Testing

/// Every command with standard output and standard error that cannot be written.
@Suite(.serialized) struct BrokenStreamsTests {
  /// Runs a command in a new folder with a copy of the sample; `redirections` is what a shell has after it.
  private func run(
    _ command: String, _ redirections: String, before: String = ""
  ) throws -> (status: Int32, output: String, errors: String) {
    let sandbox = try CommandSample.copy()
    defer { sandbox.remove() }
    let (status, output, errors) = try sandbox.shell(
      "\(before) exec \"$R\" \(command) \(redirections)")
    return (status, output.replacing(sandbox.folder.path, with: ""), errors)
  }

  @Test(arguments: CommandSample.commands)
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
  @Test(
    arguments: CommandSample.commands + [
      "run D/tiny.yaml --runs fresh", "run none.yaml", "list nonsense",
    ])
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
