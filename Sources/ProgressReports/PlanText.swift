import Foundation
import Records
import Scheduling
import Support

extension RunPlan {
  /// A line for each run, then one for all.
  ///
  /// - Parameter width: columns of the terminal, to which the lines of runs are fitted; nil if there is none.
  package func text(width: Int? = nil) -> String {
    var texts: [Item.Figures: [String]] = [:]
    let rows = items.map { item in
      let figures = item.figures
      let numbers =
        texts[figures]
        ?? [
          ratioText(figures.state), "\(figures.steps)", Self.arithmetic(figures.multiplyAdds),
          clock(figures.seconds),
          Self.memory(figures.bytes),
        ]
      texts[figures] = numbers
      return [item.label, Self.state(item)] + numbers
    }
    let ratio = items.contains { $0.run.match != nil } ? "matched ratio" : "state / attention"
    let table = TextTable(
      [["run", "status", ratio, "steps", "arithmetic", "time", "memory"]] + rows)
    let lines =
      width.map {
        table.fitted(to: $0, leavingOut: ["memory", "arithmetic", "steps", ratio]).lines
      } ?? table.aligned
    let left = items.count { $0.share > 0 }
    let threadText = threads == 1 ? "1 thread" : "\(threads) threads"
    let sources = [
      (recalled, "from earlier runs on this processor"),
      (measured, "measured just now, as on free cores"),
      (estimated, "from that of a similar model, by arithmetic"),
    ].filter { $0.0 > 0 }.map { "of \($0.0) \($0.0 == 1 ? "model" : "models") \($0.1)" }
    return
      (lines + [
        "",
        "\(left) of \(items.count) runs to do: \(Self.arithmetic(multiplyAdds)), about "
          + "\(clock(seconds)) with \(jobs) at a time on \(threadText) each, at most "
          + "\(Self.memory(bytes)) beside the program's own",
        "speed \(sources.joined(separator: ", ")); runs whose training can end early may take less",
      ] + skipped.map(\.description)).joined(separator: "\n") + "\n"
  }

  private static func state(_ item: Item) -> String {
    switch item.status {
    case nil: "to do"
    case .running?, .paused?, .failed?,
      .dropped? where item.share > 0:
      item.share < 1 ? "\(fixed(100 * (1 - item.share), 0)) % done" : "begun"
    case let status?: status.rawValue
    }
  }

  /// In floating-point operations, two for a multiply-add.
  private static func arithmetic(_ multiplyAdds: Double) -> String {
    let units = [("PFLOP", 1e15), ("TFLOP", 1e12), ("GFLOP", 1e9), ("MFLOP", 1e6)]
    let flops = 2 * multiplyAdds
    guard flops > 0 else { return "0" }
    let (name, unit) = units.first { flops >= $0.1 } ?? units.last!
    return "\(fixed(flops / unit, 1)) \(name)"
  }

  private static func memory(_ bytes: Int) -> String {
    bytes >= 1_000_000_000
      ? "\(fixed(Double(bytes) / 1e9, 1)) GB" : "\(fixed(Double(bytes) / 1e6, 0)) MB"
  }
}
