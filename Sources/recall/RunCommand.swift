import ArgumentParser
import Configuration
import Experiments
import Foundation

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Trains what an experiment still lacks, prints its table and draws its chart.",
    discussion: """
      Every run has a record, runs/EXPERIMENT/HASH.json, named by its configuration. Finished runs are \
      not run again; Ctrl-C pauses, and the same command goes on where it stopped, to the same bits. \
      The table goes to standard output, progress to standard error.

      EXAMPLES
        recall run tasks/mqar-table-quick.yaml
        recall run tasks/mqar-table-quick.yaml --jobs 1 --threads 2
        recall run tasks/mqar-table-quick.yaml --csv > table.csv
      """)

  @Argument(help: "The experiment, a YAML file.", completion: .file(extensions: ["yaml"]))
  var file: String

  @Option(help: "Runs at a time (default: one per core).")
  var jobs: Int?

  @Option(help: "Threads within a run (default: 1, or what few runs leave idle).")
  var threads: Int?

  @Option(help: "The folder of records.")
  var runs = "runs"

  @Option(help: "The folder for charts (default: runs/EXPERIMENT).")
  var output: String?

  @Option(help: "Seconds between checkpoints of a run.")
  var checkpointSeconds = 30.0

  @Flag(help: "Print the table as CSV.")
  var csv = false

  @Flag(help: "Print the table as Markdown.")
  var markdown = false

  func validate() throws {
    guard (jobs ?? 1) >= 1 else { throw ValidationError("--jobs must be at least 1.") }
    guard (threads ?? 1) >= 1 else { throw ValidationError("--threads must be at least 1.") }
    guard checkpointSeconds >= 0 else {
      throw ValidationError("--checkpoint-seconds must be at least 0.")
    }
    guard !(csv && markdown) else { throw ValidationError("Choose one of --csv and --markdown.") }
  }

  func run() throws {
    let experiment = try Experiment(contentsOf: file)
    let chart = try experiment.root.locating {
      try experiment.chart.map { try ChartDrawing(kind: $0) }
    }
    let published = try experiment.publishedTable()
    let store = RunStore(
      runs: URL(fileURLWithPath: runs, isDirectory: true), experiment: experiment.name,
      warn: { Terminal.say("warning: \($0)") })
    // Before any training, so that a wrong `published:` does not cost an hour.
    _ = try ResultTable(experiment, published: published) { _ in nil }

    let summary = try work(on: experiment, store)
    for error in summary.errors { Terminal.say("error: \(error)") }
    if Interruption.isRequested, summary.paused > 0 {
      Terminal.say("paused; to go on: recall run \(file)\(runs == "runs" ? "" : " --runs \(runs)")")
      throw ExitCode(Interruption.exitStatus)
    }

    let table = try ResultTable(experiment, published: published, record: store.record)
    print(table.text(csv ? .csv : markdown ? .markdown : .text), terminator: "")
    try draw(chart, table, experiment, store)
    if !table.hasScores {
      Terminal.say("error: no cell is finished, so there is no score and no chart")
      throw ExitCode.failure
    }
    if !summary.errors.isEmpty { throw ExitCode.failure }
  }

  /// Trains and scores what is left to do.
  private func work(on experiment: Experiment, _ store: RunStore) throws -> SittingSummary {
    let results = try experiment.cells.map { try CellResult($0, record: store.record) }
    let waiting = results.flatMap(\.points).count { $0.record?.isDone != true }
    guard waiting > 0 || results.contains(where: { !$0.unscored.isEmpty }) else {
      return SittingSummary()
    }
    let scheduler = Scheduler(
      runs: waiting, jobs: jobs, threads: threads, checkpointSeconds: checkpointSeconds)
    let done = experiment.runs.count - waiting
    Terminal.say(
      "\(experiment.name): \(waiting) of \(experiment.runs.count) runs to do"
        + (done > 0 ? " (\(done) done)" : "")
        + ", \(scheduler.jobs) at a time with \(scheduler.threads) "
        + (scheduler.threads == 1 ? "thread each" : "threads each"))
    Interruption.install()
    return try scheduler.train(
      experiment, store: store, machine: .current,
      progress: Terminal.progress(runs: experiment.runs.count, jobs: scheduler.jobs),
      isInterrupted: { Interruption.isRequested })
  }

  private func draw(
    _ chart: ChartDrawing?, _ table: ResultTable, _ experiment: Experiment, _ store: RunStore
  ) throws {
    guard let chart, table.hasScores else { return }
    let folder = output.map { URL(fileURLWithPath: $0, isDirectory: true) } ?? store.folder
    let pictures = try chart.draw(table, experiment, to: folder)
    let words = pictures.map { "chart: \($0.relativePath)" }.joined(separator: "\n")
    // Not into a table that another program reads.
    if csv || markdown { Terminal.say(words) } else { print("\n" + words) }
  }
}
