import ArgumentParser
import Charts
import Experiments
import Foundation
import Records
import Reports
import Results
import Storage
import Support

/// `recall report`: an experiment's results as a page for people, or as files for other programs.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Makes an HTML page of an experiment's results; or CSV, or TensorBoard files.",
    discussion: """
      The page shows the table beside published values, every chart, every run with its evaluations and \
      configuration, and the commands that make it again. It is one file that needs no network, in light or \
      dark like the reader's system. Nothing is trained; unfinished runs are shown as such.

      EXAMPLES
        recall report tasks/mqar-table-quick.yaml --output report/
        recall report tasks/mqar-table-quick.yaml --runs plots/published --output report/
        recall report tasks/mqar-table-quick.yaml --csv > runs.csv
        recall report tasks/mqar-table-quick.yaml --tensorboard events/
      """)

  @Argument(help: ExperimentFile.help, completion: .file(extensions: ["yaml"]))
  var file: String
  @Option(help: "The folder of experiments' records.", transform: recordsFolder) var runs = "runs"
  @Option(help: "The folder for the page, index.html (default: runs/EXPERIMENT/report).")
  var output: String?
  @Flag(help: "Print one line per run as CSV, for a data frame; no page without --output.")
  var csv = false
  @Option(help: "A folder for TensorBoard's event files; no page without --output.")
  var tensorboard: String?

  func run() throws {
    let experiment = try Experiment(named: file)
    let source = try String(contentsOf: URL(filePath: experiment.file), encoding: .utf8)
    let drawings = try experiment.root.locating {
      try experiment.charts.map { try ExperimentChart(kind: $0) }
    }
    let store = RunStore(
      runs: URL(filePath: runs, directoryHint: .isDirectory), experiment: experiment.name,
      warn: { Terminal.say("warning: \($0)") })
    let table = try ResultTable(
      experiment, published: experiment.publishedTable(), record: store.record)
    let records = table.lines.flatMap(\.result.runs).count { $0.record != nil }
    guard records > 0 else {
      throw FileError(
        store.folder,
        "holds no record of this experiment; \(recallCommand("run", file, runs: runs)) makes them")
    }
    if csv { try Terminal.print(table.runText, terminator: "") }
    if let tensorboard { try export(table, to: tensorboard) }
    guard output != nil || (!csv && tensorboard == nil) else { return }
    let folder =
      output.map { URL(filePath: $0, directoryHint: .isDirectory) }
      ?? store.folder.appending(path: "report", directoryHint: .isDirectory)
    let study = try CapacityStudy(table.lines.map(\.result), of: experiment)
    let charts =
      try table.hasScores ? drawings.compactMap { try $0.chart(of: table, study, experiment) } : []
    let page = try ReportPage(experiment, table: table, source: source, charts: charts).html()
    try makeFolder(folder)
    let pageFile = folder.appending(path: "index.html")
    try AtomicFile.write(Data(page.utf8), to: pageFile)
    try say("report: \(pageFile.relativePath)")
  }

  private func export(_ table: ResultTable, to path: String) throws {
    var export = TensorBoardExport(to: URL(filePath: path, directoryHint: .isDirectory))
    var count = 0
    for one in table.lines.flatMap(\.result.runs) {
      guard let record = one.record else { continue }
      try export.write(record, of: one.run)
      count += 1
    }
    try say("\(count) runs; to see them: tensorboard --logdir \(shellPath(path))")
  }

  /// Prints a message, to standard error if standard output holds a table for a program.
  private func say(_ text: String) throws {
    if csv { Terminal.say(text) } else { try Terminal.print(text) }
  }
}
