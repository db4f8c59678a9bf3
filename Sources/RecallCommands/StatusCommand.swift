import ArgumentParser
import Experiments
import Foundation
import ProgressReports
import Records
import Reports
import Scheduling

struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Shows how far an experiment is, on whatever machines its runs are trained.",
    discussion: """
      Reads the records and leases in runs/EXPERIMENT/, and Slurm's queue if recall submit was used. Damaged \
      records are named and left where they are.

        finished, diverged    done
        dropped               ended early by successive halving
        running               a process works on it
        interrupted           begun, but no process works on it: recall run or recall submit goes on
        failed                ended with an error, such as too little memory: recall run tries again
        pending               not begun

      EXAMPLES
        recall status tasks/mqar-table-quick.yaml
        recall status mqar-table-quick training.lr=1e-2
      """)

  @Argument(help: ExperimentFile.help, completion: ExperimentFile.completion)
  var file: String

  @OptionGroup var chosen: SettingOptions

  @OptionGroup var records: RecordsOptions

  func validate() throws { try chosen.requireOneExperiment(of: "status") }

  func run() throws {
    let experiment = try Experiment(named: file, overrides: chosen.settings)
    let store = records.store(of: experiment)
    try Terminal.print(SweepStatus(experiment, store: store).text, terminator: "")
    do {
      let folder = store.folder.appendingPathComponent("slurm", isDirectory: true)
      guard let queue = try Slurm.queue(folder) else { return }
      try Terminal.print("\n" + queue.text)
    } catch let error as SlurmError {
      Terminal.say("warning: \(error); this is what the records alone say")
    }
  }
}
