import Capacity
import Experiments
import Foundation
import Records
import Storage
import Training

/// Does one job on one run and keeps the run's record up to date meanwhile.
struct RunSession {
  let job: Job
  let lease: Lease
  let scheduler: Scheduler
  let store: RunStore
  let machine: Machine
  let progress: any ProgressReporter
  let isInterrupted: @Sendable () -> Bool

  private var run: Experiment.Run { job.run }

  /// - Parameter cost: multiply-adds of the whole run.
  func run(cost: Double) -> RunOutcome {
    let outcome: RunOutcome
    do {
      switch job {
      case .train(_, let comparisons):
        progress.report(.started(multiplyAdds: cost), of: run)
        outcome = try train(comparisons)
      case .score: outcome = try score()
      case .drop: outcome = try drop()
      }
    } catch let error where error is LeaseLost || (try? lease.confirm()) == nil {
      // The next holder of the lease may have removed an unfinished file, which causes other errors.
      outcome = .lost
    } catch {
      let isDiskFull = (error as? FileError)?.isOutOfSpace == true
      try? keep(error, isDiskFull: isDiskFull)
      outcome = .error("\(error)", isDiskFull: isDiskFull)
    }
    progress.report(.ended(outcome), of: run)
    return outcome
  }

  /// Writes the error into the record, so that tables show it.
  private func keep(_ error: any Error, isDiskFull: Bool) throws {
    guard var record = try record else { return }
    if !(error is TooManyAttempts) { record.attempts = nil }
    if case .train = job, !record.isDone, !isDiskFull {
      record.status = .failed
      record.failure = .init(reason: "\(error)", step: record.evaluations.last?.step ?? 0)
    }
    try save(record)
  }

  private var record: RunRecord? {
    get throws { try store.record(of: run, holding: lease) }
  }

  private func save(_ record: RunRecord) throws {
    try store.save(record, of: run, after: lease.confirm)
  }

  /// A run that has trained for so many seconds does not fail because of its size.
  private static let secondsOfHealth = 0.5

  /// Counts an attempt before the work that may kill the process. Throws `TooManyAttempts`.
  private func begin(_ record: inout RunRecord) throws {
    let attempts = record.attempts ?? 0
    guard attempts < RunRecord.mostAttempts else {
      throw TooManyAttempts(file: store.url(of: run.hash).lastPathComponent)
    }
    record.attempts = attempts + 1
    try save(record)
  }

  private func train(_ comparisons: [Double]) throws -> RunOutcome {
    var record = RunRecord(run, machine: machine, threads: scheduler.threads)
    let earlier = try self.record
    var begun = earlier ?? record
    (begun.status, begun.failure) = (.running, nil)
    try begin(&begun)
    record.attempts = begun.attempts
    let trainer = try makeTrainer()
    if let earlier { resume(from: earlier, trainer, &record) }
    record.parameters = trainer.parameterCount
    record.stateScalars = try run.configuration.model.stateScalars(
      after: run.configuration.task.task.sequenceLength)
    record.evaluations = trainer.evaluations
    try save(record)
    var isSaved = false
    let watch = Stopwatch()
    var pace = SavingPace()
    /// Attempts are counted to find a run that ends the process soon after its start. A run that has saved a checkpoint
    /// or has trained for long enough is not one of these.
    func forgetAttempts() throws {
      guard record.attempts != nil, isSaved || watch.seconds > Self.secondsOfHealth else { return }
      record.attempts = nil
      try save(record)
    }
    let outcome = try trainer.train(
      checkpointEvery: scheduler.checkpointSeconds, isInterrupted: mustStop
    ) { event in
      var command = TrainerCommand.continue
      switch event {
      case .progress(let progress):
        record.totalSteps = progress.totalSteps
        record.throughput = .init(
          sequencesPerSecond: progress.sequencesPerSecond,
          seconds: record.throughput?.seconds ?? 0)
        self.progress.report(.progress(progress), of: run)
        try forgetAttempts()
      case .evaluated(let evaluation):
        record.evaluations.append(evaluation)
        record.throughput?.seconds = evaluation.seconds
        if record.reaches(comparisons, with: evaluation) { command = .pause }
        if command == .pause || pace.isDue { try pace.time { try save(record) } }
        progress.report(.evaluated(evaluation), of: run)
      case .saving:
        try lease.confirm()
        // Also in a long evaluation.
        try forgetAttempts()
        isSaved = true
      }
      if !lease.isHeld { throw LeaseLost() }
      return isInterrupted() ? .pause : command
    }
    return try finish(outcome, trainer, &record)
  }

  /// Whether to leave even a step or an evaluation that has begun.
  private var mustStop: @Sendable () -> Bool {
    { [lease, isInterrupted] in isInterrupted() || !lease.isHeld }
  }

  /// Renames a damaged checkpoint; the run then starts from the beginning.
  private func makeTrainer() throws -> any RunTrainer {
    let checkpoint = store.checkpoint(of: run.hash)
    let seen = store.signature(of: checkpoint)
    func make() throws -> any RunTrainer {
      try scheduler.factory.makeTrainer(run.configuration, scheduler.threads, checkpoint)
    }
    do {
      return try make()
    } catch let error as DamagedCheckpoint {
      try store.setAside(
        checkpoint, as: seen, holding: lease, because: error, then: "\(run.label) starts again")
      return try make()
    }
  }

  private func resume(
    from earlier: RunRecord, _ trainer: any RunTrainer, _ record: inout RunRecord
  ) {
    record.started = earlier.started
    record.rungs = earlier.rungs
    record.totalSteps = earlier.totalSteps
    guard trainer.isResumed else { return }
    record.throughput = earlier.throughput
    record.earlierProcessors = earlier.earlierProcessors
    guard !earlier.processor.computesLike(record.processor) else { return }
    store.warn(
      "\(run.label) continues on another kind of processor (\(record.processor); before: "
        + "\(earlier.processor)), so its result will not repeat to the bit")
    let known = record.earlierProcessors ?? []
    if !known.contains(where: { $0.computesLike(earlier.processor) }) {
      record.earlierProcessors = known + [earlier.processor]
    }
  }

  private func finish(
    _ outcome: TrainerOutcome, _ trainer: any RunTrainer, _ record: inout RunRecord
  ) throws -> RunOutcome {
    record.evaluations = trainer.evaluations
    record.attempts = nil
    let end: RunOutcome
    switch outcome {
    case .paused:
      record.status = .paused
      try save(record)
      guard !isInterrupted(), let last = record.evaluations.last else { return .paused }
      return .compared(last)
    case .finished(let stoppedEarly):
      guard let last = record.evaluations.last else {
        return .error("ended without an evaluation", isDiskFull: false)
      }
      record.status = .finished
      record.stoppedEarly = stoppedEarly
      record.stageSteps = trainer.stageSteps
      record.throughput?.seconds = last.seconds
      try trainer.writeWeights(to: store.weights(of: run.hash), after: lease.confirm)
      end = .finished(last)
    case .diverged(let reason, let step):
      record.status = .diverged
      record.failure = .init(reason: reason, step: step)
      end = .diverged("\(reason) at step \(step)")
    }
    record.finished = RunRecord.now
    // The record comes first: if the process is killed in between, only a needless file remains.
    try save(record)
    try store.removeCheckpoint(of: run)
    return end
  }

  private func drop() throws -> RunOutcome {
    guard var record = try record else { return .redone }
    record.status = .dropped
    try save(record)
    return .dropped
  }

  private func score() throws -> RunOutcome {
    guard var record = try record, let last = record.evaluations.last else { return .redone }
    try begin(&record)
    let weights = store.weights(of: run.hash)
    let (seen, seenRecord) = (
      store.signature(of: weights), store.signature(of: store.url(of: run.hash))
    )
    do {
      record.test = try score(&record, weights, after: last)
      guard record.test != nil else { return .paused }
    } catch let error
      where error is SafetensorsError || (error as? FileError)?.isMissing == true
    {
      // Without its weights the run cannot be scored.
      let consequence = "\(run.label) is trained again"
      if seen != nil {
        try store.setAside(weights, as: seen, holding: lease, because: error, then: consequence)
      }
      try store.setAside(
        store.url(of: run.hash), as: seenRecord, holding: lease,
        because: "its weights cannot be scored: \(error)", then: consequence)
      return .redone
    }
    (record.attempts, record.testProgress) = (nil, nil)
    try save(record)
    return .scored(record.test!)
  }

  /// The test score; nil if it was interrupted. Then and from time to time the record keeps how far it is.
  private func score(
    _ record: inout RunRecord, _ weights: URL, after last: Evaluation
  ) throws -> Evaluation? {
    var (kept, watch) = (record, Stopwatch())
    defer { record = kept }
    let control = ScoringControl(from: record.testProgress, isInterrupted: mustStop) { progress in
      guard mustStop() || watch.seconds > scheduler.checkpointSeconds else { return }
      (kept.testProgress, kept.attempts) = (progress, nil)
      try save(kept)
      watch = Stopwatch()
    }
    return try scheduler.factory.score(
      run.configuration, weights, scheduler.threads, last, control)
  }
}

/// Many processes died while they worked on a run, perhaps because the system killed them for memory.
struct TooManyAttempts: Error, CustomStringConvertible {
  let file: String
  var description: String {
    "given up: \(RunRecord.mostAttempts) processes in a row died without a message while they worked on it, perhaps "
      + "for lack of memory; to try again, delete \(file); it then continues from its checkpoint, if it has one"
  }
}

extension RunRecord {
  /// Adds the scores for the comparisons that training has reached; returns whether there are any.
  fileprivate mutating func reaches(
    _ comparisons: [Double], with evaluation: Evaluation
  ) -> Bool {
    guard let totalSteps, evaluation.step < totalSteps else { return false }
    let share = Double(evaluation.step) / Double(totalSteps)
    let known = rungs?.last?.share ?? 0
    let reached = comparisons.filter { $0 > known && $0 <= share }
    for comparison in reached {
      let rung = Rung(
        share: comparison, step: evaluation.step, accuracy: evaluation.accuracy,
        loss: evaluation.loss)
      rungs = (rungs ?? []) + [rung]
    }
    return !reached.isEmpty
  }
}
