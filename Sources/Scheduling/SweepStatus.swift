import Experiments
import Records
import Results
import Training

/// How far an experiment is, from the records and leases, wherever its runs are trained.
package struct SweepStatus: Sendable {
  package enum State: String, CaseIterable, Sendable {
    case finished, diverged, dropped
    /// A process holds its lease.
    case running
    /// It has begun, and no process holds its lease: the process was interrupted or killed.
    case interrupted
    case failed, pending
  }

  package struct Item: Sendable {
    package let run: Experiment.Run
    package let state: State
    package let record: RunRecord?
    /// The holder of its lease, and the seconds since the last heartbeat by this machine's clock.
    package let holder: (host: String, process: Int32, silent: Double)?
  }

  package let items: [Item]
  /// In the order of the file.
  package let configurations: [(label: String, items: [Item])]

  package init(_ experiment: Experiment, store: RunStore) throws {
    let holders = LeaseManager.holders(in: store.folder)
    configurations = try experiment.results(in: store).map { result in
      let items = result.runs.map { one in
        let holder = holders[one.run.hash]
        return Item(
          run: one.run, state: Self.state(one.record, isHeld: holder != nil),
          record: one.record, holder: holder)
      }
      let deferred = result.deferred.map {
        Item(run: $0, state: .pending, record: nil, holder: nil)
      }
      return (result.configuration.label, items + deferred)
    }
    items = configurations.flatMap(\.items)
  }

  private static func state(_ record: RunRecord?, isHeld: Bool) -> State {
    switch record?.status {
    case .finished: .finished
    case .diverged: .diverged
    case .dropped: isHeld ? .running : .dropped
    case .failed: isHeld ? .running : .failed
    case .running, .paused: isHeld ? .running : .interrupted
    case nil: isHeld ? .running : .pending
    }
  }

  package func count(_ state: State) -> Int { items.count { $0.state == state } }
}
