import Foundation
import Training

/// How far a sweep is: from the records and leases, whoever works on it and wherever.
public struct SweepStatus: Sendable {
  public enum State: String, CaseIterable, Sendable {
    case finished, diverged, dropped
    /// Someone has its lease.
    case running
    /// Begun, and nobody has its lease: its process was interrupted or killed.
    case interrupted
    case failed, pending
  }

  public struct Item: Sendable {
    public let run: Experiment.Run
    public let state: State
    public let record: RunRecord?
    /// Who has its lease, and the seconds since its last sign of life by this machine's clock.
    public let holder: (host: String, process: Int32, silent: Double)?
  }

  public let items: [Item]
  /// In the order of the file.
  public let cells: [(label: String, items: [Item])]

  public init(_ experiment: Experiment, store: RunStore) throws {
    let holders = LeaseBook.holders(in: store.folder)
    cells = try experiment.cells.map { cell in
      let result = try CellResult(cell, record: store.record)
      let items = result.points.map { point in
        let holder = holders[point.run.hash]
        return Item(
          run: point.run, state: Self.state(point.record, isHeld: holder != nil),
          record: point.record, holder: holder)
      }
      let later = result.later.map { Item(run: $0, state: .pending, record: nil, holder: nil) }
      return (cell.label, items + later)
    }
    items = cells.flatMap(\.items)
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

  public func count(_ state: State) -> Int { items.count { $0.state == state } }

  /// For a person.
  public var text: String {
    let states = State.allCases.filter { count($0) > 0 || $0 == .finished }
    let header = ["model"] + states.map(\.rawValue)
    let rows = cells.map { cell in
      [cell.label]
        + states.map { state in
          let count = cell.items.count { $0.state == state }
          return count > 0 ? "\(count)" : ""
        }
    }
    let sums = ["all \(items.count) runs"] + states.map { "\(count($0))" }
    let running = items.filter { $0.state == .running }.map(Self.line)
    let failed = items.filter { $0.state == .failed }.map {
      "\($0.run.label): failed: \($0.record?.failure?.reason ?? "unknown")"
    }
    return
      (TableLayout.aligned([header] + rows + [sums])
      + (running.isEmpty ? [] : [""] + running) + (failed.isEmpty ? [] : [""] + failed))
      .joined(separator: "\n") + "\n"
  }

  private static func line(_ item: Item) -> String {
    var parts: [String] = []
    if let holder = item.holder {
      parts.append("\(item.run.label): running on \(holder.host), process \(holder.process)")
      if holder.silent > 60 { parts.append("silent for \(clock(holder.silent))") }
    }
    if let last = item.record?.evaluations.last {
      let total = item.record?.totalSteps.map { "/\($0)" } ?? ""
      parts.append("step \(last.step)\(total), validation accuracy \(fixed(last.accuracy, 3))")
    }
    return parts.joined(separator: ", ")
  }
}
