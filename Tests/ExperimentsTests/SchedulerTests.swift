import Experiments
import Foundation
import Testing

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
    jobs: Int, isInterrupted: @escaping @Sendable () -> Bool = { false },
    outcome: @escaping @Sendable (RunConfiguration, Int) throws -> TrainerOutcome? = { _, _ in nil }
  ) throws -> (SittingSummary, [String]) {
    let progress = RecordingProgress()
    let workshop = Workshop.scripted { configuration, checkpoint in
      _ = try outcome(configuration, 0)
      return ScriptedTrainer(checkpoint: checkpoint) { step in
        try? outcome(configuration, step)
      }
    }
    let summary = try Scheduler(jobs: jobs, threads: 1, workshop: workshop).train(
      experiment, store: store, machine: sampleMachine, progress: progress,
      isInterrupted: isInterrupted)
    return (summary, progress.ends)
  }

  @Test(arguments: [1, 3, 12])
  func everyRunEndsInARecord(jobs: Int) throws {
    let (summary, ends) = try train(jobs: jobs)
    #expect(summary.finished == 12)
    // Of every cell one learning rate with two seeds is scored.
    #expect(ends.count == 18 && Set(ends).count == 18)
    #expect(ends.count { $0.contains("chosen on validation") } == 6)
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
  }

  @Test func interruptionPausesEverything() throws {
    let begun = Warnings()
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
