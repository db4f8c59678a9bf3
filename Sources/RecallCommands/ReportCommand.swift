import ArgumentParser
import Experiments
import Foundation
import Records
import Reports
import Results
import Scheduling
import Storage
import Support

/// `recall report`: an experiment's results as a page for people, or as files for other programs.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Makes an HTML page of an experiment's results; or CSV, or TensorBoard files.",
    discussion: """
      The page shows the chart and the table beside published values. Folded sections below show learning rates, \
      training curves, every run with its evaluations, settings and command, and how to make all of it again. \
      It is one file that needs no network, in light or dark like the reader's system. Tables can be sorted, \
      charts and tables saved. Nothing is trained; unfinished runs are shown as such.

      With --watch the page follows a sweep that other processes train: open it once, and new points appear \
      by themselves. The command ends when all runs are done, or with Ctrl-C.

      EXAMPLES
        recall report tasks/mqar-table-quick.yaml --output report/
        recall report tasks/mqar-table-quick.yaml --runs plots/published --output report/
        recall report tasks/mqar-table-quick.yaml --watch
        recall report first model.d_state=[4,8] --seed 3
        recall report tasks/mqar-table-quick.yaml --csv > runs.csv
        recall report tasks/mqar-table-quick.yaml --tensorboard events/
      """)

  @Argument(help: ExperimentFile.help, completion: ExperimentFile.completion)
  var file: String
  @OptionGroup var chosen: SettingOptions
  @OptionGroup var records: RecordsOptions
  @Option(
    name: [.customShort("o"), .long],
    help: "The folder for the page, index.html (default: runs/EXPERIMENT/report).")
  var output: String?
  @Flag(help: "Follow a running sweep: the open page shows new points by itself.")
  var watch = false
  @Flag(help: "Print one line per run as CSV, for a data frame; no page without --output.")
  var csv = false
  @Option(help: "A folder for TensorBoard's event files; no page without --output.")
  var tensorboard: String?

  func validate() throws {
    try chosen.requireOneExperiment(of: "report")
    guard !watch || (!csv && tensorboard == nil) else {
      throw ValidationError(
        "--watch makes a page, so it goes with neither --csv nor --tensorboard.")
    }
  }

  func run() throws {
    if let output { try OutputName.checkFolder("--output", output) }
    if let tensorboard { try OutputName.checkFolder("--tensorboard", tensorboard) }
    let experiment = try Experiment(named: file, overrides: chosen.settings)
    let store = records.store(of: experiment)
    let maker = try ReportMaker(experiment, store, arguments: chosen.words)
    let folder =
      output.map { URL(filePath: $0, directoryHint: .isDirectory) }
      ?? store.folder.appending(path: "report", directoryHint: .isDirectory)
    // With --csv or --tensorboard alone there is no page.
    let writesPage = output != nil || (!csv && tensorboard == nil)
    if writesPage { try checkPage(folder.appending(path: "index.html")) }
    if watch { return try follow(maker, folder) }
    let table = try maker.table()
    let recordCount = table.lines.flatMap(\.result.runs).count { $0.record != nil }
    guard recordCount > 0 else {
      throw FileError(
        store.folder,
        "holds no record of this experiment; \(recallCommand("run", file, runs: records.runs))\(chosen.text) makes them"
      )
    }
    if csv { try Terminal.print(table.runText, terminator: "") }
    if let tensorboard { try export(table, to: tensorboard) }
    guard writesPage else { return }
    let page = try maker.page(table).html
    try makeFolder(folder)
    let pageFile = folder.appending(path: "index.html")
    try AtomicFile.write(Data(page.utf8), to: pageFile)
    try say("report: \(pageFile.relativePath)")
  }

  /// Throws where a page that is not ours would be replaced.
  private func checkPage(_ url: URL) throws {
    guard let page = try? Data(contentsOf: url),
      !ReportPage.signs.contains(where: { page.range(of: Data($0.utf8)) != nil })
    else { return }
    throw FileError(
      url, "recall report did not write this page, so it is not replaced; give another --output")
  }

  private func follow(_ maker: ReportMaker, _ folder: URL) throws {
    SignalHandling.install()
    let isDone = try ReportWatch(
      maker, folder: folder, isInterrupted: { SignalHandling.isRequested }
    ).follow { page in
      try say("report: \(page.relativePath)")
      Terminal.say("it follows the records until all runs are done; Ctrl-C ends that")
    }
    if isDone { return Terminal.say("all runs are done") }
    Terminal.say(
      "the page stays as it is; to follow on: \(recallCommand("report", file, runs: records.runs))\(chosen.text) --watch"
        + (output.map { " --output \(shellPath($0))" } ?? ""))
    throw ExitCode(SignalHandling.exitStatus)
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
