import Capacity
import Foundation

/// How the training of one run ended this time.
public enum SittingEnd: Sendable {
  case finished(Evaluation)
  case failed(String)
  case paused
  /// Nothing is wrong with the run itself: it can be taken up again.
  case error(String)
}

/// One run trained as far as it goes, and its record kept up to date meanwhile.
struct Sitting {
  let run: Experiment.Run
  let store: RunStore
  let progress: any ProgressReporter
  let isInterrupted: @Sendable () -> Bool

  func train(with scheduler: Scheduler, machine: Machine) -> SittingEnd {
    var record = RunRecord(run, machine: machine, threads: scheduler.threads)
    let end: SittingEnd
    do {
      if let earlier = try store.record(of: run) { record.started = earlier.started }
      end = try train(with: scheduler, &record)
    } catch {
      end = .error("\(run.label): \(error)")
    }
    progress.report(.ended(end), of: run)
    return end
  }

  private func train(with scheduler: Scheduler, _ record: inout RunRecord) throws -> SittingEnd {
    progress.report(.started, of: run)
    try FileManager.default.createDirectory(at: store.folder, withIntermediateDirectories: true)
    let trainer = try scheduler.trainer(
      of: run.configuration, checkpoint: store.checkpoint(of: run.hash))
    record.parameters = trainer.parameterCount
    record.stateScalars = try StateMeasurement(run.configuration.model)
      .after(tokens: run.configuration.task.task.sequenceLength).scalars
    record.evaluations = trainer.evaluations
    try store.save(record, of: run)
    let outcome = try trainer.train(checkpointEvery: scheduler.checkpointSeconds) { event in
      switch event {
      case .progress(let now):
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
    case .finished(let test, let stoppedEarly):
      record.status = .finished
      record.test = test
      record.stoppedEarly = stoppedEarly
      record.throughput?.seconds = test.seconds
      try trainer.writeWeights(to: store.weights(of: run.hash))
      end = .finished(test)
    case .failed(let reason, let step):
      record.status = .failed
      record.failure = .init(reason: reason, step: step)
      end = .failed("\(reason) at step \(step)")
    }
    record.finished = RunRecord.now
    // The record first: killed in between, the run is done and only a file too many remains.
    try store.save(record, of: run)
    try store.removeCheckpoint(of: run)
    return end
  }
}
