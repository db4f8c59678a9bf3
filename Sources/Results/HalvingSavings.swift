import Experiments

/// What successive halving saved, from the records.
package struct HalvingSavings: Hashable, Sendable {
  package let dropped: Int
  package let runs: Int
  /// The share of all runs' arithmetic that was saved.
  package let share: Double

  /// nil if nothing was dropped and halving was not asked for.
  init?(_ results: [ConfigurationResult], halving: Bool) throws {
    dropped = results.reduce(0) { $0 + $1.count(.dropped) }
    guard dropped > 0 || halving else { return nil }
    var (all, saved) = (0.0, 0.0)
    for result in results {
      let cost = try RunCost(result.configuration.shared).multiplyAdds
      all += cost * Double(result.count)
      for one in result.runs where one.record?.status == .dropped {
        saved += cost * (1 - (one.record?.progress ?? 0))
      }
    }
    runs = results.reduce(0) { $0 + $1.count }
    share = saved / all
  }
}
