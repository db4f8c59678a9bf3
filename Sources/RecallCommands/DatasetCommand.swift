import ArgumentParser
import Foundation
import ProgressReports
import RecallTasks
import Records
import Reports
import Scheduling
import Storage
import Support

struct DatasetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dataset",
    abstract: "Shows, writes and verifies examples of a task.",
    subcommands: [Show.self, Write.self, Verify.self])

  static let taskHelp = """
    The task's options are its keys in YAML with hyphens, for example --n-pairs 64; \
    TASK --help lists them. TASK is one of: \(TaskCatalog.kinds.joined(separator: ", ")).
    """

  struct Show: TaskCommand {
    static let configuration = CommandConfiguration(
      commandName: "show",
      abstract: "Shows a few examples, with the meaning of every token.",
      usage: "recall dataset show TASK [--TASK-KEY VALUE ...] [options]",
      discussion: """
        \(taskHelp)

        EXAMPLES
          recall dataset show mqar --sequence-length 32 --n-pairs 4
          recall dataset show mqar --help
        """, helpNames: [])

    @Argument(
      parsing: .allUnrecognized,
      help: ArgumentHelp("The task, then its options.", valueName: "task"))
    var arguments: [String] = []
    @Option(
      parsing: .unconditional, help: "The seed of the data.", transform: Seed.number)
    var seed: UInt64 = 0
    @Option(help: "train, validation or test.") var split = Split.train
    @Option(parsing: .unconditional, help: "How many examples, from the first.") var examples = 3
    @Flag(
      name: [.customShort("h"), .customLong("help")],
      help: "Show help information; TASK --help lists the options of a task.")
    var wantsHelp = false

    func validate() throws {
      guard examples >= 1 else { throw ValidationError("--examples must be at least 1.") }
    }

    func run(_ configuration: TaskConfiguration) throws {
      let task = configuration.task
      let colours = Terminal.hasColours(STDOUT_FILENO)
      try Terminal.print(
        """
        \(configuration.summary)
        information needed: \(fixed(task.requiredBits, 1)) bits; \(task.baselineText)
        \(ExampleText.legend(colours: colours))
        """, hasColours: colours)
      for index in 0..<examples {
        let text = ExampleText(
          task.example(at: index, seed: seed, split: split), of: task,
          columns: terminalColumns(STDOUT_FILENO), colours: colours)
        try Terminal.print("\nexample \(index) of \(split.rawValue), seed \(seed)")
        for line in text.lines { try Terminal.print(line, hasColours: colours) }
      }
    }
  }

  struct Write: TaskCommand {
    static let configuration = CommandConfiguration(
      commandName: "write",
      abstract:
        "Writes examples to a safetensors file: inputs and labels, int32 [examples, length].",
      usage: "recall dataset write TASK [--TASK-KEY VALUE ...] --output FILE [options]",
      discussion: """
        A label of -100 means that nothing is asked. The same options give the same bytes on every machine, \
        with any number of threads; compare the content hash that is printed. In Python: \
        safetensors.numpy.load_file(FILE).

        \(taskHelp)

        EXAMPLES
          recall dataset write mqar --sequence-length 256 --n-pairs 64 --split train \
        --examples 100000 --seed 7 --output f.safetensors
          recall dataset write mqar --examples 1000 --output - | python train.py
          recall dataset write mqar --help
        """, helpNames: [])

    @Argument(
      parsing: .allUnrecognized,
      help: ArgumentHelp("The task, then its options.", valueName: "task"))
    var arguments: [String] = []
    @Option(help: "The file to write; - is standard output.") var output: String?
    @Option(parsing: .unconditional, help: "How many examples.") var examples = 1000
    @Option(
      parsing: .unconditional, help: "The seed of the data.", transform: Seed.number)
    var seed: UInt64 = 0
    @Option(
      help:
        "train, validation or test: independent streams, which share an example only by chance.")
    var split = Split.train
    @Option(parsing: .unconditional, help: "Threads (default: one per core).")
    var threads: Int?
    @Flag(help: "Replace a file that exists.") var force = false
    @Flag(
      name: [.customShort("h"), .customLong("help")],
      help: "Show help information; TASK --help lists the options of a task.")
    var wantsHelp = false

    func validate() throws {
      guard examples >= 1 else { throw ValidationError("--examples must be at least 1.") }
      guard threads.map((1...1024).contains) ?? true else {
        throw ValidationError("--threads must be 1 to 1024.")
      }
    }

    func run(_ task: TaskConfiguration) throws {
      guard let output else {
        throw SettingsError(missing: "--output", allowed: "the file to write")
      }
      guard output != "-" else { return try writeToStandardOutput(task) }
      try OutputName.check("--output", output)
      let url = URL(filePath: output)
      guard force || !FileManager.default.fileExists(atPath: output) else {
        throw FileError(url, "exists; --force replaces it")
      }
      try Terminal.print(try write(task, to: url, named: output))
    }

    /// The bytes go to standard output when they are complete, and the message to standard error.
    private func writeToStandardOutput(_ task: TaskConfiguration) throws {
      let file = FileManager.default.temporaryDirectory.appending(path: "recall-\(UUID())")
      defer { try? FileManager.default.removeItem(at: file) }
      let message = try write(task, to: file, named: "standard output")
      try StandardStreams.output(contentsOf: file)
      Terminal.say(message)
    }

    /// Returns what to say of the file.
    private func write(_ task: TaskConfiguration, to url: URL, named name: String) throws -> String
    {
      AtomicFile.removeStaleFiles(of: url)
      SignalHandling.install()
      let progress = WorkProgress("writing examples", total: examples)
      defer { progress.close() }
      try DatasetWriter(task, seed: seed, split: split)
        .write(examples: examples, to: url, threads: threads ?? Machine.cores) { done in
          if SignalHandling.isRequested { throw ExitCode(SignalHandling.exitStatus) }
          progress.update(done)
        }
      return """
        \(name): \(examples) examples, \(split.rawValue), seed \(seed)
        \(task.summary)
        content hash \(try DatasetFile(contentsOf: url).contentHash())
        """
    }
  }

  struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "verify",
      abstract: "Reads a whole data file: structure, ranges, the solver's score.",
      discussion: """
        A file that names its task, seed and split is also compared with what the task generates. \
        The exit status is 2 if the file is not valid, and 1 if the solver does not confirm its labels or \
        its examples are not the task's.
        """)

    @Argument(help: "A safetensors file.", completion: .file(extensions: ["safetensors"]))
    var file: String

    func run() throws {
      let dataset = try DatasetFile(contentsOf: URL(filePath: file))
      let progress = WorkProgress("reading examples", total: dataset.exampleCount)
      defer { progress.close() }
      let check = try DatasetCheck(dataset, threads: Machine.cores) { progress.update($0) }
      progress.close()
      try Terminal.print(check.text(dataset))
      guard check.isGood else { throw ExitCode.failure }
    }
  }
}

extension Split: ExpressibleByArgument {}

private enum Seed {
  static func number(_ text: String) throws -> UInt64 {
    guard let number = UInt64(text) else {
      throw ValidationError("allowed: a whole number, 0 to \(UInt64.max)")
    }
    return number
  }
}
