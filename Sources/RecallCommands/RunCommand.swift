import ArgumentParser
import Experiments
import Foundation
import Support

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Trains what an experiment still lacks, prints its table and draws its chart.",
    discussion: """
      Every run has a record, runs/EXPERIMENT/HASH.json, named by its configuration. Finished runs are \
      not run again; Ctrl-C pauses, and the same command goes on where it stopped, to the same bits. \
      The table goes to standard output, progress to standard error.

      A cell is a model on a task at a size, over learning rates and seeds. The rate is chosen on \
      validation; the test split is scored once, at the end, by the chosen runs alone. The longest runs \
      start first. Any number of processes and machines may work on one folder of records: each run has a \
      lease, which expires when its holder is gone or silent for --lease-seconds.

      EXAMPLES
        recall run tasks/mqar-table-quick.yaml
        recall run tasks/mqar-table-quick.yaml --plan
        recall run tasks/mqar-table-quick.yaml --jobs 1 --threads 2
        recall run tasks/mqar-table.yaml --only "64 tokens" --only "SSD N=256, 4 layers"
        recall run tasks/mqar-table-quick.yaml --csv > table.csv
        recall run tasks/mqar-table.yaml --table --runs plots/published
      """)

  @Argument(help: "The experiment, a YAML file.", completion: .file(extensions: ["yaml"]))
  var file: String

  @Option(help: "The folder for charts (default: runs/EXPERIMENT).")
  var output: String?

  @Flag(help: "End when all that is left is with other processes.")
  var noWait = false

  @Flag(help: "Only show what would be run: arithmetic, expected time and memory.")
  var plan = false

  @Flag(help: "Train nothing: the table and the charts of what the records have so far.")
  var table = false

  @Option(
    help: "Only the cells with this text in their label; several times for several parts.")
  var only: [String] = []

  @Flag(help: "Print the table as CSV.")
  var csv = false

  @Flag(help: "Print the table as Markdown.")
  var markdown = false

  @OptionGroup var work: WorkOptions

  func validate() throws {
    guard !(csv && markdown) else { throw ValidationError("Choose one of --csv and --markdown.") }
    guard !(plan && table) else { throw ValidationError("Choose one of --plan and --table.") }
  }

  func run() throws {
    let whole = try Experiment(contentsOf: file)
    let experiment = try only.isEmpty ? whole : whole.only(only)
    let charts = try experiment.root.locating {
      try experiment.charts.map { try ChartDrawing(kind: $0) }
    }
    let published = try experiment.publishedTable()
    let store = work.store(of: experiment)
    // Before any training, so that a wrong `published:` does not cost an hour.
    _ = try ResultTable(experiment, published: published) { _ in nil }
    try work.warnOfLateEvaluations(experiment)
    if plan { return try showPlan(of: experiment, store) }

    let summary = try table ? SittingSummary() : train(experiment, store)
    try report(summary)

    let results = try ResultTable(
      experiment, published: published, halving: work.halving, record: store.record)
    print(results.text(csv ? .csv : markdown ? .markdown : .text), terminator: "")
    let study = try CapacityStudy(results.lines.map(\.result), of: experiment)
    let fits = csv ? "" : study.text(markdown ? .markdown : .text)
    if !fits.isEmpty { print("\n" + fits) }
    try draw(charts, results, study, experiment, store)
    if !results.hasScores {
      Terminal.say("error: no cell is finished, so there is no score and no chart")
      throw ExitCode.failure
    }
    if !summary.errors.isEmpty || summary.paused > 0 { throw ExitCode.failure }
  }

  /// What ended otherwise than well; throws where that is the end of the command.
  private func report(_ summary: SittingSummary) throws {
    for error in summary.errors { Terminal.say("error: \(error)") }
    let again =
      "recall run \(file)" + only.map { " --only \"\($0)\"" }.joined()
      + (work.halving ? " --halving" : "") + (work.runs == "runs" ? "" : " --runs \(work.runs)")
    if summary.isDiskFull {
      Terminal.say("the disk is full; nothing that was finished is lost. With space: \(again)")
      throw ExitCode.failure
    }
    if summary.cannotWrite { throw ExitCode.failure }
    guard summary.paused > 0 else { return }
    if Interruption.isRequested {
      Terminal.say("paused; to go on: \(again)")
      throw ExitCode(Interruption.exitStatus)
    }
    if noWait, summary.elsewhere > 0 {
      Terminal.say("\(summary.elsewhere) runs are with other processes; nothing is left here")
      throw ExitCode.success
    }
    Terminal.say("\(summary.paused) runs are left and wait for others; to go on: \(again)")
  }

  private func showPlan(of experiment: Experiment, _ store: RunStore) throws {
    let scheduler = work.scheduler(for: try work.waiting(of: experiment, store))
    let plan = try RunPlan(
      experiment, store: store, jobs: scheduler.jobs, threads: scheduler.threads,
      halving: work.halving)
    print(plan.text, terminator: "")
    if work.halving {
      let shares = try experiment.cells.map { try HalvingForecast($0).share }
      let (least, most) = (shares.min() ?? 1, shares.max() ?? 1)
      func percent(_ share: Double) -> String { "\(Int((100 * (1 - share)).rounded()))" }
      print(
        "of it successive halving leaves out "
          + (least == most ? percent(most) : "\(percent(most)) to \(percent(least))")
          + " % in each cell of which nothing is trained yet")
    }
  }

  /// Trains and scores what is left to do.
  private func train(_ experiment: Experiment, _ store: RunStore) throws -> SittingSummary {
    // What is damaged is named when it is set aside.
    let waiting = try work.waiting(of: experiment, store.warning { _ in })
    guard waiting > 0 else {
      // A process that was killed at its very end may have left its lease.
      LeaseBook(folder: store.folder, seconds: work.leaseSeconds).close()
      return SittingSummary()
    }
    let scheduler = work.scheduler(for: waiting, waits: !noWait)
    let done = experiment.count - waiting
    Terminal.say(
      "\(experiment.name): \(waiting) of \(experiment.count) runs to do"
        + (done > 0 ? " (\(done) done)" : "")
        + ", \(scheduler.jobs) at a time with \(scheduler.threads) "
        + (scheduler.threads == 1 ? "thread each" : "threads each"))
    Interruption.install()
    return try scheduler.train(
      experiment, store: store, machine: .current,
      progress: Terminal.progress(runs: experiment.count, jobs: scheduler.jobs),
      isInterrupted: { Interruption.isRequested })
  }

  private func draw(
    _ charts: [ChartDrawing], _ table: ResultTable, _ study: CapacityStudy,
    _ experiment: Experiment, _ store: RunStore
  ) throws {
    guard !charts.isEmpty, table.hasScores else { return }
    let folder = output.map { URL(fileURLWithPath: $0, isDirectory: true) } ?? store.folder
    let pictures = try charts.flatMap { try $0.draw(table, study, experiment, to: folder) }
    let words = pictures.map { "chart: \($0.relativePath)" }.joined(separator: "\n")
    // Not into a table that another program reads.
    if csv || markdown { Terminal.say(words) } else { print("\n" + words) }
  }
}
