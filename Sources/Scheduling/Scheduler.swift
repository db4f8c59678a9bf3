import Experiments
import Foundation
import Records
import Support

/// Trains the runs that are not done, several at once, each on its own thread, and scores the runs that validation chose
/// on the test split. Any number of processes and machines may work on one folder of records.
package struct Scheduler: Sendable {
  /// How many runs are trained at once.
  package let jobs: Int
  /// Threads within a run; they do not change its result.
  package let threads: Int
  /// Seconds between checkpoints of a run.
  package var checkpointSeconds = 30.0
  /// Whether successive halving drops learning rates before the end of training.
  package var usesHalving = false
  /// Whether to wait for the runs that other processes work on.
  package var waits = true
  /// A process on another machine counts as gone after so many seconds without a heartbeat.
  package var leaseSeconds = 120.0
  /// Called when another seed is done in all rows, and more are to come.
  package var seedEnded: @Sendable () -> Void = {}
  let factory: TrainerFactory

  /// One single-threaded run per core, unless `jobs` or `threads` say otherwise. If there are fewer runs than cores,
  /// runs get several threads.
  ///
  /// - Parameter runs: how many runs are to be trained.
  package init(runs: Int, jobs: Int?, threads: Int?, cores: Int = Machine.cores) {
    let jobs = max(1, min(runs, jobs ?? cores / (threads ?? 1)))
    self.init(jobs: jobs, threads: threads ?? max(1, cores / jobs), factory: .real)
  }

  package init(jobs: Int, threads: Int, factory: TrainerFactory) {
    self.jobs = jobs
    self.threads = threads
    self.factory = factory
  }

  /// Works until nothing is left to do. When `isInterrupted` becomes true, every run pauses with a checkpoint after its
  /// current step, and no other run begins.
  package func train(
    _ experiment: Experiment, store: RunStore, machine: Machine, progress: any ProgressReporter,
    isInterrupted: @escaping @Sendable () -> Bool
  ) throws -> SweepSummary {
    let store = store.warning { progress.note("warning: \($0)") }
    let leases = LeaseManager(
      folder: store.folder, seconds: leaseSeconds, warn: { progress.note("warning: \($0)") })
    defer { leases.close() }
    let queue = try JobQueue(
      experiment, store: store, leases: leases, usesHalving: usesHalving, waits: waits)
    let ends = DispatchSemaphore(value: 0)
    for _ in 0..<jobs {
      WorkerThread.start { [self] in
        work(from: queue, store, machine, progress, isInterrupted)
        ends.signal()
      }
    }
    let seeds = experiment.configurations.map(\.seeds.count).max() ?? 0
    var (running, seedsDone) = (jobs, queue.overview.seedsDone)
    while running > 0 {
      if ends.wait(timeout: .now() + 0.2) == .success { running -= 1 }
      let overview = queue.overview
      progress.tick(overview)
      if overview.seedsDone > seedsDone, overview.seedsDone < seeds { seedEnded() }
      seedsDone = overview.seedsDone
    }
    progress.close()
    queue.removeLeftCheckpoints()
    return queue.summary
  }

  private func work(
    from queue: JobQueue, _ store: RunStore, _ machine: Machine, _ progress: any ProgressReporter,
    _ isInterrupted: @escaping @Sendable () -> Bool
  ) {
    var pause = 0.05
    while !isInterrupted() {
      switch queue.next() {
      case .nothing: return
      case .wait:
        Thread.sleep(forTimeInterval: pause)
        pause = min(1, 2 * pause)
      case .job(let job, let lease):
        let session = RunSession(
          job: job, lease: lease, scheduler: self, store: store, machine: machine,
          progress: progress, isInterrupted: isInterrupted)
        queue.end(job, lease, session.run(cost: queue.cost(of: job.run)))
        pause = 0.05
      }
    }
  }
}
