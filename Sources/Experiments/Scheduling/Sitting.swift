import Capacity
import Foundation

/// Work on one run as far as it goes, its record kept up to date meanwhile.
struct Sitting {
  let work: Work
  let scheduler: Scheduler
  let workshop: Workshop
  let store: RunStore
  let machine: Machine
  let progress: any ProgressReporter
  let isInterrupted: @Sendable () -> Bool

  private var run: Experiment.Run { work.run }

  /// - Parameter cost: multiply-adds of the whole run.
  func run(cost: Double) -> SittingEnd {
    let end: SittingEnd
    do {
      switch work {
      case .train: end = try train(cost: cost)
      case .score: end = try score()
      }
    } catch {
      end = .error("\(run.label): \(error)")
    }
    progress.report(.ended(end), of: run)
    return end
  }

  private func train(cost: Double) throws -> SittingEnd {
    progress.report(.started(multiplyAdds: cost), of: run)
    var record = RunRecord(run, machine: machine, threads: scheduler.threads)
    if let earlier = try store.record(of: run) { record.takeUp(earlier) }
    try FileManager.default.createDirectory(at: store.folder, withIntermediateDirectories: true)
    let trainer = try workshop.makeTrainer(
      run.configuration, scheduler.threads, store.checkpoint(of: run.hash))
    record.parameters = trainer.parameterCount
    record.stateScalars = try StateMeasurement(run.configuration.model)
      .after(tokens: run.configuration.task.task.sequenceLength).scalars
    record.evaluations = trainer.evaluations
    try store.save(record, of: run)
    let outcome = try trainer.train(checkpointEvery: scheduler.checkpointSeconds) { event in
      switch event {
      case .progress(let now):
        record.totalSteps = now.totalSteps
        record.throughput = .init(
          sequencesPerSecond: now.sequencesPerSecond, seconds: record.throughput?.seconds ?? 0)
        progress.report(.progress(now), of: run)
      case .evaluated(let evaluation):
        record.evaluations.append(evaluation)
        record.throughput?.seconds = evaluation.seconds
        try store.save(record, of: run)
        progress.report(.evaluated(evaluation), of: run)
      case .checkpointed: break
      }
      return isInterrupted() ? .pause : .continue
    }
    return try finish(outcome, trainer, &record)
  }

  private func finish(
    _ outcome: TrainerOutcome, _ trainer: any RunTrainer, _ record: inout RunRecord
  ) throws -> SittingEnd {
    record.evaluations = trainer.evaluations
    let end: SittingEnd
    switch outcome {
    case .paused:
      record.status = .paused
      try store.save(record, of: run)
      return .paused
    case .finished(let stoppedEarly):
      guard let last = record.evaluations.last else {
        return .error("\(run.label): ended without an evaluation")
      }
      record.status = .finished
      record.stoppedEarly = stoppedEarly
      record.throughput?.seconds = last.seconds
      try trainer.writeWeights(to: store.weights(of: run.hash))
      end = .finished(last)
    case .diverged(let reason, let step):
      record.status = .diverged
      record.failure = .init(reason: reason, step: step)
      end = .diverged("\(reason) at step \(step)")
    }
    record.finished = RunRecord.now
    // The record first: killed in between, the run is done and only a file too many remains.
    try store.save(record, of: run)
    try store.removeCheckpoint(of: run)
    return end
  }

  private func score() throws -> SittingEnd {
    guard var record = try store.record(of: run), let last = record.evaluations.last else {
      return .error("\(run.label): its record is gone")
    }
    let test = try workshop.score(
      run.configuration, store.weights(of: run.hash), scheduler.threads, last)
    record.test = test
    try store.save(record, of: run)
    return .scored(test)
  }
}

extension RunRecord {
  /// Goes on from where an earlier sitting stopped.
  mutating func takeUp(_ earlier: RunRecord) {
    started = earlier.started
    rungs = earlier.rungs
    var processors = earlier.earlierProcessors ?? []
    if !earlier.evaluations.isEmpty, !earlier.processor.computesLike(processor),
      !processors.contains(where: { $0.computesLike(earlier.processor) })
    {
      processors.append(earlier.processor)
    }
    earlierProcessors = processors.isEmpty ? nil : processors
  }
}
