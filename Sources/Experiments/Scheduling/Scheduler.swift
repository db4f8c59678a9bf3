import Foundation
import Synchronization

/// Trains the runs that are not done yet, several at once, each on its own thread.
public struct Scheduler: Sendable {
  /// Runs at a time.
  public let jobs: Int
  /// Threads within a run; they do not change its result.
  public let threads: Int
  /// Seconds between checkpoints of a run.
  public let checkpointSeconds: Double
  private let makeTrainer: @Sendable (RunConfiguration, Int, URL) throws -> any RunTrainer

  /// One single-threaded run per core unless `jobs` or `threads` say otherwise; cores that few runs leave
  /// idle serve as threads within them.
  public init(
    runs: Int, jobs: Int?, threads: Int?, checkpointSeconds: Double = 30,
    cores: Int = Machine.cores
  ) {
    let jobs = max(1, min(runs, jobs ?? cores / (threads ?? 1)))
    self.init(
      jobs: jobs, threads: threads ?? max(1, cores / jobs), checkpointSeconds: checkpointSeconds
    ) { configuration, threads, checkpoint in
      try Trainer(configuration, threads: threads, checkpoint: checkpoint)
    }
  }

  package init(
    jobs: Int, threads: Int, checkpointSeconds: Double = 30,
    makeTrainer: @escaping @Sendable (RunConfiguration, Int, URL) throws -> any RunTrainer
  ) {
    self.jobs = jobs
    self.threads = threads
    self.checkpointSeconds = checkpointSeconds
    self.makeTrainer = makeTrainer
  }

  /// How a sitting ended.
  public struct Summary: Sendable {
    public var finished = 0
    public var failed = 0
    /// Interrupted, or not begun because of the interruption.
    public var paused = 0
    /// Why runs could not be trained or recorded.
    public var errors: [String] = []

    public init() {}
  }

  /// Trains `runs` in their order. Once `isInterrupted` is true, every run pauses with a checkpoint after
  /// its current step, and no other begins.
  public func train(
    _ runs: [Experiment.Run], store: RunStore, machine: Machine, progress: any ProgressReporter,
    isInterrupted: @escaping @Sendable () -> Bool
  ) -> Summary {
    let queue = RunQueue(runs)
    let ends = DispatchSemaphore(value: 0)
    for _ in 0..<jobs {
      let thread = Thread { [self] in
        while !isInterrupted(), let run = queue.next() {
          let sitting = Sitting(
            run: run, store: store, progress: progress, isInterrupted: isInterrupted)
          queue.add(sitting.train(with: self, machine: machine))
        }
        ends.signal()
      }
      // As much as a process's first thread has; the default is less.
      thread.stackSize = 8 << 20
      thread.start()
    }
    var running = jobs
    while running > 0 {
      if ends.wait(timeout: .now() + 0.2) == .success { running -= 1 }
      progress.tick()
    }
    progress.close()
    return queue.summary
  }

  func trainer(of configuration: RunConfiguration, checkpoint: URL) throws -> any RunTrainer {
    try makeTrainer(configuration, threads, checkpoint)
  }
}

/// The runs to be trained and the outcomes so far, shared by the threads.
private final class RunQueue: Sendable {
  private let runs: [Experiment.Run]
  private let state = Mutex((next: 0, summary: Scheduler.Summary()))

  init(_ runs: [Experiment.Run]) { self.runs = runs }

  func next() -> Experiment.Run? {
    state.withLock { state in
      guard state.next < runs.count else { return nil }
      state.next += 1
      return runs[state.next - 1]
    }
  }

  func add(_ end: SittingEnd) {
    state.withLock { state in
      switch end {
      case .finished: state.summary.finished += 1
      case .failed: state.summary.failed += 1
      case .paused: state.summary.paused += 1
      case .error(let message): state.summary.errors.append(message)
      }
    }
  }

  /// All threads have ended: what was not begun counts as paused.
  var summary: Scheduler.Summary {
    state.withLock { state in
      var summary = state.summary
      summary.paused += runs.count - state.next
      return summary
    }
  }
}
