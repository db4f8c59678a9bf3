import Foundation
import Kernels
import Synchronization

/// A job of which each of several threads does a part.
package protocol ParallelJob {
  func run(thread: Int)
}

/// Threads that wait for jobs and do them together; the caller is the first of them.
///
/// Jobs are handed over as values on the caller's stack: dispatching asks the heap for nothing.
package final class ThreadTeam: Sendable {
  package let threads: Int
  private let board: Board

  /// What the threads share. Written by the caller while they wait for its signal.
  private final class Board: @unchecked Sendable {
    var job: (type: any ParallelJob.Type, address: UnsafeRawPointer)?
    let starts: [DispatchSemaphore]
    let done = DispatchSemaphore(value: 0)
    /// Jobs that were handed over, and parts of them that helpers have done.
    let handed = Atomic(0)
    let finished = Atomic(0)

    init(helpers: Int) { starts = (0..<helpers).map { _ in DispatchSemaphore(value: 0) } }

    /// Stays awake until the counter has come to `count`, for some 0.1 ms at most: to be woken takes about as long.
    func lookOut(for counter: borrowing Atomic<Int>, toReach count: Int) {
      var turns = 4000
      while turns > 0, counter.load(ordering: .relaxed) < count {
        Kernels.relax()
        turns -= 1
      }
    }

    /// A helper's life: no job on the board is its end.
    func work(helper: Int) {
      for count in 1... {
        lookOut(for: handed, toReach: count)
        starts[helper].wait()
        guard let job else { return }
        job.type.run(at: job.address, thread: helper + 1)
        done.signal()
        finished.add(1, ordering: .relaxed)
      }
    }
  }

  package init(threads: Int) {
    precondition(threads >= 1, "\(threads) threads")
    self.threads = threads
    board = Board(helpers: threads - 1)
    for helper in board.starts.indices {
      let thread = Thread { [board] in board.work(helper: helper) }
      thread.stackSize = 8 << 20
      thread.start()
    }
  }

  deinit {
    board.job = nil
    for start in board.starts { start.signal() }
  }

  /// Runs the job on every thread and waits for all. Not to be called by several threads at once.
  package func run<Job: ParallelJob>(_ job: Job) {
    withUnsafePointer(to: job) { address in
      board.job = (Job.self, UnsafeRawPointer(address))
      for start in board.starts { start.signal() }
      let count = board.handed.add(1, ordering: .relaxed).newValue
      job.run(thread: 0)
      board.lookOut(for: board.finished, toReach: count * board.starts.count)
      for _ in board.starts { board.done.wait() }
      board.job = nil
    }
  }
}

extension ParallelJob {
  fileprivate static func run(at address: UnsafeRawPointer, thread: Int) {
    address.assumingMemoryBound(to: Self.self).pointee.run(thread: thread)
  }
}
