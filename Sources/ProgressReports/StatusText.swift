import Records
import Results
import Scheduling
import Support

extension SweepStatus {
  /// A table of configurations and states, then a line for each run in training or failed.
  package var text: String {
    let states = State.allCases.filter { count($0) > 0 || $0 == .finished }
    let rows = configurations.map { one in
      [one.label]
        + states.map { state in
          let count = one.items.count { $0.state == state }
          return count > 0 ? "\(count)" : ""
        }
    }
    let sums = ["all \(items.count) runs"] + states.map { "\(count($0))" }
    let table = TextTable([["model"] + states.map(\.rawValue)] + rows + [sums])
    let running = items.filter { $0.state == .running }.map(Self.line)
    let failed = items.filter { $0.state == .failed }.map {
      "\($0.run.label): failed: \($0.record?.failure?.reason ?? "unknown")"
    }
    return document([table.aligned, running, failed], between: "\n", spaced: 1)
  }

  private static func line(_ item: Item) -> String {
    var parts: [String] = []
    if let holder = item.holder {
      parts.append("\(item.run.label): running on \(holder.host), process \(holder.process)")
      if holder.silent > 60 { parts.append("no heartbeat for \(clock(holder.silent))") }
    }
    if let last = item.record?.evaluations.last {
      let total = item.record?.totalSteps.map { "/\($0)" } ?? ""
      parts.append("step \(last.step)\(total), validation accuracy \(fixed(last.accuracy, 3))")
    }
    return parts.joined(separator: ", ")
  }
}

extension Slurm.Queue {
  /// "job 12, tasks 3 running, 1 pending".
  package var text: String {
    let names = "\(jobs.count == 1 ? "job" : "jobs") \(jobs.joined(separator: ", "))"
    let states = tasks.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key.lowercased())" }
    return "Slurm, \(names): "
      + (states.isEmpty ? "no task in the queue" : "tasks " + states.joined(separator: ", "))
  }
}
