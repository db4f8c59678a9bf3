import ArgumentParser
import Experiments
import Foundation
import ProgressReports
import Records
import Reports
import Results
import Scheduling
import Support

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Trains an experiment's unfinished runs, prints its table and draws its charts.",
    discussion: """
      Every run has a record, runs/EXPERIMENT/HASH.json, named after its configuration. Finished runs are \
      not run again. Ctrl-C pauses; the same command then goes on where it stopped, to the same bits. \
      The table goes to standard output, progress to standard error.

      A row of the table is a model on a task at a size. It is trained at every learning rate and seed. The \
      rate is chosen on validation data; then the runs at this rate, and no others, are scored once on the \
      test split. Runs start seed by seed, the longest first; the table so far is shown when a seed of all rows \
      is done, and after Ctrl-C. Any number of processes and machines may work on one folder \
      of records: each run has a lease, which expires when its holder is gone or silent for --lease-seconds.

      EXAMPLES
        recall run tasks/mqar-table-quick.yaml
        recall run tasks/mqar-table-quick.yaml --plan
        recall run mqar-table-quick training.lr=1e-2 'model.d_state=[8,16]' --seed 3
        recall run tasks/mqar-table-quick.yaml --jobs 1 --threads 2
        recall run tasks/mqar-table.yaml --only "64 tokens" --only "SSD N=256, 4 layers"
        recall run tasks/mqar-table-quick.yaml --csv > table.csv
        recall run first mqar-table-quick --table --runs plots/published
        recall run tasks/mqar-table.yaml --table --runs plots/published
        recall run mqar-table-quick --table --format pdf --width column -o figures/
      """)

  @Argument(help: ExperimentFile.help, completion: .file(extensions: ["yaml"]))
  var file: String

  @OptionGroup var chosen: SettingOptions

  @Option(
    name: [.customShort("o"), .long],
    help:
      "The folder for charts (default: runs/EXPERIMENT; with --only, --seed or other settings than the file's, runs/EXPERIMENT/part, which holds the latest part)."
  )
  var output: String?

  @Flag(help: "End when other processes work on everything that is left.")
  var noWait = false

  @Flag(
    name: [.long, .customLong("dry-run")],
    help: "Show what would be run, with arithmetic, expected time and memory; train nothing.")
  var plan = false

  @Flag(help: "Make the table and charts from the records so far; train nothing.")
  var table = false

  @Option(
    help:
      "Take only rows of the table with this label or, if there is none, with this text in their label; may be given several times."
  )
  var only: [String] = []

  @Flag(help: "Show the smaller tables, too: accuracy by seed, size and learning rate.")
  var details = false

  @Flag(help: "No progress, only errors and the table.")
  var quiet = false

  @Flag(help: "Print the table as CSV.")
  var csv = false

  @Flag(help: "Print the table as one JSON object.")
  var json = false

  @Flag(help: "Print the table as Markdown.")
  var markdown = false

  @OptionGroup var pictures: PictureOptions
  @OptionGroup var work: WorkOptions

  func validate() throws {
    guard [csv, json, markdown].count(where: \.self) < 2 else {
      throw ValidationError("Choose one of --csv, --json and --markdown.")
    }
    guard !(csv || json) || files.count == 1 else {
      throw ValidationError("--csv and --json take one experiment.")
    }
    guard !(plan && table) else { throw ValidationError("Choose one of --plan and --table.") }
  }

  private var files: [String] { [file] + chosen.files }

  private var format: TableFormat {
    csv ? .csv : json ? .json : markdown ? .markdown : .text
  }

  func run() throws {
    // All files are read before the first is trained.
    let experiments = try files.map { try Experiment(named: $0, overrides: chosen.settings) }
    var failure: ExitCode?
    for (file, experiment) in zip(files, experiments) {
      do {
        try run(only.isEmpty ? experiment : experiment.only(only), of: experiment, file)
      } catch let code as ExitCode where !SignalHandling.isRequested {
        failure = failure ?? code
      }
    }
    if let failure { throw failure }
  }

  /// Runs a part of an experiment, or all of it.
  private func run(_ experiment: Experiment, of whole: Experiment, _ file: String) throws {
    let charts = try experiment.root.locating {
      try experiment.charts.map { try ExperimentChart(kind: $0) }
    }
    // Fails before anything of a run is made that does not fit into memory.
    if !table { _ = try experiment.configurationCosts() }
    let published = try experiment.publishedTable()
    let store = work.store(of: experiment)
    // Fails before any training if `published:` is wrong.
    _ = try published?.lines(of: experiment)
    try work.warnOfLateEvaluations(experiment)
    if plan { return try showPlan(of: experiment, store) }

    let halving = work.halving
    @Sendable func resultsSoFar() throws -> ResultTable {
      try ResultTable(experiment, published: published, halving: halving, record: store.record)
    }
    let summary =
      try table ? SweepSummary() : train(experiment, store, soFar: resultsSoFar)
    try report(summary, file, soFar: resultsSoFar)

    if !table {
      try Measuring(experiment, store: store, leaseSeconds: work.leaseSeconds).run(
        note: { say("note: \($0)") }, isInterrupted: { SignalHandling.isRequested })
    }
    let results = try resultsSoFar()
    let study = try CapacityStudy(results.lines.map(\.result), of: experiment)
    try show(results, study)
    try draw(charts, results, study, experiment, store)
    if format == .text, results.hasScores { try Terminal.print(nextStep(results, file)) }
    if table, !quiet, let others = OtherRecords(of: whole, in: store) {
      Terminal.say("note: \(others.text)")
    }
    if !results.hasScores {
      Terminal.say("error: no configuration is finished, so there is no score and no chart")
      throw ExitCode.failure
    }
    if !summary.errors.isEmpty || summary.paused > 0 { throw ExitCode.failure }
  }

  /// The main table comes last, where it is seen on a terminal; Markdown is read from its beginning.
  private func show(_ results: ResultTable, _ study: CapacityStudy) throws {
    var fits = study.text(format)
    if !fits.isEmpty { fits += "\n" }
    let table = results.text(format, detailed: details || format != .text)
    let parts = format == .text ? [fits, table] : [table, fits]
    try Terminal.print(parts.filter { !$0.isEmpty }.joined(separator: "\n"), terminator: "")
  }

  private func nextStep(_ results: ResultTable, _ file: String) -> String {
    let page = "a page to send: \(recallCommand("report", file, runs: work.runs))\(chosen.text)"
    let more = results.hasDetails && !details ? "smaller tables: --table --details" : nil
    return [page, more].compactMap(\.self).joined(separator: "; ")
  }

  /// Prints errors and what is left to do. Throws if the command ends here.
  private func report(
    _ summary: SweepSummary, _ file: String, soFar: () throws -> ResultTable
  ) throws {
    for error in summary.errors { Terminal.say("error: \(error)") }
    let again =
      recallCommand("run", file, runs: work.runs)
      + files.drop { $0 != file }.dropFirst().map { " " + shellPath($0) }.joined() + chosen.text
      + only.map { " --only \(shellWord($0))" }.joined()
      + work.text
      + (output.map { " --output \(shellPath($0))" } ?? "")
    if summary.isDiskFull {
      Terminal.say(
        "the disk is full; nothing that was finished is lost. Make space, then: \(again)")
      throw ExitCode.failure
    }
    if summary.cannotWrite { throw ExitCode.failure }
    guard summary.paused > 0 else { return }
    if SignalHandling.isRequested {
      if format == .text, let results = try? soFar(), results.hasNumbers {
        try Terminal.print(results.text(.text, detailed: details), terminator: "")
      }
      Terminal.say("paused; to go on: \(again)")
      throw ExitCode(SignalHandling.exitStatus)
    }
    if noWait, summary.elsewhere > 0 {
      Terminal.say("other processes work on \(summary.elsewhere) runs; nothing is left to do here")
      throw ExitCode.success
    }
    Terminal.say("\(summary.paused) runs are left and wait for others; to go on: \(again)")
  }

  private func showPlan(of experiment: Experiment, _ store: RunStore) throws {
    let results = try experiment.results(in: store, halving: work.halving)
    let scheduler = work.scheduler(for: results.waitingCount)
    let plan = try RunPlan(
      experiment, results: results, jobs: scheduler.jobs, threads: scheduler.threads, note: say)
    try Terminal.print(plan.text + experiment.recipeText, terminator: "")
    if work.halving { try Terminal.print(HalvingForecast.text(of: experiment)) }
  }

  /// Trains and scores what is left to do.
  private func train(
    _ experiment: Experiment, _ store: RunStore,
    soFar: @escaping @Sendable () throws -> ResultTable
  ) throws -> SweepSummary {
    // Damaged records cause a warning when they are renamed.
    let results = try experiment.results(in: store.warning { _ in }, halving: work.halving)
    let waiting = results.waitingCount
    guard waiting > 0 else {
      // A process that was killed at its very end may have left its lease.
      LeaseManager(folder: store.folder, seconds: work.leaseSeconds).close()
      return SweepSummary()
    }
    var scheduler = work.scheduler(for: waiting, waits: !noWait)
    let done = experiment.count - waiting
    say(
      "\(experiment.name): \(waiting) of \(experiment.count) runs to do"
        + (done > 0 ? " (\(done) done)" : "")
        + ", \(scheduler.jobs) at a time with \(scheduler.threads) "
        + (scheduler.threads == 1 ? "thread each" : "threads each")
        + (try expectedTime(experiment, results, scheduler)))
    if let note = experiment.recipeNote { say(note) }
    SignalHandling.install()
    let progress =
      quiet ? Terminal.silence : Terminal.progress(runs: experiment.count, jobs: scheduler.jobs)
    if !quiet {
      scheduler.seedEnded = {
        // If the table cannot be made now, the command still ends with the error.
        if let results = try? soFar() { progress.note(results.progressText) }
      }
    }
    return try scheduler.train(
      experiment, store: store, machine: .current, progress: progress,
      isInterrupted: { SignalHandling.isRequested })
  }

  /// For the line above; empty where measuring the speed of so many models would take long, and with --quiet.
  private func expectedTime(
    _ experiment: Experiment, _ results: [ConfigurationResult], _ scheduler: Scheduler
  ) throws -> String {
    guard !quiet, results.count <= 32 else { return "" }
    let plan = try RunPlan(
      experiment, results: results, jobs: scheduler.jobs, threads: scheduler.threads, note: say)
    return ", about \(clock(plan.seconds)) on free cores"
      + (plan.canEndEarly ? ", less where training ends early" : "")
  }

  private func say(_ text: String) {
    if !quiet { Terminal.say(text) }
  }

  private func draw(
    _ charts: [ExperimentChart], _ table: ResultTable, _ study: CapacityStudy,
    _ experiment: Experiment, _ store: RunStore
  ) throws {
    guard !charts.isEmpty, table.hasScores else { return }
    // Charts of a part do not replace those of the whole experiment.
    let isPart = !only.isEmpty || !chosen.settings.isEmpty
    let folder =
      output.map { URL(fileURLWithPath: $0, isDirectory: true) }
      ?? (isPart
        ? store.folder.appending(path: "part", directoryHint: .isDirectory) : store.folder)
    let drawn = try charts.flatMap {
      try $0.draw(
        table, study, experiment, to: folder, formats: pictures.formats,
        width: pictures.pictureWidth, warn: { Terminal.say("warning: \($0)") })
    }
    let lines = drawn.map { "chart: \($0.relativePath)" }.joined(separator: "\n")
    // Standard output is for a program that reads the table.
    if format != .text { Terminal.say(lines) } else { try Terminal.print("\n" + lines) }
  }
}
