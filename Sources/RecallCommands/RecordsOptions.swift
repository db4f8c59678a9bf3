import ArgumentParser
import Experiments
import Foundation
import Records

/// Where an experiment's records are.
struct RecordsOptions: ParsableArguments {
  @Option(help: "The folder of records.")
  var runs = "runs"

  func store(of experiment: Experiment) -> RunStore {
    RunStore(
      runs: URL(fileURLWithPath: runs, isDirectory: true), experiment: experiment.name,
      warn: { Terminal.say("warning: \($0)") })
  }
}
