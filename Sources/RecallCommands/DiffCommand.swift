import ArgumentParser
import Experiments
import Foundation

/// `recall diff`: two sets of records, cell by cell.
struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Compares two sets of records cell by cell: better, worse, or within noise.",
    discussion: """
      A and B are each an experiment's file or a folder of records. Cells (a model on a task) are the \
      same when all of their configuration is, apart from learning rates and seeds; others are matched by \
      label, and what differs is said. Better and worse: Welch's 95 % interval on the difference of the \
      means over seeds does not hold 0. With one seed on a side there is no interval, and the cell is \
      undecided, unless both have the same scores to the bit.

      Exit status: 0 if every cell is in both and the same or within noise, 1 if not, 2 for bad input.

      EXAMPLES
        recall diff runs-of-monday/mqar runs/mqar
        recall diff plots/published/mqar-table-quick tasks/mqar-table-quick.yaml --markdown
        recall diff A B --measure exact_match --json
      """)

  @Argument(help: "The first set: an experiment's file or a folder of records.") var first: String
  @Argument(help: "The second set, told as better or worse than the first.") var second: String
  @Option(
    help: "What to compare: \(Comparison.Measure.allCases.map(\.rawValue).joined(separator: ", "))."
  )
  var measure = Comparison.Measure.accuracy
  @Option(help: "The folder of experiments' records.") var runs = "runs"
  @Flag(help: "Print Markdown.") var markdown = false
  @Flag(help: "One JSON object.") var json = false

  func validate() throws {
    guard !(markdown && json) else { throw ValidationError("Choose one of --markdown and --json.") }
  }

  func run() throws {
    let sets = try [first, second].map { path in
      try RecordSet(path, runs: URL(filePath: runs, directoryHint: .isDirectory)) {
        Terminal.say("warning: \($0)")
      }
    }
    let comparison = try Comparison(sets[0], sets[1], by: measure)
    if json {
      print(comparison.values.canonicalJSON)
    } else {
      print(comparison.text(isMarkdown: markdown), terminator: "")
    }
    if !comparison.findsNoDifference { throw ExitCode.failure }
  }
}

extension Comparison.Measure: ExpressibleByArgument {}
