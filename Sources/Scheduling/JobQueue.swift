import Experiments
import Foundation
import Records
import Results
import Storage
import Synchronization

/// Decides which job is next; the threads of a scheduler share it.
///
/// Processes do not talk to each other. Each derives the possible jobs from the records, which all of them read. A
/// process that gets a run's lease reads the record once more, and does the job if it is still to be done.
final class JobQueue: Sendable {
  enum Next {
    case job(Job, Lease)
    /// There may be a job after others have ended.
    case wait
    case nothing
  }

  struct State {
    /// Runs that threads of this process work on.
    var taken: Set<String> = []
    /// Runs that this process could not train or score, and does not try again.
    var givenUp: Set<String> = []
    /// Runs that other processes work on.
    var elsewhere: Set<String> = []
    var records: [String: RunRecord] = [:]
    /// The signatures of the record files that were read.
    var signatures: [String: [Int]] = [:]
    /// Whether the present job must have the process to itself.
    var isAlone = false
    var summary = SweepSummary()
  }

  private let configurations: [Experiment.Configuration]
  private let order: [String: Int]
  /// In the order in which they start.
  private let runs: [Experiment.Run]
  private let costs: [String: Double]
  private let store: RunStore
  /// Reads records without warnings, because the process that renames a damaged record warns.
  private let reader: RunStore
  private let leases: LeaseManager
  private let usesHalving: Bool
  /// Whether to wait for runs that other processes work on.
  private let waits: Bool
  private let state = Mutex(State())

  init(
    _ experiment: Experiment, store: RunStore, leases: LeaseManager, usesHalving: Bool, waits: Bool
  ) throws {
    configurations = experiment.configurations
    let costs = try experiment.configurationCosts()
    let runs = experiment.runsInOrder(costs)
    order = Dictionary(
      uniqueKeysWithValues: runs.enumerated().map { ($0.element.hash, $0.offset) })
    self.runs = runs
    self.costs = experiment.byRun(costs.map(\.multiplyAdds))
    self.store = store
    reader = store.warning { _ in }
    self.leases = leases
    (self.usesHalving, self.waits) = (usesHalving, waits)
  }

  func next() -> Next {
    state.withLock { state in
      if state.summary.mustStop { return .nothing }
      if state.isAlone { return .wait }
      refresh(&state)
      state.elsewhere = []
      for job in possible(state) where !state.taken.contains(job.run.hash) {
        let isSuspect = isSuspect(job.run, state)
        if isSuspect, !state.taken.isEmpty { continue }
        do {
          guard let lease = try leases.acquire(job.run.hash) else {
            state.elsewhere.insert(job.run.hash)
            continue
          }
          // The former holder may have finished the run since the record was read.
          read(job.run, &state) { try store.record(of: job.run, holding: lease) }
          guard let now = possible(state).first(where: { $0.run.hash == job.run.hash }) else {
            leases.release(lease)
            continue
          }
          state.taken.insert(job.run.hash)
          state.isAlone = isSuspect
          return .job(now, lease)
        } catch {
          // All leases are in one folder, so the next run would fail, too.
          stop(error, &state)
          return .nothing
        }
      }
      let mayWait = !state.taken.isEmpty || waits && !state.elsewhere.isEmpty
      return mayWait ? .wait : .nothing
    }
  }

  private func results(_ state: State) -> [ConfigurationResult] {
    configurations.map { one in
      ConfigurationResult(one) { state.records[$0.hash]?.view(halving: usesHalving) }
    }
  }

  /// All jobs that could be done now. Scoring comes first: it is short, and completes a configuration.
  private func possible(_ state: State) -> [Job] {
    let results = results(state)
    let scores = results.flatMap(\.unscored).map { Job.score($0) }
    var others: [Job] = []
    for result in results {
      let verdicts = usesHalving ? result.verdicts : [:]
      let comparisons = Halving.shares(rates: result.searchCurve.count)
      for run in result.runs.filter({ !$0.isDone }).map(\.run) {
        switch verdicts[run.hash] {
        case nil: others.append(.train(run, comparisons: []))
        case .proceed: others.append(.train(run, comparisons: comparisons))
        case .drop: others.append(.drop(run))
        case .wait: break
        }
      }
    }
    others.sort { order[$0.run.hash]! < order[$1.run.hash]! }
    let all = (scores + others).filter { !state.givenUp.contains($0.run.hash) }
    return all.filter { !isSuspect($0.run, state) } + all.filter { isSuspect($0.run, state) }
  }

  /// Whether processes died while they worked on the run. It then comes last, and alone: it cannot harm other runs, and
  /// no other run can be the cause.
  private func isSuspect(_ run: Experiment.Run, _ state: State) -> Bool {
    (state.records[run.hash]?.attempts ?? 0) >= 2
  }

  /// Reads the records that other processes have changed.
  private func refresh(_ state: inout State) {
    for run in runs where !state.taken.contains(run.hash) && !state.givenUp.contains(run.hash) {
      read(run, &state)
    }
  }

  private func read(_ run: Experiment.Run, _ state: inout State) {
    read(run, &state) { try reader.record(of: run) }
  }

  private func read(
    _ run: Experiment.Run, _ state: inout State, _ record: () throws -> RunRecord?
  ) {
    let signature = store.signature(of: store.url(of: run.hash))
    if let signature, signature == state.signatures[run.hash] { return }
    do {
      state.records[run.hash] = try record()
      state.signatures[run.hash] = state.records[run.hash] == nil ? nil : signature
    } catch {
      state.givenUp.insert(run.hash)
      state.summary.errors.append("\(run.label): \(error)")
    }
  }

  private func stop(_ error: any Error, _ state: inout State) {
    if !state.summary.mustStop { state.summary.errors.append("\(error)") }
    let isDiskFull = (error as? FileError)?.isOutOfSpace == true
    if isDiskFull { state.summary.isDiskFull = true } else { state.summary.cannotWrite = true }
  }

  func end(_ job: Job, _ lease: Lease, _ outcome: RunOutcome) {
    leases.release(lease)
    state.withLock { state in
      state.taken.remove(job.run.hash)
      state.isAlone = false
      switch outcome {
      case .finished: state.summary.finished += 1
      case .diverged: state.summary.diverged += 1
      case .paused, .scored, .compared, .dropped, .lost, .redone: break
      case .error(let message, let isDiskFull):
        state.summary.errors.append("\(job.run.label): \(message)")
        state.summary.isDiskFull = state.summary.isDiskFull || isDiskFull
        state.givenUp.insert(job.run.hash)
      }
      read(job.run, &state)
    }
  }

  /// Removes the checkpoints of processes that were killed just after their run was done.
  func removeLeftCheckpoints() {
    let records = state.withLock { $0.records }
    for run in runs where [.finished, .diverged].contains(records[run.hash]?.status) {
      try? store.removeCheckpoint(of: run)
    }
  }

  /// Valid after all threads have ended.
  var summary: SweepSummary {
    state.withLock { state in
      var summary = state.summary
      for result in results(state) {
        let left = result.runs.filter { !$0.isDone }.map(\.run) + result.unscored
        summary.paused +=
          left.count { !state.givenUp.contains($0.hash) } + result.deferred.count
      }
      summary.elsewhere = state.elsewhere.count
      return summary
    }
  }

  var overview: SweepOverview {
    state.withLock { state in
      var overview = SweepOverview(runs: 0)
      let results = results(state)
      for result in results {
        overview.runs += result.count
        for one in result.runs {
          let hash = one.run.hash
          if one.isDone {
            overview.done += 1
          } else if !state.taken.contains(hash), !state.givenUp.contains(hash) {
            overview.waitingMultiplyAdds += costs[hash]! * (1 - (one.record?.progress ?? 0))
          }
        }
        overview.waitingMultiplyAdds += result.deferred.reduce(0) { $0 + costs[$1.hash]! }
      }
      overview.elsewhere = state.elsewhere.count
      overview.seedsDone = seedsDone(results)
      return overview
    }
  }

  /// How many of the first seeds are done in all rows.
  private func seedsDone(_ results: [ConfigurationResult]) -> Int {
    let most = configurations.map(\.seeds.count).max() ?? 0
    return (0..<most).first { index in !results.allSatisfy { $0.isDone(seedAt: index) } } ?? most
  }

  func cost(of run: Experiment.Run) -> Double { costs[run.hash]! }
}
