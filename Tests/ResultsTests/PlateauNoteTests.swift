import ExperimentSamples
import Experiments
import Records
import Reports
import Results
import Testing

/// The note below a table on runs that took all steps of a stage with `until_plateau` and had not reached its plateau.
@Suite struct PlateauNoteTests {
  @Test(
    arguments: [
      ([], nil), ([1], "at seed 1"), ([0, 2], "at seeds 0, 2"),
      ([0, 1, 2], "at seeds 0, 1, 2"),
    ] as [(Set<UInt64>, String?)])
  func namesTheSeedsThatStillRose(_ rising: Set<UInt64>, _ words: String?) throws {
    let experiment = try Experiment(
      yaml: """
        experiment: plateau
        task: {kind: mqar, sequence_length: 64, n_pairs: 4}
        model: {kind: ssd}
        training: {lr: 1e-2, stages: [{steps: 100, until_plateau: 0.01}, {steps: 50}]}
        seed: [0, 1, 2]
        """, file: "plateau.yaml")
    let table = try ResultTable(experiment, published: nil) { run in
      var record = RunRecord(run, machine: sampleMachine, threads: 1)
      record.status = .finished
      let isRising = rising.contains(run.configuration.seed)
      // Validation falls between the steps of the stage, so that its last third has the evaluation at step 90 alone.
      let accuracies = [(30, 0.2), (60, isRising ? 0.5 : 0.9), (90, 0.9), (120, 0.95), (150, 0.95)]
      record.evaluations = accuracies.map { sampleEvaluation(step: $0, accuracy: $1) }
      record.test = record.evaluations.last
      record.stageSteps = [run.configuration.seed == 1 && !isRising ? 60 : 100, 50]
      return record
    }
    let note = "ssd: still rising when training ended, "
    let lines = table.text(.text).split(separator: "\n").filter { $0.hasPrefix(note) }
    #expect(
      lines.map { String($0.dropFirst(note.count)) } == [words].compactMap(\.self))
  }
}
