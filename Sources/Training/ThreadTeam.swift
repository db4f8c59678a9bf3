import Foundation
import Kernels
import Support
import Synchronization

/// A job that several threads do together, each a part of it.
package protocol ParallelJob {
  /// Does the part of thread number `thread`, counted from 0.
  func run(thread: Int)
}

/// Threads that wait for jobs and do them together; the caller is the first of them. All compute without subnormal numbers.
///
/// A job stays on the caller's stack, so starting it allocates no heap memory.
package final class ThreadTeam: Sendable {
  package let threads: Int
  /// What all threads round.
  private let rounding: Kernels.Rounding
  private let shared: Shared

  /// The data that the threads share. The caller writes to it only while the helpers wait for its signal.
  private final class Shared: @unchecked Sendable {
    var job: (type: any ParallelJob.Type, address: UnsafeRawPointer)?
    let starts: [DispatchSemaphore]
    let done = DispatchSemaphore(value: 0)
    /// The number of jobs that the caller has started.
    let started = Atomic(0)
    /// The number of parts of all jobs that the helpers have finished.
    let finished = Atomic(0)

    init(helpers: Int) { starts = (0..<helpers).map { _ in DispatchSemaphore(value: 0) } }

    /// Waits for the counter to reach `count` without sleeping, for about 0.1 ms at most, which is what waking a
    /// sleeping thread takes.
    func spin(until counter: borrowing Atomic<Int>, reaches count: Int) {
      var turns = 4000
      while turns > 0, counter.load(ordering: .relaxed) < count {
        Kernels.relax()
        turns -= 1
      }
    }

    /// The loop of a helper: it waits for a signal and does its part of the job, until there is no job after a signal.
    func work(helper: Int, rounding: Kernels.Rounding) {
      compute(rounding) {
        for count in 1... {
          spin(until: started, reaches: count)
          starts[helper].wait()
          guard let job else { return }
          job.type.run(at: job.address, thread: helper + 1)
          done.signal()
          finished.add(1, ordering: .relaxed)
        }
      }
    }
  }

  package init(threads: Int, rounding: Kernels.Rounding = []) {
    precondition(threads >= 1, "\(threads) threads")
    self.threads = threads
    self.rounding = rounding
    shared = Shared(helpers: threads - 1)
    for helper in shared.starts.indices {
      WorkerThread.start { [shared] in shared.work(helper: helper, rounding: rounding) }
    }
  }

  deinit {
    shared.job = nil
    for start in shared.starts { start.signal() }
  }

  /// Runs the job on every thread and waits for all. One thread at a time may call this.
  package func run<Job: ParallelJob>(_ job: Job) {
    withUnsafePointer(to: job) { address in
      shared.job = (Job.self, UnsafeRawPointer(address))
      for start in shared.starts { start.signal() }
      let count = shared.started.add(1, ordering: .relaxed).newValue
      compute(rounding) { job.run(thread: 0) }
      shared.spin(until: shared.finished, reaches: count * shared.starts.count)
      for _ in shared.starts { shared.done.wait() }
      shared.job = nil
    }
  }
}

/// Does something with the arithmetic of training on this thread.
private func compute(_ rounding: Kernels.Rounding, _ body: () -> Void) {
  Kernels.withoutSubnormals { Kernels.rounding(rounding, body) }
}

extension ParallelJob {
  fileprivate static func run(at address: UnsafeRawPointer, thread: Int) {
    address.assumingMemoryBound(to: Self.self).pointee.run(thread: thread)
  }
}
