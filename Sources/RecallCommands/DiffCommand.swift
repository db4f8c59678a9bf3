import ArgumentParser
import Foundation
import Records
import Reports
import Results

/// `recall diff`: compares two sets of records.
struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Compares two sets of records: better, worse, or within noise.",
    discussion: """
      A and B are each an experiment's file or a folder of records. A model on a task in A is compared with the \
      same configuration in B, apart from learning rates and seeds. If B has none, it is compared with the one of \
      the same label, and the output names what differs. Better and worse mean that the 95 % interval of the \
      difference does not contain 0: of the mean over the differences of equal seeds (Student's t), or of the \
      difference of the means where the seeds differ (Welch). * marks differences that survive \
      Holm's correction for all comparisons. If a side has one seed there is no interval, and the result is undecided, unless both sides have the same scores to the bit.

      The exit status is 0 if both sides have every configuration and each is the same or within noise, 1 if \
      not, 2 for bad input.

      EXAMPLES
        recall diff runs-of-monday/mqar runs/mqar
        recall diff plots/published/mqar-table-quick tasks/mqar-table-quick.yaml --markdown
        recall diff A B --measure exact_match --json
      """)

  @Argument(help: "The first set: an experiment's file, its name, or a folder of records.")
  var first: String
  @Argument(help: "The second set; the output says whether it is better or worse than the first.")
  var second: String
  @Option(
    help: "What to compare: \(Comparison.Measure.allCases.map(\.rawValue).joined(separator: ", "))."
  )
  var measure = Comparison.Measure.accuracy
  @Option(help: "The folder of experiments' records.") var runs = "runs"
  @Flag(help: "Print Markdown.") var markdown = false
  @Flag(help: "Print one JSON object.") var json = false

  func validate() throws {
    guard !(markdown && json) else { throw ValidationError("Choose one of --markdown and --json.") }
  }

  func run() throws {
    let sets = try [first, second].map { name in
      let path = (try? ExperimentFile.path(name)) ?? name
      do {
        return try RecordSet(path, runs: URL(filePath: runs, directoryHint: .isDirectory)) {
          Terminal.say("warning: \($0)")
        }
      } catch let error as RecordError {
        // Status 1 would mean that the sets differ.
        Terminal.say("error: \(error)")
        throw ExitCode(Recall.badInputStatus)
      }
    }
    let comparison = try Comparison(sets[0], sets[1], by: measure)
    if json {
      try Terminal.print(comparison.values.json)
    } else {
      try Terminal.print(comparison.text(isMarkdown: markdown), terminator: "")
    }
    if !comparison.findsNoDifference { throw ExitCode.failure }
  }
}

extension Comparison.Measure: ExpressibleByArgument {}
