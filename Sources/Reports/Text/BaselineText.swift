import RecallTasks
import Results
import Support

extension NoRecallBaseline {
  /// "chance 0.0078, the most frequent value 0.12".
  package var text: String {
    baselineText(chance: chance, Baseline(name, accuracy: accuracy), causalBest: causalBest)
  }
}

extension ResultTable {
  /// One note, or one for each of a few baselines with the lines that it is for.
  var baselineNotes: [String] {
    let groups = lines.filter { $0.baseline != nil }.grouped { $0.baseline!.text }
    guard groups.count <= 3 else {
      return [
        "baseline without recall: each line's own; recall dataset show TASK says what it answers"
      ]
    }
    return groups.map { text, lines in
      "baseline without recall: \(text)"
        + (groups.count == 1 ? "" : " (\(listed(lines.map(\.label), most: 4)))")
    }
  }
}
