import Foundation

/// Trains the runs that are not done yet, several at once, each on its own thread, and scores what validation
/// chose on the test split.
public struct Scheduler: Sendable {
  /// Runs at a time.
  public let jobs: Int
  /// Threads within a run; they do not change its result.
  public let threads: Int
  /// Seconds between checkpoints of a run.
  public let checkpointSeconds: Double
  private let workshop: Workshop

  /// One single-threaded run per core unless `jobs` or `threads` say otherwise; cores that few runs leave
  /// idle serve as threads within them.
  ///
  /// - Parameter runs: how many are to be trained.
  public init(
    runs: Int, jobs: Int?, threads: Int?, checkpointSeconds: Double = 30,
    cores: Int = Machine.cores
  ) {
    let jobs = max(1, min(runs, jobs ?? cores / (threads ?? 1)))
    self.init(
      jobs: jobs, threads: threads ?? max(1, cores / jobs), checkpointSeconds: checkpointSeconds,
      workshop: .real)
  }

  package init(
    jobs: Int, threads: Int, checkpointSeconds: Double = 30, workshop: Workshop
  ) {
    self.jobs = jobs
    self.threads = threads
    self.checkpointSeconds = checkpointSeconds
    self.workshop = workshop
  }

  /// Works until nothing is left to be done. Once `isInterrupted` is true, every run pauses with a checkpoint
  /// after its current step, and no other begins.
  public func train(
    _ experiment: Experiment, store: RunStore, machine: Machine, progress: any ProgressReporter,
    isInterrupted: @escaping @Sendable () -> Bool
  ) throws -> SittingSummary {
    let queue = try WorkQueue(experiment, store: store)
    let ends = DispatchSemaphore(value: 0)
    for _ in 0..<jobs {
      let thread = Thread { [self] in
        while !isInterrupted() {
          let next = queue.next()
          if case .nothing = next { break }
          guard case .work(let work) = next else {
            Thread.sleep(forTimeInterval: 0.1)
            continue
          }
          let sitting = Sitting(
            work: work, scheduler: self, workshop: workshop, store: store, machine: machine,
            progress: progress, isInterrupted: isInterrupted)
          queue.end(work, sitting.run(cost: queue.cost(of: work.run)))
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
      progress.tick(queue.overview)
    }
    progress.close()
    return queue.summary
  }
}
