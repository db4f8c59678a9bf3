import Training

/// How often a record is saved in training. A record holds all evaluations, so that saving it after each of thousands would
/// take longer than training: it takes at most about a twentieth of the time.
package struct SavingPace {
  private static let share = 0.05

  /// Since the last save.
  private var watch: Stopwatch?
  /// Seconds that the last save took.
  private var cost = 0.0

  package init() {}

  /// Whether a save now would keep to the share, if it takes as long as the last one.
  package var isDue: Bool { watch.map { $0.seconds * Self.share >= cost } ?? true }

  package mutating func time(_ save: () throws -> Void) rethrows {
    let began = Stopwatch()
    try save()
    (cost, watch) = (began.seconds, Stopwatch())
  }
}
