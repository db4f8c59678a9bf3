import ArgumentParser
import Experiments
import Foundation
import Records

/// Where an experiment's records are.
struct RecordsOptions: ParsableArguments {
  @Option(help: "The folder of records.")
  var runs = "runs"

  func validate() throws {
    do {
      try OutputName.checkFolder("--runs", runs)
    } catch {
      // The parser takes other errors for failures of its own.
      throw ValidationError("\(error)")
    }
  }

  func store(of experiment: Experiment) -> RunStore {
    RunStore(
      runs: URL(fileURLWithPath: runs, isDirectory: true), experiment: experiment.name,
      warn: { Terminal.say("warning: \($0)") })
  }
}
