import Foundation

/// Trains the runs that are not done yet, several at once, each on its own thread, and scores what validation
/// chose on the test split. Any number of processes and machines may do so on one folder.
public struct Scheduler: Sendable {
  /// Runs at a time.
  public let jobs: Int
  /// Threads within a run; they do not change its result.
  public let threads: Int
  /// Seconds between checkpoints of a run.
  public var checkpointSeconds = 30.0
  /// Whether learning rates that do worse are dropped before the end of training.
  public var halves = false
  /// Whether to wait for the runs that other processes are at.
  public var waits = true
  /// How long a process elsewhere may be silent until its runs are taken over.
  public var leaseSeconds = 120.0
  let workshop: Workshop

  /// One single-threaded run per core unless `jobs` or `threads` say otherwise; cores that few runs leave
  /// idle serve as threads within them.
  ///
  /// - Parameter runs: how many are to be trained.
  public init(runs: Int, jobs: Int?, threads: Int?, cores: Int = Machine.cores) {
    let jobs = max(1, min(runs, jobs ?? cores / (threads ?? 1)))
    self.init(jobs: jobs, threads: threads ?? max(1, cores / jobs), workshop: .real)
  }

  package init(jobs: Int, threads: Int, workshop: Workshop) {
    self.jobs = jobs
    self.threads = threads
    self.workshop = workshop
  }

  /// Works until nothing is left to be done. Once `isInterrupted` is true, every run pauses with a checkpoint
  /// after its current step, and no other begins.
  public func train(
    _ experiment: Experiment, store: RunStore, machine: Machine, progress: any ProgressReporter,
    isInterrupted: @escaping @Sendable () -> Bool
  ) throws -> SittingSummary {
    let store = store.warning { progress.note("warning: \($0)") }
    let leases = LeaseBook(folder: store.folder, seconds: leaseSeconds)
    defer { leases.close() }
    let queue = try WorkQueue(
      experiment, store: store, leases: leases, halves: halves, waits: waits)
    let ends = DispatchSemaphore(value: 0)
    for _ in 0..<jobs {
      let thread = Thread { [self] in
        work(from: queue, store, machine, progress, isInterrupted)
        ends.signal()
      }
      // As much as a process's first thread has; the default is less.
      thread.stackSize = 8 << 20
      thread.start()
    }
    var running = jobs
    while running > 0 {
      if ends.wait(timeout: .now() + 0.2) == .success { running -= 1 }
      progress.tick(queue.overview)
    }
    progress.close()
    queue.clearUp()
    return queue.summary
  }

  private func work(
    from queue: WorkQueue, _ store: RunStore, _ machine: Machine, _ progress: any ProgressReporter,
    _ isInterrupted: @escaping @Sendable () -> Bool
  ) {
    var pause = 0.05
    while !isInterrupted() {
      switch queue.next() {
      case .nothing: return
      case .wait:
        Thread.sleep(forTimeInterval: pause)
        pause = min(1, 2 * pause)
      case .work(let work, let lease):
        let sitting = Sitting(
          work: work, lease: lease, scheduler: self, store: store, machine: machine,
          progress: progress, isInterrupted: isInterrupted)
        queue.end(work, lease, sitting.run(cost: queue.cost(of: work.run)))
        pause = 0.05
      }
    }
  }
}
