import Foundation
import Testing

/// The script `recall` at the top level, with fake programs instead of swift, apt-get and gnuplot.
@Suite struct WrapperTests {
  @Test func buildsOnceAndHandsEverythingOn() throws {
    let sandbox = try Sandbox()
    let first = try sandbox.recall("run", "two words", "")
    #expect(first.status == 7)  // The program's own.
    #expect(first.output == "run|two words||\(sandbox.outside.path)|\(sandbox.project.path)\n")
    #expect(first.messages.hasPrefix("recall: building"))
    #expect(first.messages.filter { $0 == "\n" }.count == 1)
    #expect(sandbox.calls == ["swift build -c release --product recall"])

    let second = try sandbox.recall("--help")
    #expect(second.output.hasPrefix("--help|"))
    #expect(second.messages == "")
    #expect(sandbox.calls.count == 1)
  }

  @Test func worksThroughSymbolicLinks() throws {
    let sandbox = try Sandbox()
    let link = sandbox.outside.appending(path: "link")
    try FileManager.default.createSymbolicLink(
      atPath: link.path, withDestinationPath: "../re call/chain")
    try FileManager.default.createSymbolicLink(
      atPath: sandbox.project.appending(path: "chain").path, withDestinationPath: "recall")
    let run = try sandbox.recall("list", script: link)
    #expect(run.output.hasSuffix("|\(sandbox.project.path)\n"))
  }

  @Test func everyChangeOfSourcesBuildsAgain() throws {
    let sandbox = try Sandbox()
    let files = FileManager.default
    let deep = sandbox.project.appending(path: "Sources/deep")
    _ = try sandbox.recall()
    let changes: [() throws -> Void] = [
      { try Data("edited".utf8).write(to: sandbox.project.appending(path: "Package.swift")) },
      { try Data().write(to: deep.appending(path: "new.swift")) },
      { try files.removeItem(at: deep.appending(path: "new.swift")) },
      { try Data().write(to: sandbox.project.appending(path: "plots/new.gp")) },
      { try files.removeItem(at: sandbox.project.appending(path: ".build/release/recall")) },
    ]
    for (index, change) in changes.enumerated() {
      try change()
      _ = try sandbox.recall()
      #expect(sandbox.calls.count == 2 + index)
    }
    try Data().write(to: sandbox.project.appending(path: "plots/published/record.json"))
    _ = try sandbox.recall()
    #expect(sandbox.calls.count == 1 + changes.count)
  }

  /// Such as with few file descriptors: nothing is built or installed for it.
  @Test func sourcesThatCannotBeReadAreNoChange() throws {
    let sandbox = try Sandbox(packageManager: true)
    _ = try sandbox.recall()
    try sandbox.program("find", "exit 1")
    let run = try sandbox.recall()
    #expect(run.status == 1 && run.messages.contains("cannot look for changed sources"))
    #expect(sandbox.calls.count == 1)
  }

  @Test func failedBuildShowsItsOutputAndIsTriedAgain() throws {
    let sandbox = try Sandbox()
    _ = try sandbox.recall()
    let source = sandbox.project.appending(path: "Sources/deep/main.swift")
    try Data("broken".utf8).write(to: source)
    for _ in 0..<2 {
      let run = try sandbox.recall()
      #expect(run.status != 0 && run.status != 7)
      #expect(run.output == "")
      #expect(run.messages.contains("error: broken"))
    }
    #expect(sandbox.calls.count == 3)
    try Data("good again".utf8).write(to: source)
    #expect(try sandbox.recall().status == 7)
    let left = try FileManager.default.contentsOfDirectory(
      atPath: sandbox.project.appending(path: ".build").path)
    #expect(left.sorted() == ["recall.stamp", "release"])
  }

  @Test func aTerminalSeesTheStepsOfABuild() throws {
    let sandbox = try Sandbox()
    let run = try sandbox.recall("list", terminal: true)
    #expect(run.status == 7)
    #expect(run.output.contains("\r\u{1B}[Krecall: 0:0"))
    #expect(run.output.contains(" [2/3] Compiling Models SSD.swift"))
    #expect(run.output.contains("\r\u{1B}[Klist|"), "the line of progress is cleared")
    try Data("broken".utf8).write(to: sandbox.project.appending(path: "Sources/deep/main.swift"))
    let failed = try sandbox.recall("list", terminal: true)
    #expect(failed.status == 1 && failed.output.contains("\nerror: broken\r\n"))
  }

  @Test func testBuildsAndTestsInTheProject() throws {
    let sandbox = try Sandbox()
    let run = try sandbox.recall("test", "--filter", "A B")
    #expect(run.status == 0, "\(run.messages)")
    #expect(
      sandbox.calls == [
        "swift build -c release --build-tests",
        "swift test -c release --skip-build --filter A B",
      ])
    _ = try sandbox.recall()
    #expect(sandbox.calls.count == 2)
  }

  @Test func slurmIsInstalledForItsTests() throws {
    let sandbox = try Sandbox(packageManager: true, user: 0)
    #expect(try sandbox.recall("test", "--slurm").status == 0)
    #expect(
      sandbox.calls == [
        "apt-get update", "apt-get install -y --no-install-recommends slurm-wlm munge",
        "swift build -c release --build-tests",
        "swift test -c release --skip-build --filter SlurmTests",
      ])
    let user = try Sandbox(packageManager: true, user: 1000).recall("test", "--slurm")
    #expect(user.status == 1 && user.messages.contains("must be run as root"))
  }

  @Test func missingPackagesAreInstalled() throws {
    let sandbox = try Sandbox(gnuplot: false, packageManager: true, user: 0)
    let run = try sandbox.recall()
    #expect(run.status == 7)
    #expect(run.messages.contains("installing: gnuplot-nox"))
    #expect(
      sandbox.calls.prefix(2) == [
        "apt-get update", "apt-get install -y --no-install-recommends gnuplot-nox",
      ])
  }

  @Test func withoutRightsOrPackageManagerTheMessageSaysWhatToDo() throws {
    let user = try Sandbox(gnuplot: false, packageManager: true, user: 1000).recall()
    #expect(user.status == 1)
    #expect(user.messages.contains("apt-get install --no-install-recommends gnuplot-nox"))
    let other = try Sandbox(gnuplot: false, packageManager: false, user: 0).recall()
    #expect(other.status == 1)
    #expect(other.messages.contains("missing here: gnuplot-nox."))
    #expect(other.messages.contains("no apt-get"))
  }

  @Test func missingSwiftIsNamed() throws {
    let run = try Sandbox(swift: false).recall()
    #expect(run.status == 1)
    #expect(run.messages.contains("no swift on the PATH"))
  }
}

/// A project folder with the script, and a PATH that has nothing else.
private final class Sandbox {
  let root: URL
  var project: URL { root.appending(path: "re call") }
  var outside: URL { root.appending(path: "outside") }
  private var tools: URL { root.appending(path: "bin") }

  /// The calls of the fake programs, with their arguments.
  var calls: [String] {
    let text = try? String(contentsOf: root.appending(path: "calls"), encoding: .utf8)
    return (text ?? "").split(separator: "\n").map(String.init)
  }

  init(
    swift: Bool = true, gnuplot: Bool = true, packageManager: Bool = false, user: Int = 0
  ) throws {
    let files = FileManager.default
    root = files.temporaryDirectory.resolvingSymlinksInPath()
      .appending(path: "recall-wrapper-\(UUID())")
    for folder in ["re call/Sources/deep", "re call/plots/published", "outside", "bin"] {
      try files.createDirectory(
        at: root.appending(path: folder), withIntermediateDirectories: true)
    }
    let wrapper = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appending(path: "recall")
    try files.copyItem(at: wrapper, to: project.appending(path: "recall"))
    try Data().write(to: project.appending(path: "Package.swift"))
    try Data().write(to: project.appending(path: "Sources/deep/main.swift"))
    for tool in [
      "cat", "chmod", "date", "dirname", "env", "find", "grep", "head", "mkdir", "mktemp", "mv",
      "readlink", "rm", "script", "sh", "uname",
    ] {
      let directory = ["/usr/bin/", "/bin/"].first { files.fileExists(atPath: $0 + tool) }
      try files.createSymbolicLink(
        atPath: tools.appending(path: tool).path,
        withDestinationPath: try #require(directory) + tool)
    }
    try program("id", "echo \(user)")
    try program("pkg-config", "exit 0")
    try program("ld", "exit 0")
    if gnuplot { try program("gnuplot", "exit 0") }
    if swift { try program("swift", Self.swift) }
    if packageManager {
      try program("apt-get", "echo \"apt-get $*\" >>'\(root.path)/calls'")
    }
  }

  deinit {
    try? FileManager.default.removeItem(at: root)
  }

  /// Builds a program that prints its arguments, folder and home, and exits with 7.
  private static let swift = """
    [ "$1" = package ] && exit 0
    echo "swift $*" >>"$RECALLBENCH_HOME/../calls"
    [ "$1" = build ] || exit 0
    echo "[2/3] Compiling Models SSD.swift"
    if grep -q broken Sources/deep/main.swift; then echo "error: broken"; exit 1; fi
    mkdir -p .build/release
    cat >.build/release/recall <<'END'
    #!/bin/sh
    printf '%s|' "$@" "$PWD"
    echo "$RECALLBENCH_HOME"
    exit 7
    END
    chmod +x .build/release/recall
    """

  func program(_ name: String, _ text: String) throws {
    let file = tools.appending(path: name)
    // A link leads to the machine's own program.
    try? FileManager.default.removeItem(at: file)
    // Another process writes it: one that another test starts meanwhile could hold a file of this process open ("busy").
    let result = runProgram([
      "/bin/sh", "-c", "printf '#!/bin/sh\n%s\n' \"$1\" >\"$0\"; chmod 755 \"$0\"", file.path, text,
    ])
    try #require(result.status == 0)
  }

  struct Run {
    let status: Int32
    let output: String
    let messages: String
  }

  /// Runs the wrapper in the folder `outside`.
  /// On a terminal, messages are among the output.
  func recall(_ arguments: String..., script: URL? = nil, terminal: Bool = false) throws -> Run {
    let process = Process()
    let recall = script ?? project.appending(path: "recall")
    process.executableURL = terminal ? tools.appending(path: "script") : recall
    process.arguments =
      terminal
      ? ["-qec", "'\(recall.path)' \(arguments.joined(separator: " "))", "/dev/null"] : arguments
    process.currentDirectoryURL = outside
    process.environment = ["PATH": tools.path]
    let (output, messages) = (root.appending(path: "output"), root.appending(path: "messages"))
    for file in [output, messages] { try Data().write(to: file) }
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: messages)
    try process.run()
    process.waitUntilExit()
    return Run(
      status: process.terminationStatus,
      output: try String(contentsOf: output, encoding: .utf8),
      messages: try String(contentsOf: messages, encoding: .utf8))
  }
}
