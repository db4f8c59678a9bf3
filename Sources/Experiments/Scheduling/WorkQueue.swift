import Foundation
import Storage
import Synchronization
import Training

/// Decides what is done next, from the records and leases alone; shared by the threads of a scheduler.
///
/// Processes agree without a word: what is to be done is a pure function of the records, and whoever has a run's
/// lease does it, after another look at the record.
final class WorkQueue: Sendable {
  enum Next {
    case work(Work, Lease)
    /// There may be something once others have ended.
    case wait
    case nothing
  }

  struct State {
    /// What threads of this process are at.
    var taken: Set<String> = []
    /// Runs that could not be trained or scored this time.
    var givenUp: Set<String> = []
    var elsewhere: Set<String> = []
    var records: [String: RunRecord] = [:]
    /// Of the record files that were read.
    var signatures: [String: [Int]] = [:]
    /// Whether what is at work must have the process to itself.
    var isAlone = false
    var summary = SittingSummary()
  }

  private let cells: [Cell]
  private let order: [String: Int]
  /// The longest first.
  private let runs: [Experiment.Run]
  private let costs: [String: Double]
  private let store: RunStore
  /// What is damaged is named where it is set aside.
  private let reader: RunStore
  private let leases: LeaseBook
  private let halves: Bool
  /// Whether to wait for runs that other processes are at.
  private let waits: Bool
  private let state = Mutex(State())

  init(
    _ experiment: Experiment, store: RunStore, leases: LeaseBook, halves: Bool, waits: Bool
  ) throws {
    cells = experiment.cells
    let costs = try experiment.costs()
    let runs = experiment.runsLongestFirst(costs)
    order = Dictionary(
      uniqueKeysWithValues: runs.enumerated().map { ($0.element.hash, $0.offset) })
    self.runs = runs
    self.costs = costs.mapValues(\.multiplyAdds)
    self.store = store
    reader = store.warning { _ in }
    self.leases = leases
    (self.halves, self.waits) = (halves, waits)
  }

  func next() -> Next {
    state.withLock { state in
      if state.summary.cannotGoOn { return .nothing }
      if state.isAlone { return .wait }
      refresh(&state)
      state.elsewhere = []
      for work in possible(state) where !state.taken.contains(work.run.hash) {
        let isSuspect = isSuspect(work.run, state)
        if isSuspect, !state.taken.isEmpty { continue }
        do {
          guard let lease = try leases.acquire(work.run.hash) else {
            state.elsewhere.insert(work.run.hash)
            continue
          }
          // Its holder may have ended since it was read.
          read(work.run, &state) { try store.record(of: work.run, holding: lease) }
          guard let now = possible(state).first(where: { $0.run.hash == work.run.hash }) else {
            leases.release(lease)
            continue
          }
          state.taken.insert(work.run.hash)
          state.isAlone = isSuspect
          return .work(now, lease)
        } catch {
          // Leases are all in one folder: the next run would fare no better.
          stop(error, &state)
          return .nothing
        }
      }
      let mayWait = !state.taken.isEmpty || waits && !state.elsewhere.isEmpty
      return mayWait ? .wait : .nothing
    }
  }

  private func results(_ state: State) -> [CellResult] {
    cells.map { cell in CellResult(cell) { record($0, state) } }
  }

  /// What could be done, scoring first: it is short, and completes a cell.
  private func possible(_ state: State) -> [Work] {
    let results = results(state)
    let scores = results.flatMap(\.unscored).map { Work.score($0) }
    var works: [Work] = []
    for result in results {
      let verdicts = halves ? result.verdicts : [:]
      let comparisons = Halving.shares(rates: result.search.count)
      for point in result.points where !point.isDone {
        switch verdicts[point.run.hash] {
        case nil: works.append(.train(point.run, comparisons: []))
        case .goOn: works.append(.train(point.run, comparisons: comparisons))
        case .drop: works.append(.drop(point.run))
        case .wait: break
        }
      }
    }
    works.sort { order[$0.run.hash]! < order[$1.run.hash]! }
    let all = (scores + works).filter { !state.givenUp.contains($0.run.hash) }
    return all.filter { !isSuspect($0.run, state) } + all.filter { isSuspect($0.run, state) }
  }

  /// Whether processes ended while they were at it: then it comes last, and while nothing else is in training here,
  /// so that it takes nothing with it and nothing else is to blame.
  private func isSuspect(_ run: Experiment.Run, _ state: State) -> Bool {
    (state.records[run.hash]?.attempts ?? 0) >= 2
  }

  private func record(_ run: Experiment.Run, _ state: State) -> RunRecord? {
    state.records[run.hash]?.asSeen(halving: halves)
  }

  /// Reads what others may have written since.
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
    if !state.summary.cannotGoOn { state.summary.errors.append("\(error)") }
    let isDiskFull = (error as? FileError)?.isOutOfSpace == true
    if isDiskFull { state.summary.isDiskFull = true } else { state.summary.cannotWrite = true }
  }

  func end(_ work: Work, _ lease: Lease, _ end: SittingEnd) {
    leases.release(lease)
    state.withLock { state in
      state.taken.remove(work.run.hash)
      state.isAlone = false
      switch end {
      case .finished: state.summary.finished += 1
      case .diverged: state.summary.diverged += 1
      case .paused, .scored, .compared, .dropped, .lost, .redone: break
      case .error(let message, let isDiskFull):
        state.summary.errors.append("\(work.run.label): \(message)")
        state.summary.isDiskFull = state.summary.isDiskFull || isDiskFull
        state.givenUp.insert(work.run.hash)
      }
      read(work.run, &state)
    }
  }

  /// Removes checkpoints that processes left which were killed just after a run was done.
  func clearUp() {
    let records = state.withLock { $0.records }
    for run in runs where [.finished, .diverged].contains(records[run.hash]?.status) {
      try? store.removeCheckpoint(of: run)
    }
  }

  /// After all threads have ended.
  var summary: SittingSummary {
    state.withLock { state in
      var summary = state.summary
      for result in results(state) {
        let left = result.points.filter { !$0.isDone }.map(\.run) + result.unscored
        summary.paused +=
          left.count { !state.givenUp.contains($0.hash) } + result.later.count
      }
      summary.elsewhere = state.elsewhere.count
      return summary
    }
  }

  var overview: Overview {
    state.withLock { state in
      var overview = Overview(runs: 0)
      for result in results(state) {
        overview.runs += result.count
        for point in result.points {
          let hash = point.run.hash
          if point.isDone {
            overview.done += 1
          } else if !state.taken.contains(hash), !state.givenUp.contains(hash) {
            overview.waitingMultiplyAdds += costs[hash]! * (1 - (point.record?.progress ?? 0))
          }
        }
        overview.waitingMultiplyAdds += result.later.reduce(0) { $0 + costs[$1.hash]! }
      }
      overview.elsewhere = state.elsewhere.count
      return overview
    }
  }

  func cost(of run: Experiment.Run) -> Double { costs[run.hash]! }
}

/// How far an experiment is.
public struct Overview: Hashable, Sendable {
  public var runs: Int
  public var done = 0
  /// Runs that other processes are at.
  public var elsewhere = 0
  /// Of the runs that are neither done nor in training here.
  public var waitingMultiplyAdds = 0.0

  public init(runs: Int) { self.runs = runs }
}

extension Experiment {
  /// The arithmetic of every run, by hash.
  public func costs() throws -> [String: RunCost] {
    var costs: [String: RunCost] = [:]
    for cell in cells {
      // Learning rates and seeds do not change it.
      let cost = try RunCost(cell.runs[0].configuration)
      for run in cell.runs { costs[run.hash] = cost }
    }
    return costs
  }

  /// In the order in which runs are begun: those of the most arithmetic first.
  func runsLongestFirst(_ costs: [String: RunCost]) -> [Run] {
    runs.enumerated().sorted { first, second in
      let (a, b) = (
        costs[first.element.hash]!.multiplyAdds, costs[second.element.hash]!.multiplyAdds
      )
      return a != b ? a > b : first.offset < second.offset
    }.map(\.element)
  }
}
