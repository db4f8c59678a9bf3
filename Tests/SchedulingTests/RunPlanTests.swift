import ExperimentSamples
import Experiments
import Foundation
import ProgressReports
import Records
import Reports
import Results
import Scheduling
import Testing
import Training

@Suite struct RunPlanTests {
  @Test func planListsRunsWithArithmeticTimeAndMemory() throws {
    let folder = try TemporaryFolder()
    let experiment = try Experiment(yaml: smallFile, file: "small.yaml")
    let store = RunStore(runs: folder.url, experiment: "small")
    let costs = try experiment.costs()
    let plan = try RunPlan(
      experiment, results: experiment.results(in: store, halving: false), jobs: 3, threads: 1)
    #expect(plan.items.count == 12)
    #expect(plan.measured == 3 && plan.recalled == 0)
    let arithmetic = plan.items.map(\.cost.multiplyAdds)
    // Seed by seed.
    #expect(arithmetic.prefix(6).map { $0 } == arithmetic.prefix(6).sorted(by: >))
    #expect(arithmetic.prefix(6) == arithmetic.suffix(6))
    #expect(plan.items.allSatisfy { $0.seconds > 0 && $0.share == 1 })
    let all = plan.items.reduce(0) { $0 + $1.seconds }
    #expect(plan.seconds >= all / 3 && plan.seconds <= all)
    #expect(plan.multiplyAdds == costs.values.reduce(0) { $0 + $1.multiplyAdds })
    for item in plan.items {
      // Values, two moments, the gradients of four shards, and activations.
      #expect(item.bytes > 7 * 4 * item.cost.parameters)
      #expect(item.bytes < 7 * 4 * item.cost.parameters + 100_000_000)
    }
    #expect(plan.text().contains("12 of 12 runs to do"))
    #expect(plan.text().contains("of 3 models measured just now, as on free cores"))
  }

  /// Of little arithmetic, and slow: in the order of training all the same, which does not know the speed.
  @Test func theOrderIsThatOfTraining() throws {
    let (folder, experiment) = (
      try TemporaryFolder(), try Experiment(yaml: smallFile, file: "small.yaml")
    )
    let store = RunStore(runs: folder.url, experiment: "small")
    var record = RunRecord(experiment.runs[0], machine: sampleMachine, threads: 1)
    record.evaluations = [sampleEvaluation(step: 10, accuracy: 0.5)]
    record.evaluations[0].seconds = 1e6
    try store.save(record, of: experiment.runs[0])
    let plan = try RunPlan(
      experiment, results: experiment.results(in: store, halving: false), jobs: 1, threads: 1,
      machine: sampleMachine)
    #expect(plan.items.map(\.seconds).max() == plan.items.last?.seconds)
    #expect(
      plan.items.map(\.run.label).prefix(2) == [
        "SSD N=8 lr=0.003 seed=0", "SSD N=8 lr=0.01 seed=0",
      ])
  }

  @Test func whatHalvingDroppedIsOpenWithoutIt() throws {
    let (folder, experiment) = (
      try TemporaryFolder(), try Experiment(yaml: smallFile, file: "small.yaml")
    )
    let store = RunStore(runs: folder.url, experiment: "small")
    for run in experiment.runs {
      var record = RunRecord(run, machine: sampleMachine, threads: 1)
      record.status = run.configuration.training.learningRate == 1e-2 ? .dropped : .finished
      record.totalSteps = 40
      record.rungs = [.init(share: 0.5, step: 20, accuracy: 0.5, loss: 0.5)]
      record.evaluations = [
        sampleEvaluation(step: record.status == .dropped ? 20 : 40, accuracy: 0.5)
      ]
      try store.save(record, of: run)
    }
    func text(halving: Bool) throws -> String {
      try RunPlan(
        experiment, results: experiment.results(in: store, halving: halving), jobs: 1, threads: 1,
        machine: sampleMachine
      ).text()
    }
    #expect(try text(halving: true).contains("\n0 of 12 runs to do"))
    #expect(try text(halving: false).contains("\n6 of 12 runs to do"))
    #expect(try text(halving: false).contains("50 % done"))
  }

  @Test func earlierRunsTellTheSpeed() throws {
    let folder = try TemporaryFolder()
    let experiment = try Experiment(yaml: smallFile, file: "small.yaml")
    let store = RunStore(runs: folder.url, experiment: "small")
    let run = experiment.runs[0]
    var record = RunRecord(run, machine: sampleMachine, threads: 1)
    record.status = .finished
    // Two stages, of 32 and 64 tokens. A token of the longer one takes twice as long: whole, they take 40 and 80 s.
    let tokens = try #require(try experiment.costs()[run.hash]).tokensByLength
    let (short, long) = (try #require(tokens[32]), try #require(tokens[64]))
    let pace = 40 / Double(short)
    let second = 80 / Double(long)
    // In one stretch of each stage the machine slept.
    record.evaluations = [
      (0.2, 0, 0.0), (0.4, 0, 5000), (1, 0, 5000), (1, 0.2, 5000), (1, 0.4, 10000), (1, 0.6, 10000),
    ].map { first, last, slept in
      var evaluation = sampleEvaluation(step: 1, accuracy: 0.5)
      let parts = (first * Double(short), last * Double(long))
      evaluation.tokens = Int(parts.0 + parts.1)
      evaluation.examples = Int(parts.0 / 32 + parts.1 / 64)
      evaluation.seconds = parts.0 * pace + parts.1 * second + slept
      return evaluation
    }
    try store.save(record, of: run)
    let plan = try RunPlan(
      experiment, results: experiment.results(in: store, halving: false), jobs: 1, threads: 1,
      machine: sampleMachine)
    #expect(plan.recalled == 1 && plan.measured == 2)
    let attention = plan.items.filter { $0.run.label.hasPrefix("attention") }
    #expect(attention.map { $0.seconds.rounded() }.sorted() == [0, 120, 120, 120])
    // With other threads, or on another processor, it says nothing.
    #expect(
      try RunPlan(
        experiment, results: experiment.results(in: store, halving: false), jobs: 1, threads: 2,
        machine: sampleMachine
      ).recalled == 0)
  }
}
