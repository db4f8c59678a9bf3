import Experiments
import Foundation
import Testing

@Suite struct RunPlanTests {
  @Test func planListsRunsWithArithmeticTimeAndMemory() throws {
    let folder = try TemporaryFolder()
    let experiment = try Experiment(yaml: smallFile, file: "small.yaml")
    let store = RunStore(runs: folder.url, experiment: "small")
    let costs = try experiment.costs()
    let plan = try RunPlan(experiment, store: store, jobs: 3, threads: 1)
    #expect(plan.items.count == 12)
    #expect(plan.measured == 3 && plan.recalled == 0)
    #expect(plan.items.map(\.seconds) == plan.items.map(\.seconds).sorted(by: >))
    #expect(plan.items.allSatisfy { $0.seconds > 0 && $0.share == 1 })
    let all = plan.items.reduce(0) { $0 + $1.seconds }
    #expect(plan.seconds >= all / 3 && plan.seconds <= all)
    #expect(plan.multiplyAdds == costs.values.reduce(0) { $0 + $1.multiplyAdds })
    for item in plan.items {
      // Values, two moments and four lanes' gradients, and some activations.
      #expect(item.bytes > 7 * 4 * item.cost.parameters)
      #expect(item.bytes < 7 * 4 * item.cost.parameters + 100_000_000)
    }
    #expect(plan.text.contains("12 of 12 runs to do"))
    #expect(plan.text.contains("of 3 models measured just now"))
  }

  @Test func earlierRunsTellTheSpeed() throws {
    let folder = try TemporaryFolder()
    let experiment = try Experiment(yaml: smallFile, file: "small.yaml")
    let store = RunStore(runs: folder.url, experiment: "small")
    let run = experiment.runs[0]
    var record = RunRecord(run, machine: sampleMachine, threads: 1)
    record.status = .finished
    let examples = try #require(try experiment.costs()[run.hash]).examples
    record.evaluations = [sampleEvaluation(step: 10, accuracy: 0.5)]
    record.evaluations[0].examples = examples / 2
    record.evaluations[0].seconds = 50
    try store.save(record, of: run)
    let plan = try RunPlan(
      experiment, store: store, jobs: 1, threads: 1, machine: sampleMachine)
    #expect(plan.recalled == 1 && plan.measured == 2)
    let cell = plan.items.filter { $0.run.label.hasPrefix("attention") }
    #expect(cell.map { $0.seconds.rounded() }.sorted() == [0, 100, 100, 100])
    // With other threads, or on another processor, it says nothing.
    #expect(
      try RunPlan(experiment, store: store, jobs: 1, threads: 2, machine: sampleMachine)
        .recalled == 0)
  }
}
