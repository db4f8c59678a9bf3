import ExperimentSamples
import Experiments
import Records
import Reports
import Results
import Testing

/// The note below a table on runs that took all steps of a stage with `until_plateau`.
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
      record.evaluations = [sampleEvaluation(step: 150, accuracy: 0.9)]
      record.test = record.evaluations[0]
      record.stageSteps = [rising.contains(run.configuration.seed) ? 100 : 60, 50]
      return record
    }
    let note = "ssd: still rising when training ended, "
    let lines = table.text(.text).split(separator: "\n").filter { $0.hasPrefix(note) }
    #expect(
      lines.map { String($0.dropFirst(note.count)) } == [words].compactMap(\.self))
  }
}
