import Experiments
import Foundation
import ProgressReports
import Reports
import Scheduling
import Support

/// Messages and progress on standard error; results go to standard output.
enum Terminal {
  /// Prints a result. Throws `OutputError`, for example if standard output is a file on a full disk.
  ///
  /// - Parameter hasColours: whether the text has this program's own escapes. Those of others, such as in a path, do nothing
  ///   to a terminal.
  static func print(
    _ text: String = "", terminator: String = "\n", hasColours: Bool = false
  ) throws {
    let text = isTerminal(STDOUT_FILENO) && !hasColours ? text.harmless : text
    try StandardStreams.output(text + terminator)
  }

  static func say(_ text: String) {
    let text = text.harmless
    write((isLive ? text.fitted(to: terminalColumns(STDERR_FILENO)) : text) + "\n")
  }

  /// Prints text that is no table, fitted to the terminal.
  static func printText(_ text: String) throws {
    try print(outputColumns.map { text.fitted(to: $0) } ?? text)
  }

  static func write(_ text: String) { StandardStreams.message(text) }

  /// A live view on a terminal, else one line per evaluation. Without colours if NO_COLOR is set.
  static func progress(runs: Int, jobs: Int) -> any ProgressReporter {
    guard isLive else { return PlainProgress(runs: runs, jobs: jobs, write: say) }
    return LiveProgress(runs: runs, jobs: jobs, colours: hasColours(STDERR_FILENO))
  }

  /// The width of the terminal that shows results; nil if they go elsewhere.
  static var outputColumns: Int? {
    isTerminal(STDOUT_FILENO) ? terminalColumns(STDOUT_FILENO) : nil
  }

  /// No progress, but warnings and errors.
  static var silence: any ProgressReporter { Silence() }

  private struct Silence: ProgressReporter {
    func report(_ event: RunEvent, of run: Experiment.Run) {}
    func tick(_ overview: SweepOverview) {}
    func note(_ text: String) { Terminal.say(text) }
    func close() {}
  }

  /// Whether standard error can be drawn over.
  static var isLive: Bool { isTerminal(STDERR_FILENO) }

  static func hasColours(_ descriptor: Int32) -> Bool {
    isTerminal(descriptor) && environment["NO_COLOR"]?.isEmpty ?? true
  }

  private static var environment: [String: String] { ProcessInfo.processInfo.environment }

  private static func isTerminal(_ descriptor: Int32) -> Bool {
    isatty(descriptor) == 1 && environment["TERM"] != "dumb"
  }
}

/// A command on an experiment as people can paste it, also where it uses another folder of records.
func recallCommand(_ name: String, _ file: String, runs: String) -> String {
  "\(programCommand) \(name) \(shellPath(file))"
    + (runs == "runs" ? "" : " --runs \(shellPath(runs))")
}

/// How the user called the program, as the script `recall` says it, which calls this program by a path of its own.
var programCommand: String {
  ProcessInfo.processInfo.environment["RECALLBENCH_COMMAND"].map(shellWord) ?? "recall"
}

/// Swift's `print` does not say when a result cannot be written.
@available(*, unavailable, message: "use Terminal.print")
func print(_ items: Any..., separator: String = " ", terminator: String = "\n") {}
