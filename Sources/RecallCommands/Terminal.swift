import Experiments
import Foundation
import ProgressReports
import Reports
import Scheduling

/// Messages and progress on standard error; results go to standard output.
enum Terminal {
  static func say(_ text: String) { write(text + "\n") }

  static func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }

  /// A live view on a terminal, else one line per evaluation. Without colours if NO_COLOR is set.
  static func progress(runs: Int, jobs: Int) -> any ProgressReporter {
    guard isLive else { return PlainProgress(runs: runs, jobs: jobs, write: say) }
    return LiveProgress(runs: runs, jobs: jobs, colours: hasColours(STDERR_FILENO))
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
