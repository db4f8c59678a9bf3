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

/// Learning rates compared at the first of three seeds.
@Suite struct RateSearchTests {
  private static let yaml = smallFile.replacing(
    "seed: [0, 1]", with: "seed: [5, 0, 1]\nsearch_seeds: 1")
  private let experiment: Experiment
  private let folder: TemporaryFolder
  private let store: RunStore

  init() throws {
    experiment = try Experiment(yaml: Self.yaml, file: "small.yaml")
    folder = try TemporaryFolder()
    store = RunStore(runs: folder.url, experiment: "small")
  }

  private func train(
    _ other: Experiment? = nil, jobs: Int = 2, usesHalving: Bool = false
  ) throws -> (SweepSummary, [String]) {
    let progress = RecordingProgress()
    let factory = TrainerFactory.scripted { _, checkpoint in
      ScriptedTrainer(checkpoint: checkpoint) { _ in nil }
    }
    var scheduler = Scheduler(jobs: jobs, threads: 1, factory: factory)
    scheduler.usesHalving = usesHalving
    let summary = try scheduler.train(
      other ?? experiment, store: store, machine: sampleMachine, progress: progress,
      isInterrupted: { false })
    return (summary, progress.ends)
  }

  private func result(
    _ status: (_ rate: Double, _ seed: UInt64) -> RunRecord.Status?
  ) -> ConfigurationResult {
    ConfigurationResult(experiment.configurations[0]) { run in
      let (rate, seed) = (run.configuration.training.learningRate, run.configuration.seed)
      guard let status = status(rate, seed) else { return nil }
      var record = RunRecord(run, machine: sampleMachine, threads: 1)
      record.status = status
      // The higher rate is better at the seed that counts only.
      record.evaluations = [
        sampleEvaluation(step: 10, accuracy: (rate == 1e-2) == (seed == 5) ? 0.9 : 0.1)
      ]
      return record
    }
  }

  @Test func theFirstSeedChoosesForAll() {
    #expect(experiment.count == 12 && experiment.configurations[0].count == 4)
    #expect(experiment.configurations[0].seeds == [5, 0, 1])

    let open = result { rate, seed in seed == 5 && rate == 1e-2 ? .finished : nil }
    #expect(open.runs.count == 2 && open.deferred.count == 2 && open.count == 4)
    #expect(open.chosen == nil && !open.isComplete && open.unscored.isEmpty)
    #expect(open.missingText == "of 4 runs 1 finished, 3 without a record")

    let searched = result { _, seed in seed == 5 ? .finished : nil }
    #expect(searched.deferred.isEmpty && searched.runs.count == 4)
    #expect(searched.rates.map(\.runs.count) == [1, 3])
    // The rate is known, so what is trained at it can be scored.
    #expect(searched.chosen == nil && searched.settled?.learningRate == 1e-2)
    #expect(searched.unscored.map(\.configuration.seed) == [5])
    #expect(searched.isDone(seedAt: 0) == false && open.settled == nil)

    // Runs of another file at a rate that was not chosen do not count.
    let done = result { _, _ in .finished }
    #expect(done.chosen?.learningRate == 1e-2 && done.chosen?.runs.map(\.seed) == [0, 1, 5])
    #expect(done.unscored.map(\.configuration.seed) == [0, 1, 5])
    #expect(
      done.rates.map(\.runs.count) == [1, 3] && done.searchCurve.map(\.runs.count) == [1, 1])
  }

  @Test func aRowMayCompareAtMoreSeeds() throws {
    let yaml = Self.yaml.replacing("label: attention,", with: "search_seeds: 3, label: attention,")
    let experiment = try Experiment(yaml: yaml, file: "small.yaml")
    #expect(experiment.configurations.map(\.count) == [6, 4, 4] && experiment.count == 14)
    let preset = Self.yaml.replacing(
      "ssd: {use: small,", with: "ssd: {search_seeds: 2, use: small,")
    #expect(
      try Experiment(yaml: preset, file: "small.yaml").configurations.map(\.count) == [4, 5, 5])
    let table = try ResultTable(experiment, published: nil, record: store.record)
    #expect(table.text(.text).contains("in 2 of 3 rows learning rates were compared at 1 of 3"))
  }

  @Test func whereEveryRateDivergesNothingIsLeftToDo() {
    let none = result { _, seed in seed == 5 ? .diverged : nil }
    #expect(none.isComplete && none.chosen == nil && none.deferred.isEmpty)
  }

  /// The chosen rate's other seeds, at which it is worse here, are not compared with anything.
  @Test func ratesAreShownAtTheSameSeeds() throws {
    for run in experiment.runs {
      let (rate, seed) = (run.configuration.training.learningRate, run.configuration.seed)
      guard rate == 1e-2 || seed == 5 else { continue }
      var record = RunRecord(run, machine: sampleMachine, threads: 1)
      record.status = .finished
      record.evaluations = [
        sampleEvaluation(step: 40, accuracy: seed != 5 ? 0.3 : rate == 1e-2 ? 0.9 : 0.8)
      ]
      try store.save(record, of: run)
    }
    let table = try ResultTable(experiment, published: nil, record: store.record)
    let rates = try #require(table.rateTable)
    #expect(rates.title.contains("over the seeds at which rates are compared"))
    #expect(rates.cells.dropFirst().allSatisfy { $0.dropFirst() == ["0.800", "[0.900]"] })
    #expect(table.text(.csv).contains("0.003:0.8 0.01:0.9"))
  }

  @Test(arguments: [1, 2, 12])
  func onlyTheChosenRateIsTrainedAtTheOtherSeeds(jobs: Int) throws {
    let (summary, ends) = try train(jobs: jobs)
    #expect(summary.finished == 12 && summary.paused == 0 && summary.errors.isEmpty)
    #expect(ends.count { $0.contains(": scored") } == 9)
    for run in experiment.runs {
      // Both rates do equally well; the lower one is taken.
      let isChosen = run.configuration.training.learningRate == 3e-3
      let record = try store.record(of: run)
      #expect((record == nil) == (!isChosen && run.configuration.seed != 5), "\(run.label)")
      #expect((record?.test != nil) == isChosen, "\(run.label)")
    }
    let table = try ResultTable(experiment, published: nil, record: store.record)
    #expect(table.lines.allSatisfy { $0.score?.accuracy.count == 3 && $0.result.count == 4 })
    #expect(
      table.text(.text).contains(
        "learning rates were compared at 1 of 3 seeds; the others have the chosen rate only"))
    #expect(try SweepStatus(experiment, store: store).items.count == 12)
    #expect(try train().0.finished == 0)
  }

  @Test func halvingIsOverTheSearchOnly() throws {
    let (summary, ends) = try train(usesHalving: true)
    #expect(summary.finished == 9 && summary.paused == 0 && summary.errors.isEmpty)
    // Six runs come to the comparison; the others are trained in one go.
    #expect(ends.count { $0.contains(": finished") } == 9)
    let statuses = try experiment.runs.map { try store.record(of: $0)?.status }
    #expect(statuses.count { $0 == .dropped } == 3 && statuses.count { $0 == nil } == 6)
    let table = try ResultTable(experiment, published: nil, halving: true, record: store.record)
    #expect(table.savings?.dropped == 3 && table.savings?.runs == 12)
    // Without it the choice is open again.
    for (halving, left) in [(true, 0), (false, 9)] {
      let plan = try RunPlan(
        experiment, results: experiment.results(in: store, halving: halving), jobs: 1, threads: 1)
      #expect(plan.text().contains("\n\(left) of 12 runs to do"))
    }
    #expect(try abs(#require(table.savings).share - 1 / 8) < 1e-12)
  }

  /// The comparisons of three rates are not those of two.
  @Test func aSearchMayBeWidenedLater() throws {
    _ = try train(usesHalving: true)
    let yaml = Self.yaml.replacing("lr: [3e-3, 1e-2]", with: "lr: [3e-3, 1e-2, 3e-2]")
      .replacing("search_seeds: 1", with: "search_seeds: 3")
    let wider = try Experiment(yaml: yaml, file: "small.yaml")
    let summary = try train(wider, usesHalving: true).0
    #expect(summary.paused == 0 && summary.errors.isEmpty)
    let table = try ResultTable(wider, published: nil, record: store.record)
    #expect(
      table.lines.allSatisfy { $0.result.count(.finished) == 3 && $0.result.count(.dropped) == 6 })
    #expect(table.lines.allSatisfy { $0.score?.accuracy.count == 3 })
  }

  @Test func planAndStatusCountTheRunsToCome() throws {
    let plan = try RunPlan(
      experiment, results: experiment.results(in: store, halving: false), jobs: 1, threads: 1)
    #expect(plan.items.count == 12)
    #expect(plan.text().contains("12 of 12 runs to do"))
    #expect(plan.items.count { $0.label.hasPrefix("SSD N=8 lr=chosen seed=") } == 2)
    let status = try SweepStatus(experiment, store: store)
    #expect(status.count(.pending) == 12 && status.items.count == 12)
  }

  /// A half of one of four runs.
  @Test func halvingSavesInTheSearchOnly() throws {
    let yaml = Self.yaml.replacing(
      "stages: [{sequence_length: 32, n_pairs: 8, steps: 100}, {examples: 2000}]",
      with: "stages: [{steps: 100}]\n  evaluate_every: 50")
    let configuration = try Experiment(yaml: yaml, file: "small.yaml").configurations[0]
    #expect(try HalvingForecast(configuration).share == 0.875)
  }
}
