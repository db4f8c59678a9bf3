import ArgumentParser
import Foundation
import Scheduling
import Storage
import Support

/// The program `recall`. A program of another package registers its mixers and tasks, then calls `Recall.main()`.
public struct Recall: ParsableCommand {
  public static let configuration = CommandConfiguration(
    commandName: "recall",
    abstract: "Measures how much a sequence mixer can remember.",
    discussion: """
      RecallBench trains small models on recall tasks, counts the state that each model carries, and draws \
      accuracy against that count. A question is a YAML file in tasks/. Each run has a record, a JSON file \
      in runs/.

      EXAMPLES
        recall run tasks/first.yaml   train for a minute, print the table, draw the chart
        recall new mine               write an experiment of your own
        recall list                   what such a file can contain, by name
      """,
    subcommands: [
      RunCommand.self, PlotCommand.self, NewCommand.self, SubmitCommand.self, StatusCommand.self,
      MergeCommand.self, EvaluateCommand.self, DatasetCommand.self, ScoreCommand.self,
      ReportCommand.self, DiffCommand.self, CapacityCommand.self, MatrixCommand.self,
      BenchCommand.self,
      ListCommand.self,
    ])

  @Flag(help: "Show the version, and the commit if it is known.") var version = false

  /// The exit status for bad input; failed work has 1.
  static let badInputStatus: Int32 = 2

  public init() {}

  public func run() throws {
    guard version else { throw CleanExit.helpRequest() }
    try Terminal.print(Version.text)
  }

  /// Runs the command that the process's arguments name, and ends the process when it fails.
  public static func main() {
    SignalHandling.unblock()
    let endsForPipe = StandardStreams.prepare()
    // A file that exceeds its size limit makes the write fail; it must not end the process.
    signal(SIGXFSZ, SIG_IGN)
    PartialFiles.removeAtSignals()
    do {
      guard Descriptors.areEnough else {
        throw ValidationError(
          "This process may open \(Descriptors.count) files (ulimit -n); at least \(Descriptors.fewest) are needed."
        )
      }
      guard AddressSpace.bytes >= AddressSpace.fewest else {
        throw ValidationError(
          "This process may use \(AddressSpace.bytes / 1_000_000) MB of address space (ulimit -v); at least \(AddressSpace.fewest / 1_000_000) MB are needed."
        )
      }
      let arguments = Array(CommandLine.arguments.dropFirst())
      try checkArguments(arguments)
      try checkCommand(arguments)
      var command = try parseAsRoot()
      try command.run()
    } catch {
      stop(for: error, endsForPipe: endsForPipe)
    }
  }

  /// Throws for an argument that is empty, such as that of a shell variable that is not set: as the name of a file it would
  /// mean the present folder.
  private static func checkArguments(_ arguments: [String]) throws {
    // A shell asks for completions of an empty word.
    guard arguments.first != "---completion" else { return }
    for (index, argument) in arguments.enumerated() {
      let isAssigned = argument.hasPrefix("--") && argument.hasSuffix("=")
      guard argument.isEmpty || isAssigned && argument.count(where: { $0 == "=" }) == 1 else {
        continue
      }
      let before = index > 0 ? arguments[index - 1] : ""
      let name =
        isAssigned
        ? String(argument.dropLast()) : before.hasPrefix("-") ? before : "argument \(index + 1)"
      throw ValidationError("\(name): '' is not allowed; allowed: a value that is not empty.")
    }
  }

  /// Throws for an argument where a command is expected that is none, such as one with a typing error.
  private static func checkCommand(_ arguments: [String]) throws {
    var (command, arguments): (any ParsableCommand.Type, _) = (Recall.self, arguments[...])
    while let name = arguments.popFirst(), !command.configuration.subcommands.isEmpty,
      !name.hasPrefix("-"), name != "help"
    {
      let subcommands = command.configuration.subcommands
      guard let one = subcommands.first(where: { $0.configuration.commandName == name }) else {
        let known = subcommands.compactMap { $0.configuration.commandName }
        let parent = command == Recall.self ? nil : command.configuration.commandName
        throw ValidationError(
          "'\(name)' is no command\(parent.map { " of \($0)" } ?? "")\(nearestText(to: name, in: known))"
            + " (known: \(known.joined(separator: ", ")))"
            + (parent.map { "\n  see recall \($0) --help" } ?? ""))
      }
      command = one
    }
  }

  /// The parser's message in the form of all others. Its usage line repeats every option, which the help explains.
  private static func usageError(_ error: any Error) -> String {
    var lines = fullMessage(for: error).split(separator: "\n").map(String.init)
    var see = ""
    if !lines.contains(where: { $0.hasPrefix("  see ") }), let line = lines.last,
      let quoted = line.firstMatch(of: /See '(recall.*)' for more/)
    {
      see = "\n  see \(quoted.1)"
    }
    lines.removeAll { $0.hasPrefix("Usage: ") || $0.hasPrefix("  See '") }
    var message = lines.joined(separator: "\n").replacing("\nHelp:  ", with: "\n  ")
    message.trimPrefix("Error: ")
    if message.hasSuffix(".") { message.removeLast() }
    // A sentence, not an option or a name in capitals.
    let (first, second) = (message.prefix(1), message.dropFirst().prefix(1))
    if second.allSatisfy({ $0.isLowercase || $0 == " " }) {
      message = first.lowercased() + message.dropFirst()
    }
    return "error: \(message)\(see)"
  }

  private static func stop(for error: any Error, endsForPipe: Bool) -> Never {
    // A status that a command chose after it printed its own message.
    if let chosen = error as? ExitCode { Foundation.exit(chosen.rawValue) }
    // `recall list | head` ends silently, as other programs do.
    if endsForPipe, (error as? OutputError)?.number == EPIPE { StandardStreams.endForPipe() }
    let code = exitCode(for: error)
    if code == .success {
      // Help.
      do { try Terminal.print(fullMessage(for: error)) } catch {
        stop(for: error, endsForPipe: endsForPipe)
      }
      Foundation.exit(EXIT_SUCCESS)
    }
    let isBadInput =
      code == .validationFailure || error is ConfigurationError || error is SettingsError
      || error is FileError || error is SafetensorsError
    let message = code == .validationFailure ? usageError(error) : "error: \(error)"
    StandardStreams.message(message.harmless + "\n")
    Foundation.exit(isBadInput ? badInputStatus : EXIT_FAILURE)
  }
}
