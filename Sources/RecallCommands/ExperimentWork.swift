import ArgumentParser
import Experiments
import Foundation
import ProgressReports
import Records
import Reports
import Results
import Scheduling
import Support

/// What `recall run` and `recall plot` do.
struct ExperimentWork {
  enum Purpose { case training, plan, table }

  private let shown: TableOptions
  private let work: WorkOptions
  /// Whether to end when other processes work on everything that is left.
  private let noWait: Bool
  private let purpose: Purpose

  init(_ shown: TableOptions, _ work: WorkOptions, noWait: Bool = false, purpose: Purpose) {
    (self.shown, self.work, self.noWait, self.purpose) = (shown, work, noWait, purpose)
  }

  func run() throws {
    if let output = shown.output { try OutputName.checkFolder("--output", output) }
    // All files are read before the first is trained.
    let experiments = try shown.files.map {
      try Experiment(named: $0, overrides: shown.chosen.settings)
    }
    var failure: ExitCode?
    for (file, experiment) in zip(shown.files, experiments) {
      do {
        try run(shown.only.isEmpty ? experiment : experiment.only(shown.only), of: experiment, file)
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
    if purpose != .table { _ = try experiment.configurationCosts() }
    let published = try experiment.publishedTable()
    let store = shown.records.store(of: experiment)
    // Fails before any training if a published table is wrong.
    _ = try published?.lines(of: experiment)
    _ = try experiment.publishedPoints()
    try work.warnOfLateEvaluations(experiment)
    if purpose == .plan { return try showPlan(of: experiment, store) }

    let halving = work.halving
    @Sendable func resultsSoFar() throws -> ResultTable {
      try ResultTable(experiment, published: published, halving: halving, record: store.record)
    }
    let summary =
      try purpose == .table
      ? SweepSummary() : train(experiment, store, soFar: resultsSoFar)
    try report(summary, file, soFar: resultsSoFar)

    if purpose == .training {
      try Measuring(experiment, store: store, leaseSeconds: work.leaseSeconds).run(
        note: { say("note: \($0)") }, isInterrupted: { SignalHandling.isRequested })
    }
    let results = try resultsSoFar()
    let study = try CapacityStudy(results.lines.map(\.result), of: experiment)
    try show(results, study)
    try draw(charts, results, study, experiment, store)
    if shown.tableFormat == .text, results.hasScores, !shown.quiet {
      try Terminal.print(nextStep(results, file))
    }
    if purpose == .table, !shown.quiet, let others = OtherRecords(of: whole, in: store) {
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
    // On a terminal many fits would push the main table off the screen.
    let showsFits = shown.tableFormat != .text || shown.details || study.fitCount <= 8
    var fits = showsFits ? study.text(shown.tableFormat) : ""
    if !fits.isEmpty { fits += "\n" }
    let table = results.text(
      shown.tableFormat, detailed: shown.details || shown.tableFormat != .text,
      width: Terminal.outputColumns)
    let parts = shown.tableFormat == .text ? [fits, table] : [table, fits]
    try Terminal.print(parts.filter { !$0.isEmpty }.joined(separator: "\n"), terminator: "")
  }

  private func nextStep(_ results: ResultTable, _ file: String) -> String {
    let page =
      "a page to send: \(recallCommand("report", file, runs: shown.records.runs))\(shown.chosen.text)"
    let more = results.hasDetails && !shown.details ? "smaller tables: --table --details" : nil
    return [page, more].compactMap(\.self).joined(separator: "; ")
  }

  /// Prints errors and what is left to do. Throws if the command ends here.
  private func report(
    _ summary: SweepSummary, _ file: String, soFar: () throws -> ResultTable
  ) throws {
    for error in summary.errors { Terminal.say("error: \(error)") }
    let again =
      recallCommand("run", file, runs: shown.records.runs)
      + shown.files.drop { $0 != file }.dropFirst().map { " " + shellPath($0) }.joined()
      + shown.chosen.text
      + shown.only.map { " --only \(shellWord($0))" }.joined()
      + work.text
      + (shown.output.map { " --output \(shellPath($0))" } ?? "")
    if summary.isDiskFull {
      Terminal.say(
        "the disk is full; nothing that was finished is lost. Make space, then: \(again)")
      throw ExitCode.failure
    }
    if summary.cannotWrite { throw ExitCode.failure }
    guard summary.paused > 0 else { return }
    if SignalHandling.isRequested {
      if shown.tableFormat == .text, let results = try? soFar(), results.hasNumbers {
        try Terminal.print(
          results.text(.text, detailed: shown.details, width: Terminal.outputColumns),
          terminator: "")
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
    try Terminal.print(
      plan.text(width: Terminal.outputColumns) + experiment.recipeText, terminator: "")
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
      shown.quiet
      ? Terminal.silence : Terminal.progress(runs: experiment.count, jobs: scheduler.jobs)
    if !shown.quiet {
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
    guard !shown.quiet, results.count <= 32 else { return "" }
    let plan = try RunPlan(
      experiment, results: results, jobs: scheduler.jobs, threads: scheduler.threads, note: say)
    return ", about \(clock(plan.seconds)) on free cores"
      + (plan.canEndEarly ? ", less where training ends early" : "")
  }

  private func say(_ text: String) {
    if !shown.quiet { Terminal.say(text) }
  }

  private func draw(
    _ charts: [ExperimentChart], _ table: ResultTable, _ study: CapacityStudy,
    _ experiment: Experiment, _ store: RunStore
  ) throws {
    guard !charts.isEmpty, table.hasScores else { return }
    // Charts of a part do not replace those of the whole experiment.
    let isPart = !shown.only.isEmpty || !shown.chosen.settings.isEmpty
    let folder =
      shown.output.map { URL(fileURLWithPath: $0, isDirectory: true) }
      ?? (isPart
        ? store.folder.appending(path: "part", directoryHint: .isDirectory) : store.folder)
    let drawn = try charts.flatMap {
      try $0.draw(
        table, study, experiment, to: folder, formats: shown.pictures.formats,
        width: shown.pictures.pictureWidth, warn: { Terminal.say("warning: \($0)") })
    }
    let lines = drawn.map { "chart: \($0.relativePath)" }.joined(separator: "\n")
    // Standard output is for a program that reads the table.
    if shown.tableFormat != .text { Terminal.say(lines) } else { try Terminal.print("\n" + lines) }
  }
}
