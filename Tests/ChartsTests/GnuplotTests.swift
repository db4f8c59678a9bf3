import Charts
import Foundation
import Testing

/// Each problem with gnuplot becomes an error that names it.
@Suite struct GnuplotTests {
  @Test func missingProgramIsNamed() {
    #expect(throws: GnuplotError.notFound(program: "gnuplot-that-nobody-has")) {
      try Gnuplot(program: "gnuplot-that-nobody-has").run(commands: "")
    }
  }

  @Test func emptyPathIsNotFound() async {
    await #expect(processExitsWith: .success) {
      setenv("PATH", "/nonexistent", 1)
      #expect(throws: GnuplotError.notFound(program: "gnuplot")) {
        try Gnuplot().run(commands: "")
      }
    }
  }

  @Test func fileThatIsNoProgramDoesNotStart() throws {
    let folder = try TemporaryFolder()
    let program = try folder.write("not executable", named: "gnuplot").path
    let reason = String(cString: strerror(EACCES))
    #expect(throws: GnuplotError.notStarted(program: program, reason: reason)) {
      try Gnuplot(program: program).run(commands: "")
    }
  }

  @Test func syntaxErrorKeepsLineAndCaret() throws {
    let folder = try TemporaryFolder()
    let script = try folder.write("set terminal dumb\nplot sin(x) whith lines\n", named: "bad.gp")
    let error = try #require(throws: GnuplotError.self) { try Gnuplot().run(script: script) }
    guard case .failed(let status, let messages) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(status != 0)
    #expect(messages.contains("bad.gp"))
    #expect(messages.contains("line 2"))
    #expect(messages.split(separator: "\n").contains { $0.filter { $0 != " " } == "^" })
  }

  @Test func unwritableOutputFails() throws {
    let folder = try TemporaryFolder()
    let script = try folder.write(
      "set terminal svg\nset output output\nplot sin(x)\n", named: "plot.gp")
    let error = try #require(throws: GnuplotError.self) {
      try Gnuplot().run(
        script: script,
        variables: ["output": .path(folder.url.appending(path: "none/x.svg").path)])
    }
    #expect(error.description.contains("cannot open file"))
  }

  /// gnuplot takes up to four digits for an escape, where C takes three.
  @Test(arguments: [
    "run 1", "lr=1e-3", "a(2)", "2024\t07", "ü1", "a'7\"0", "$5#3", "x %08", "`1`\\2",
  ])
  func digitsBehindOtherCharactersStay(_ name: String) throws {
    let folder = try TemporaryFolder()
    let place = folder.url.appending(path: name)
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    let script = place.appending(path: "plot.gp")
    try Data("set terminal svg\nset output output\nplot sin(x)\n".utf8).write(to: script)
    let output = place.appending(path: "x 1.svg")
    try Gnuplot().run(script: script, variables: ["output": .path(output.path)])
    #expect(FileManager.default.fileExists(atPath: output.path))
  }

  @Test func scriptThatKillsItsGnuplot() throws {
    let folder = try TemporaryFolder()
    let script = try folder.write("system('kill -9 $PPID')\n", named: "kill.gp")
    #expect(throws: GnuplotError.killed(signal: 9, messages: "")) {
      try Gnuplot().run(script: script)
    }
  }

  /// When gnuplot ends, more bytes are still to be written than fit into a pipe.
  @Test func deathInMidWriteIsReportedAndNoSignalArrives() {
    let rest = String(repeating: "# a comment nobody will read\n", count: 100_000)
    #expect(throws: GnuplotError.killed(signal: 9, messages: "")) {
      try Gnuplot().run(commands: "system('kill -9 $PPID')\n" + rest)
    }
    #expect(throws: GnuplotError.failed(status: 0, messages: "")) {
      try Gnuplot().run(commands: "exit\n" + rest)
    }
    var pending = sigset_t()
    sigpending(&pending)
    #expect(sigismember(&pending, SIGPIPE) == 0)
  }

  /// It neither reads nor ends, and has started something that holds the pipe open.
  @Test func aProgramThatHangsIsEnded() throws {
    let folder = try TemporaryFolder()
    let program = folder.url.appending(path: "gnuplot")
    // Another process writes it: one that another test starts meanwhile could hold a file of this process open ("busy").
    let writer = try Process.run(
      URL(filePath: "/bin/sh"),
      arguments: ["-c", "printf '#!/bin/sh\nsleep 1000\n' >$0; chmod 755 $0", program.path])
    writer.waitUntilExit()
    let rest = String(repeating: "# a comment nobody will read\n", count: 100_000)
    let clock = ContinuousClock()
    for commands in ["", rest] {
      let time = clock.measure {
        #expect(throws: GnuplotError.outOfTime(seconds: 0.2, messages: "")) {
          try Gnuplot(program: program.path, seconds: 0.2).run(commands: commands)
        }
      }
      #expect(time < .seconds(5))
    }
  }

  /// A gnuplot whose starter was killed would go on drawing.
  @Test func itEndsWithItsStarter() async throws {
    let folder = try TemporaryFolder()
    let file = folder.url.appending(path: "process").path
    await #expect(processExitsWith: .signal(SIGKILL)) { [file = file as String] in
      let starter = "$(cut -d\" \" -f4 /proc/$PPID/stat)"
      let commands = "system('echo $PPID >\(file); kill -9 \(starter)')\nsystem('sleep 20')\n"
      _ = try Gnuplot().run(commands: commands)
    }
    let text = try String(contentsOfFile: file, encoding: .utf8)
    let process = try #require(text.split(separator: "\n").first)
    // A process that has ended may keep its number for a while, but has no command any more.
    func lives() -> Bool {
      (try? Data(contentsOf: URL(filePath: "/proc/\(process)/cmdline")))?.isEmpty == false
    }
    let end = ContinuousClock.now + .seconds(10)
    while lives(), ContinuousClock.now < end { usleep(10_000) }
    #expect(!lives())
  }

  @Test func manyMessagesDoNotBlock() throws {
    let messages = try Gnuplot().run(
      commands: "do for [i = 1:20000] { printerr 'a message that is long enough' }\n")
    #expect(messages.count > 500_000)
  }

  @Test func blocksAndVariablesArriveAsWritten() throws {
    let text = "it's `echo 1` \"$x\" @y \\n {/a} ü\tend\n"
    let script = """
      set datafile separator tab
      stats $numbers using 1 name 'FIRST' nooutput
      printerr sprintf('%d %.3f %s', FIRST_records, FIRST_sum + half, text)
      printerr $numbers[2]
      """
    let folder = try TemporaryFolder()
    let messages = try Gnuplot().run(
      script: try folder.write(script, named: "print.gp"),
      variables: ["text": .text(text), "half": .number(0.5)],
      blocks: [DataBlock("numbers", rows: [["1", "a"], ["2.25", text]])])
    #expect(
      messages == """
        2 3.750 it's `echo 1` "$x" @y \\n {/a} ü end\(" ")
        2.25\tit's `echo 1` ”$x” @y \\n {/a} ü end\(" ")

        """)
  }

  @Test(arguments: [
    "'tis", "it's", "''", "'", "x''y", "a'", "'\"'`echo 1`'", "'.'", "\\'", "'''tis'''",
  ])
  func apostrophesArriveAsWritten(_ text: String) throws {
    let folder = try TemporaryFolder()
    let script = try folder.write("printerr text\n", named: "it's a 'script'.gp")
    #expect(try Gnuplot().run(script: script, variables: ["text": .text(text)]) == text + "\n")
  }

  @Test func gnuplotsRunBesideEachOther() async throws {
    try await withThrowingTaskGroup { group in
      for index in 0..<8 {
        group.addTask { try Gnuplot().run(commands: "printerr 'number \(index)'\n") }
      }
      let messages = try await group.reduce(into: Set()) { $0.insert($1) }
      #expect(messages == Set((0..<8).map { "number \($0)\n" }))
    }
  }
}
