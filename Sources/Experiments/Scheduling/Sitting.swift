import Capacity
import Foundation
import Storage
import Training

/// Work on one run as far as it goes, its record kept up to date meanwhile.
struct Sitting {
  let work: Work
  let lease: Lease
  let scheduler: Scheduler
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
      case .train(_, let comparisons):
        progress.report(.started(multiplyAdds: cost), of: run)
        end = try train(comparisons)
      case .score: end = try score()
      case .drop: end = try drop()
      }
    } catch let error where error is LeaseLost || (try? lease.confirm()) == nil {
      // Also where its next holder has removed what was about to be put in its place.
      end = .lost
    } catch {
      let isDiskFull = (error as? FileError)?.isOutOfSpace == true
      try? note(error, isDiskFull: isDiskFull)
      end = .error("\(error)", isDiskFull: isDiskFull)
    }
    progress.report(.ended(end), of: run)
    return end
  }

  /// Keeps what went wrong in the record, so that tables show it.
  private func note(_ error: any Error, isDiskFull: Bool) throws {
    guard var record = try record else { return }
    if !(error is TooManyAttempts) { record.attempts = nil }
    if case .train = work, !record.isDone, !isDiskFull {
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

  /// A run that trains for so long does not end its process by its size alone.
  private static let secondsOfHealth = 0.5

  /// Counts an attempt before anything is done of which the process may die. Throws `TooManyAttempts`.
  private func begin(_ record: inout RunRecord) throws {
    let attempts = record.attempts ?? 0
    guard attempts < RunRecord.mostAttempts else {
      throw TooManyAttempts(file: store.url(of: run.hash).lastPathComponent)
    }
    record.attempts = attempts + 1
    try save(record)
  }

  private func train(_ comparisons: [Double]) throws -> SittingEnd {
    var record = RunRecord(run, machine: machine, threads: scheduler.threads)
    let earlier = try self.record
    var begun = earlier ?? record
    (begun.status, begun.failure) = (.running, nil)
    try begin(&begun)
    record.attempts = begun.attempts
    let trainer = try makeTrainer()
    if let earlier { takeUp(earlier, trainer, &record) }
    record.parameters = trainer.parameterCount
    record.stateScalars = try StateMeasurement(run.configuration.model)
      .after(tokens: run.configuration.task.task.sequenceLength).scalars
    record.evaluations = trainer.evaluations
    try save(record)
    var now: TrainingProgress?
    var isSaved = false
    let watch = Stopwatch()
    let outcome = try trainer.train(checkpointEvery: scheduler.checkpointSeconds) { event in
      var command = TrainerCommand.continue
      switch event {
      case .progress(let progress):
        now = progress
        record.totalSteps = progress.totalSteps
        record.throughput = .init(
          sequencesPerSecond: progress.sequencesPerSecond,
          seconds: record.throughput?.seconds ?? 0)
        self.progress.report(.progress(progress), of: run)
        if record.attempts != nil, isSaved || watch.seconds > Self.secondsOfHealth {
          // The next attempt goes on from here, or whatever ends this one is hardly the run itself.
          record.attempts = nil
          try save(record)
        }
      case .evaluated(let evaluation):
        record.evaluations.append(evaluation)
        record.throughput?.seconds = evaluation.seconds
        if record.comes(to: comparisons, with: evaluation, now) { command = .pause }
        try save(record)
        progress.report(.evaluated(evaluation), of: run)
      case .saving:
        try lease.confirm()
        isSaved = true
      }
      if !lease.isHeld { throw LeaseLost() }
      return isInterrupted() ? .pause : command
    }
    return try finish(outcome, trainer, &record)
  }

  /// A damaged checkpoint is set aside, and the run starts over.
  private func makeTrainer() throws -> any RunTrainer {
    let checkpoint = store.checkpoint(of: run.hash)
    let seen = store.signature(of: checkpoint)
    func make() throws -> any RunTrainer {
      try scheduler.workshop.makeTrainer(run.configuration, scheduler.threads, checkpoint)
    }
    do {
      return try make()
    } catch let error as DamagedCheckpoint {
      try store.setAside(
        checkpoint, as: seen, holding: lease, because: error, then: "\(run.label) starts over")
      return try make()
    }
  }

  private func takeUp(
    _ earlier: RunRecord, _ trainer: any RunTrainer, _ record: inout RunRecord
  ) {
    record.started = earlier.started
    record.rungs = earlier.rungs
    record.totalSteps = earlier.totalSteps
    guard trainer.isResumed else { return }
    record.earlierProcessors = earlier.earlierProcessors
    guard !earlier.processor.computesLike(record.processor) else { return }
    store.warn(
      "\(run.label) goes on on another kind of processor (\(record.processor); before: "
        + "\(earlier.processor)), so its result will not repeat to the bit")
    let known = record.earlierProcessors ?? []
    if !known.contains(where: { $0.computesLike(earlier.processor) }) {
      record.earlierProcessors = known + [earlier.processor]
    }
  }

  private func finish(
    _ outcome: TrainerOutcome, _ trainer: any RunTrainer, _ record: inout RunRecord
  ) throws -> SittingEnd {
    record.evaluations = trainer.evaluations
    record.attempts = nil
    let end: SittingEnd
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
      record.throughput?.seconds = last.seconds
      try trainer.writeWeights(to: store.weights(of: run.hash), after: lease.confirm)
      end = .finished(last)
    case .diverged(let reason, let step):
      record.status = .diverged
      record.failure = .init(reason: reason, step: step)
      end = .diverged("\(reason) at step \(step)")
    }
    record.finished = RunRecord.now
    // The record first: killed in between, the run is done and only a file too many remains.
    try save(record)
    try store.removeCheckpoint(of: run)
    return end
  }

  private func drop() throws -> SittingEnd {
    guard var record = try record else { return .redone }
    record.status = .dropped
    try save(record)
    return .dropped
  }

  private func score() throws -> SittingEnd {
    guard var record = try record, let last = record.evaluations.last else { return .redone }
    try begin(&record)
    let weights = store.weights(of: run.hash)
    let (seen, seenRecord) = (
      store.signature(of: weights), store.signature(of: store.url(of: run.hash))
    )
    do {
      record.test = try scheduler.workshop.score(
        run.configuration, weights, scheduler.threads, last)
    } catch let error
      where error is SafetensorsError || (error as? FileError)?.isMissing == true
    {
      // Without its weights nothing is left to be scored.
      let consequence = "\(run.label) is trained again"
      if seen != nil {
        try store.setAside(weights, as: seen, holding: lease, because: error, then: consequence)
      }
      try store.setAside(
        store.url(of: run.hash), as: seenRecord, holding: lease,
        because: "its weights cannot be scored: \(error)", then: consequence)
      return .redone
    }
    record.attempts = nil
    try save(record)
    return .scored(record.test!)
  }
}

/// Processes that were at a run ended again and again, of what only the system knows: it may have killed them for memory.
struct TooManyAttempts: Error, CustomStringConvertible {
  let file: String
  var description: String {
    "given up: the processes that were at it ended \(RunRecord.mostAttempts) times in a row without a word, perhaps "
      + "for memory; to try again, delete \(file); it goes on from its checkpoint if there is one"
  }
}

extension RunRecord {
  /// Notes the scores where learning rates are compared; whether this is such a place.
  fileprivate mutating func comes(
    to comparisons: [Double], with evaluation: Evaluation, _ progress: TrainingProgress?
  ) -> Bool {
    guard let progress, progress.step < progress.totalSteps else { return false }
    let share = Double(progress.step) / Double(progress.totalSteps)
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
