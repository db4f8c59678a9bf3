import ExperimentSamples
import Experiments
import Foundation
import ProgressReports
import Records
import Reports
import Results
import Scheduling
import Storage
import Testing
import Training

@Suite struct SchedulerTests {
  let folder: TemporaryFolder
  let experiment: Experiment
  var runs: [Experiment.Run] { experiment.runs }
  let store: RunStore

  init() throws {
    folder = try TemporaryFolder()
    experiment = try Experiment(yaml: smallFile, file: "small.yaml")
    store = RunStore(runs: folder.url, experiment: "small")
  }

  private func train(
    jobs: Int, usesHalving: Bool = false, machine: Machine = sampleMachine,
    warn: @escaping @Sendable (String) -> Void = { _ in },
    isInterrupted: @escaping @Sendable () -> Bool = { false },
    outcome: @escaping @Sendable (RunConfiguration, Int) throws -> TrainerOutcome? = { _, _ in nil }
  ) throws -> (SweepSummary, [String]) {
    let progress = RecordingProgress(warn)
    let factory = TrainerFactory.scripted { configuration, checkpoint in
      _ = try outcome(configuration, 0)
      return ScriptedTrainer(checkpoint: checkpoint) { step in
        try? outcome(configuration, step)
      }
    }
    var scheduler = Scheduler(jobs: jobs, threads: 1, factory: factory)
    scheduler.usesHalving = usesHalving
    let summary = try scheduler.train(
      experiment, store: store, machine: machine, progress: progress,
      isInterrupted: isInterrupted)
    return (summary, progress.ends)
  }

  @Test(arguments: [1, 3, 12])
  func everyRunEndsInARecord(jobs: Int) throws {
    let (summary, ends) = try train(jobs: jobs)
    #expect(summary.finished == 12)
    // Of every configuration one learning rate with two seeds is scored.
    #expect(ends.count == 18 && Set(ends).count == 18)
    #expect(ends.count { $0.contains(": scored") } == 6)
    for run in runs {
      let record = try #require(try store.record(of: run))
      #expect(record.status == .finished)
      #expect(record.evaluations.map(\.step) == [5, 10])
      // Both rates do equally well; the lower one is taken.
      let isChosen = run.configuration.training.learningRate == 3e-3
      #expect(record.test?.accuracy == (isChosen ? 0.75 : nil))
      #expect(record.parameters == 42)
      #expect(record.finished != nil)
      let checkpoint = store.checkpoint(of: run.hash).path
      #expect(!FileManager.default.fileExists(atPath: checkpoint))
    }
  }

  /// If weights cannot be read now, their runs are not trained again, and are scored when the weights can be read.
  @Test func unreadableWeightsLeaveTheirRunsFinished() throws {
    var factory = TrainerFactory.scripted { _, checkpoint in
      ScriptedTrainer(checkpoint: checkpoint) { _ in nil }
    }
    let score = factory.score
    factory.score = { _, weights, _, _, _ in throw FileError(weights, "is not a regular file") }
    func sit() throws -> SweepSummary {
      try Scheduler(jobs: 2, threads: 1, factory: factory).train(
        experiment, store: store, machine: sampleMachine, progress: RecordingProgress(),
        isInterrupted: { false })
    }
    let summary = try sit()
    #expect(summary.finished == 12 && summary.errors.count == 6)
    #expect(summary.errors.allSatisfy { $0.contains("is not a regular file") })
    #expect(try runs.allSatisfy { try store.record(of: $0)?.status == .finished })
    let files = try FileManager.default.contentsOfDirectory(atPath: store.folder.path)
    #expect(!files.contains { $0.contains("damaged") })
    factory.score = score
    let second = try sit()
    #expect(second.finished == 0 && second.errors.isEmpty)
    #expect(try runs.count { try store.record(of: $0)?.test != nil } == 6)
  }

  @Test func runsStartSeedBySeedTheLongestFirst() throws {
    let (_, ends) = try train(jobs: 1)
    // SSD with N = 8 has more arithmetic than with 4, and that more than two layers of attention.
    let order = ["0", "1"].flatMap { seed in
      ["SSD N=8", "SSD N=4", "attention"].flatMap { model in
        ["0.003", "0.01"].map { "\(model) lr=\($0) seed=\(seed): finished" }
      }
    }
    #expect(ends.filter { $0.contains(": finished") } == order)
  }

  /// The table can be shown as soon as a seed of all rows is done, but not at the end, where the whole table comes.
  @Test func seedsThatEndAreToldOnce() throws {
    let three = try Experiment(
      yaml: smallFile.replacing("seed: [0, 1]", with: "seed: [0, 1, 2]")
        .replacing("lr: [3e-3, 1e-2]", with: "lr: 3e-3"), file: "small.yaml")
    try #require(three.count == 9)
    let store = store
    let texts = Messages()
    var scheduler = Scheduler(
      jobs: 1, threads: 1,
      factory: .scripted { _, checkpoint in
        // Slower than the scheduler looks.
        ScriptedTrainer(checkpoint: checkpoint) { _ in
          Thread.sleep(forTimeInterval: 0.03)
          return nil
        }
      })
    scheduler.seedEnded = {
      let table = try? ResultTable(three, published: nil, record: store.record)
      texts.add(table?.progressText ?? "no table")
    }
    _ = try scheduler.train(
      three, store: store, machine: sampleMachine, progress: RecordingProgress(),
      isInterrupted: { false })
    #expect(texts.all.count == 2)
    for (text, seeds) in zip(texts.all, 1...) {
      let scored = text.split(separator: "\n").filter { $0.contains("0.750") }
      #expect(
        scored.count == 3 && scored.allSatisfy { $0.contains("\(seeds) of 3 seeds") }, "\(text)")
    }
  }

  @Test func halvingDropsHalfAndCanBeTakenBack() throws {
    let (summary, _) = try train(jobs: 2, usesHalving: true)
    #expect(summary.finished == 6 && summary.errors.isEmpty && summary.paused == 0)
    let dropped = try runs.filter { try store.record(of: $0)?.status == .dropped }
    #expect(dropped.count == 6)
    // Both rates do equally well; the lower one is kept.
    #expect(dropped.allSatisfy { $0.configuration.training.learningRate == 1e-2 })
    let table = try ResultTable(experiment, published: nil, record: store.record)
    #expect(
      table.text(.text).contains(
        "successive halving dropped 6 of 12 runs early and saved 25 % of the arithmetic"))
    #expect(table.text(.text).contains("[0.500]  0.250, 2 dropped"))
    #expect(try train(jobs: 2, usesHalving: true).0.finished == 0)

    #expect(try train(jobs: 2).0.finished == 6)
    let all = try ResultTable(experiment, published: nil, record: store.record)
    let none = try ResultTable(
      experiment, published: nil, halving: true, record: store.record)
    #expect(
      none.text(.text).contains(
        "successive halving dropped 0 of 12 runs early and saved 0 % of the arithmetic"))
    #expect(all.savings == nil && all.lines.allSatisfy { $0.result.count(.finished) == 4 })
  }

  @Test func anotherKindOfProcessorIsNamed() throws {
    let begun = Messages()
    _ = try train(
      jobs: 1, isInterrupted: { begun.all.count >= 7 },
      outcome: { _, step in
        if step > 0 { begun.add("") }
        return nil
      })
    let warnings = Messages()
    let other = Machine(
      commit: "0123456789ab", cpu: "another", instructionSet: "avx2", blasCore: "Haswell")
    _ = try train(jobs: 1, machine: other, warn: warnings.add)
    #expect(warnings.all.count == 1)
    #expect(
      warnings.all[0].contains(
        "SSD N=8 lr=0.003 seed=0 continues on another kind of processor (another, avx2, OpenBLAS "
          + "Haswell; before: a processor, baseline, OpenBLAS Generic)"))
    let records = try runs.compactMap { try store.record(of: $0) }
    #expect(records.count { $0.earlierProcessors != nil } == 1)
    let table = try ResultTable(experiment, published: nil, record: store.record)
    #expect(table.text(.text).contains("SSD N=8: 1 of 4 runs trained on more than one kind"))
  }

  @Test func divergedRunIsDone() throws {
    let (summary, _) = try train(
      jobs: 2,
      outcome: { configuration, step in
        configuration.seed == 1 && step == 7
          ? TrainerOutcome.diverged(reason: "the loss is not finite", step: step) : nil
      })
    #expect(summary.finished == 6 && summary.diverged == 6)
    let record = try #require(try store.record(of: runs[1]))
    #expect(record.status == .diverged && record.isDone)
    #expect(record.failure == .init(reason: "the loss is not finite", step: 7))
  }

  @Test func errorLeavesTheRunToBeDone() throws {
    struct NoMemory: Error {}
    let (summary, _) = try train(
      jobs: 2,
      outcome: { configuration, _ in
        if configuration.model.kind == "ssd" { throw NoMemory() }
        return nil
      })
    #expect(summary.finished == 4)
    #expect(summary.errors.count == 8)
    #expect(summary.errors.allSatisfy { $0.contains("SSD N=") && $0.contains("NoMemory") })
    #expect(try store.record(of: runs[11])?.isDone != true)
    // Next time it is tried again.
    #expect(try train(jobs: 2).0.finished == 8)
  }

  private var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: store.folder.path) }
  }

  /// An attempt is counted before work that may kill the process, and removed after it.
  @Test func attemptsAreCountedWhileTheyLast() throws {
    let seen = Messages()
    let (summary, _) = try train(
      jobs: 1,
      outcome: { [store, runs] configuration, step in
        let run = try #require(runs.first { $0.configuration == configuration })
        seen.add("\(step) \(try store.record(of: run)?.attempts ?? 0)")
        return nil
      })
    #expect(summary.finished == 12)
    // As the trainer is made, and after each step.
    #expect(Set(seen.all) == Set((0...10).map { "\($0) 1" }))
    #expect(try runs.allSatisfy { try store.record(of: $0)?.attempts == nil })
  }

  /// Runs during which processes died are tried last and alone, then given up; the others are done.
  @Test func aRunThatEndsItsProcessesIsGivenUp() throws {
    func leave(_ run: Experiment.Run, _ attempts: Int) throws {
      var record = RunRecord(run, machine: sampleMachine, threads: 1)
      record.attempts = attempts
      try store.save(record, of: run)
    }
    // Those of the most arithmetic, which would come first.
    try leave(runs[8], RunRecord.mostAttempts - 1)
    try leave(runs[9], RunRecord.mostAttempts)
    let (summary, ends) = try train(jobs: 3)
    #expect(summary.finished == 11 && summary.errors.count == 1)
    #expect(summary.errors[0].hasPrefix("\(runs[9].label): given up: "))
    #expect(summary.errors[0].contains("delete \(runs[9].hash).json"))
    let finished = ends.filter { $0.contains(": finished") }
    #expect(finished.last?.hasPrefix(runs[8].label) == true, "\(ends)")
    let record = try #require(try store.record(of: runs[9]))
    #expect(record.status == .failed && record.isGivenUp)
    let table = try ResultTable(experiment, published: nil, record: store.record).text(.text)
    #expect(table.contains("1 of 4 runs failed: given up: "), "\(table)")
    // Not tried again either, but named again.
    let again = try train(jobs: 1).0
    #expect(again.finished == 0 && again.errors == summary.errors)
    try FileManager.default.removeItem(at: store.url(of: runs[9].hash))
    #expect(try train(jobs: 1).0.finished == 1)
  }

  @Test func whereNothingCanBeWrittenOneErrorIsEnough() throws {
    try FileManager.default.createDirectory(at: store.folder, withIntermediateDirectories: true)
    try Data().write(to: store.folder.appendingPathComponent("leases"))
    let (summary, ends) = try train(jobs: 2)
    #expect(summary.cannotWrite && summary.finished == 0 && ends.isEmpty)
    #expect(summary.errors.count == 1)
    #expect(summary.errors[0].contains("leases: is not a folder"), "\(summary.errors)")
    #expect(try names == ["leases"])
  }

  @Test func interruptionPausesEverything() throws {
    let begun = Messages()
    let (summary, _) = try train(
      jobs: 2, isInterrupted: { begun.all.count >= 6 },
      outcome: { _, step in
        if step > 0 { begun.add("") }
        return nil
      })
    #expect(summary.paused == 12 && summary.finished == 0)
    let records = try runs.compactMap { try store.record(of: $0) }
    #expect((1...2).contains(records.count))
    #expect(records.allSatisfy { $0.status == .paused && !$0.isDone })
    let checkpoints = runs.filter {
      FileManager.default.fileExists(atPath: store.checkpoint(of: $0.hash).path)
    }
    #expect(checkpoints.count == records.count)
  }

  @Test(
    arguments: [
      (12, nil, nil, 4, 4, 1), (2, nil, nil, 4, 2, 2), (12, nil, 2, 4, 2, 2), (12, 3, nil, 4, 3, 1),
      (1, nil, nil, 2, 1, 2), (12, 1, 1, 2, 1, 1), (5, nil, 16, 2, 1, 16),
    ] as [(Int, Int?, Int?, Int, Int, Int)])
  func coresAreUsed(
    runs: Int, jobs: Int?, threads: Int?, cores: Int, expectedJobs: Int, expectedThreads: Int
  ) {
    let scheduler = Scheduler(runs: runs, jobs: jobs, threads: threads, cores: cores)
    #expect(scheduler.jobs == expectedJobs)
    #expect(scheduler.threads == expectedThreads)
  }
}
