import Experiments
import Foundation

/// What goes to standard error, beside the results on standard output.
enum Terminal {
  static func say(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
  }

  /// A live view on a terminal, else one line per evaluation. Without colours if NO_COLOR is set.
  static func progress(runs: Int, jobs: Int) -> any ProgressReporter {
    let environment = ProcessInfo.processInfo.environment
    guard isatty(STDERR_FILENO) == 1, environment["TERM"] != "dumb" else {
      return PlainProgress(write: say)
    }
    let colours = environment["NO_COLOR"]?.isEmpty ?? true
    return LiveProgress(runs: runs, jobs: jobs, colours: colours)
  }
}
