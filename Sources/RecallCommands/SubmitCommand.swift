import ArgumentParser
import Experiments
import Foundation
import ProgressReports
import Records
import Results
import Scheduling

struct SubmitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "submit",
    abstract: "Submits an experiment to Slurm, as a job array whose tasks share its runs.",
    discussion: """
      Every task takes runs that no process works on, until none is left. The folder of records must be on a \
      file system that all nodes share. Shortly before the time limit, or after SIGTERM, a task writes its \
      checkpoints and has itself requeued, so a short limit is enough for long experiments. Script and logs \
      go to runs/EXPERIMENT/slurm/. recall status FILE shows how far it is; at the end recall run FILE prints \
      the table.

      EXAMPLES
        recall submit tasks/mqar-table.yaml --partition short --time 04:00:00 --tasks 20
        recall submit tasks/mqar-table.yaml --time 60 --option=--account=physics --script-only
      """)

  @Argument(help: ExperimentFile.help, completion: ExperimentFile.completion)
  var file: String

  @Option(help: "The partition (default: the cluster's).")
  var partition: String?

  @Option(
    help: """
      A task's time limit, as sbatch takes it: minutes, HH:MM:SS, D-HH:MM; more than --grace-seconds and a \
      minute (default: the cluster's).
      """
  )
  var time: String?

  @Option(help: "Tasks of the array (default: as many as there are runs for, at most 100).")
  var tasks: Int?

  @Option(
    help:
      "Megabytes of memory per task (default: twice what the plan expects plus 200; 0: no request)."
  )
  var memory: Int?

  @Option(help: "Seconds before the time limit at which a task ends and is requeued.")
  var graceSeconds = 120

  @Option(
    help:
      "Another option of sbatch, for example --option=--account=NAME; may be given several times.")
  var option: [String] = []

  @Flag(help: "Write the script, but do not submit it.")
  var scriptOnly = false

  @OptionGroup var records: RecordsOptions
  @OptionGroup var work: WorkOptions

  func validate() throws {
    guard (tasks ?? 1) >= 1 else { throw ValidationError("--tasks must be at least 1.") }
    guard (memory ?? 0) >= 0 else { throw ValidationError("--memory must be at least 0.") }
    guard (0...65535).contains(graceSeconds) else {
      throw ValidationError("--grace-seconds must be 0 to 65535.")
    }
    if let time, let problem = SlurmScript.problem(withTime: time, graceSeconds: graceSeconds) {
      throw ValidationError(problem)
    }
    for text in [partition, time].compactMap(\.self) + option
    where text.contains(where: \.isNewline) {
      throw ValidationError("\(text.debugDescription): an option of sbatch is one line.")
    }
    for text in option where !text.hasPrefix("-") {
      throw ValidationError("--option \(text): an option of sbatch begins with -.")
    }
    for text in option where SlurmScript.holdsMoreThanOneOption(text) {
      throw ValidationError(
        "--option \(text): holds more than one option and its value; give each option with its own --option."
      )
    }
    if let partition, partition.isEmpty || partition.contains(where: \.isWhitespace) {
      throw ValidationError("--partition \(partition): allowed: one name, or several with commas.")
    }
    for text in option {
      guard let own = SlurmScript.owner(of: text) else { continue }
      throw ValidationError("--option \(text): recall sets this itself\(own).")
    }
  }

  func run() throws {
    let experiment = try Experiment(named: file)
    let store = records.store(of: experiment)
    let results = try experiment.results(in: store, halving: work.halving)
    let waiting = results.waitingCount
    guard waiting > 0 else {
      try Terminal.print(
        "\(experiment.name): every run is done; "
          + "\(recallCommand("run", file, runs: records.runs)) prints the table")
      return
    }
    try work.warnOfLateEvaluations(experiment)
    let script = try script(of: experiment, store, results)
    if let text = script.textThatEndsALine {
      throw ValidationError(
        "\(text.debugDescription): a path or option in a batch script cannot hold a line break or another "
          + "control character; rename it.")
    }
    if scriptOnly {
      try Terminal.print(Slurm.write(script).path)
      return
    }
    let job = try Slurm.submit(script)
    try Terminal.print(
      "\(experiment.name): job \(job), \(script.tasks) \(script.tasks == 1 ? "task" : "tasks") of "
        + "\(script.processors) \(script.processors == 1 ? "processor" : "processors") and "
        + "\(script.megabytes) MB for \(waiting) runs; "
        + "\(recallCommand("status", file, runs: records.runs)) shows how far it is")
  }

  private func script(
    of experiment: Experiment, _ store: RunStore, _ results: [ConfigurationResult]
  ) throws -> SlurmScript {
    let (jobs, threads) = (work.jobs ?? 1, work.threads ?? 1)
    let directory = FileManager.default.currentDirectoryPath
    var script = SlurmScript(
      experiment: experiment.name, directory: directory,
      folder: store.folder.appendingPathComponent("slurm", isDirectory: true),
      command: command(jobs: jobs, threads: threads))
    (script.partition, script.time) = (partition, time)
    script.tasks = tasks ?? min(100, (results.waitingCount + jobs - 1) / jobs)
    script.processors = jobs * threads
    let plan = try RunPlan(experiment, results: results, jobs: jobs, threads: threads)
    script.megabytes = memory ?? 200 + 2 * plan.bytes / 1_000_000
    script.graceSeconds = graceSeconds
    script.options = option
    let home = "RECALLBENCH_HOME"
    if let folder = ProcessInfo.processInfo.environment[home] { script.environment[home] = folder }
    return script
  }

  /// This program, not the script that may build it: nodes may have no compiler.
  private func command(jobs: Int, threads: Int) -> [String] {
    let program = Bundle.main.executablePath ?? CommandLine.arguments[0]
    return [
      program, "run", file, "--runs", records.runs, "--no-wait", "--jobs", "\(jobs)",
      "--threads", "\(threads)", "--checkpoint-seconds", "\(work.checkpointSeconds)",
      "--lease-seconds", "\(work.leaseSeconds)",
    ] + (work.halving ? ["--halving"] : [])
  }
}
