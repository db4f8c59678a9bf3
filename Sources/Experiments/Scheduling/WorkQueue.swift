import Foundation
import Synchronization

/// Decides what is done next, from the records; shared by the threads of a scheduler.
final class WorkQueue: Sendable {
  enum Next {
    case work(Work)
    /// There may be something once others have ended.
    case wait
    case nothing
  }

  private struct State {
    /// What threads of this process are at.
    var taken: Set<String> = []
    /// Runs that could not be trained or scored this time.
    var givenUp: Set<String> = []
    var records: [String: RunRecord] = [:]
    var summary = SittingSummary()
  }

  private let cells: [Cell]
  /// The longest first.
  private let runs: [Experiment.Run]
  private let costs: [String: Double]
  private let store: RunStore
  private let state = Mutex(State())

  init(_ experiment: Experiment, store: RunStore) throws {
    cells = experiment.cells
    let costs = try experiment.costs().mapValues(\.multiplyAdds)
    runs = experiment.runs.enumerated().sorted { first, second in
      let (a, b) = (costs[first.element.hash]!, costs[second.element.hash]!)
      return a != b ? a > b : first.offset < second.offset
    }.map(\.element)
    self.costs = costs
    self.store = store
  }

  /// Scoring comes first: it is short, and completes a cell.
  func next() -> Next {
    state.withLock { state in
      refresh(&state)
      func isFree(_ run: Experiment.Run) -> Bool {
        !state.taken.contains(run.hash) && !state.givenUp.contains(run.hash)
      }
      for run in unscored(state) where isFree(run) {
        state.taken.insert(run.hash)
        return .work(.score(run))
      }
      for run in runs where isFree(run) && state.records[run.hash]?.isDone != true {
        state.taken.insert(run.hash)
        return .work(.train(run))
      }
      return state.taken.isEmpty ? .nothing : .wait
    }
  }

  private func unscored(_ state: State) -> [Experiment.Run] {
    cells.flatMap { cell in CellResult(cell) { state.records[$0.hash] }.unscored }
  }

  /// Reads what others may have written since.
  private func refresh(_ state: inout State) {
    for run in runs where !state.taken.contains(run.hash) && !state.givenUp.contains(run.hash) {
      if let known = state.records[run.hash], known.isDone { continue }
      read(run, &state)
    }
  }

  private func read(_ run: Experiment.Run, _ state: inout State) {
    do {
      state.records[run.hash] = try store.record(of: run)
    } catch {
      state.givenUp.insert(run.hash)
      state.summary.errors.append("\(run.label): \(error)")
    }
  }

  func end(_ work: Work, _ end: SittingEnd) {
    state.withLock { state in
      state.taken.remove(work.run.hash)
      switch end {
      case .finished: state.summary.finished += 1
      case .diverged: state.summary.diverged += 1
      case .paused, .scored: break
      case .error(let message):
        state.summary.errors.append(message)
        state.givenUp.insert(work.run.hash)
      }
      read(work.run, &state)
    }
  }

  /// After all threads have ended: what is neither done nor given up was paused.
  var summary: SittingSummary {
    state.withLock { state in
      var summary = state.summary
      let left = runs.filter { state.records[$0.hash]?.isDone != true } + unscored(state)
      summary.paused = left.count { !state.givenUp.contains($0.hash) }
      return summary
    }
  }

  var overview: Overview {
    state.withLock { state in
      var overview = Overview(runs: runs.count)
      for run in runs {
        let record = state.records[run.hash]
        if record?.isDone == true {
          overview.done += 1
        } else if !state.taken.contains(run.hash), !state.givenUp.contains(run.hash) {
          overview.waitingMultiplyAdds += costs[run.hash]! * (1 - (record?.progress ?? 0))
        }
      }
      return overview
    }
  }

  func cost(of run: Experiment.Run) -> Double { costs[run.hash]! }
}

/// How far an experiment is.
public struct Overview: Hashable, Sendable {
  public var runs: Int
  public var done = 0
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
}
