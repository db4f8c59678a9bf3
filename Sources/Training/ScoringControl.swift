/// How far the scoring of a split is. Checkpoints and records keep it as JSON, so these names must not change.
package struct SplitProgress: Codable, Hashable, Sendable {
  /// The tasks that are scored completely.
  private(set) var tasks = 0
  /// Examples of the next task that are scored.
  private(set) var examples = 0
  /// The scores of these examples.
  private var score = Score()
  /// Their scores by part; nil for a task without parts.
  private var parts: PartScores?
  /// The scores of the complete tasks.
  private(set) var done = SplitScore()

  package init() {}

  /// Whether this partial score fits a scoring of so many tasks with so many examples each.
  func isPart(ofTasks count: Int, examples total: Int) -> Bool {
    (0...count).contains(tasks) && (0...total).contains(examples) && score.isPossible
      && (parts?.isPossible ?? true) && done.isPossible
  }

  mutating func add(_ count: Int, _ body: (inout Score) -> Void) {
    examples += count
    body(&score)
  }

  /// Adds scores by part, of a task that has parts.
  mutating func addParts(_ body: (inout PartScores) -> Void) {
    var sum = parts ?? PartScores()
    body(&sum)
    parts = sum
  }

  mutating func finishTask(difficulty: String) {
    done.add(score, parts, difficulty: difficulty)
    (tasks, examples, score, parts) = (tasks + 1, 0, Score(), nil)
  }
}

/// Lets a long scoring be interrupted and continued later, with the same result to the bit.
package struct ScoringControl {
  /// Where to begin.
  let start: SplitProgress
  /// Asked many times a second, by several threads.
  let isInterrupted: @Sendable () -> Bool
  /// Called after every few examples, and when scoring ends because it was interrupted.
  let keep: (SplitProgress) throws -> Void

  package init(
    from start: SplitProgress? = nil, isInterrupted: @escaping @Sendable () -> Bool = { false },
    keep: @escaping (SplitProgress) throws -> Void = { _ in }
  ) {
    (self.start, self.isInterrupted, self.keep) = (start ?? SplitProgress(), isInterrupted, keep)
  }
}
