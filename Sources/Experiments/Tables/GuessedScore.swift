import RecallTasks

/// What a model reaches on some tasks that recalls nothing: beside it, a score tells something.
struct GuessedScore: Hashable {
  let chance: Double
  let accuracy: Double
  private let name: String

  /// Of equally many examples of each task.
  init(_ tasks: [TaskConfiguration]) {
    let guesses = tasks.map(\.task.trivialGuess)
    let names = Set(guesses.map(\.name))
    name = names.count == 1 ? names.first! : "the best trivial guesses"
    let count = Double(tasks.count)
    chance = tasks.reduce(0) { $0 + $1.task.chance } / count
    accuracy = guesses.reduce(0) { $0 + $1.accuracy } / count
  }

  var text: String { guessText(chance: chance, (name, accuracy)) }
}

extension ResultTable.Line {
  /// What the score is of.
  var tasks: [TaskConfiguration] {
    (try? result.cell.runs[0].configuration.evaluationTasks) ?? []
  }
}

extension ResultTable {
  /// By the lines' tasks; most tables have one.
  var guesses: [[TaskConfiguration]: GuessedScore] {
    Dictionary(lines.map { ($0.tasks, $0.tasks) }) { first, _ in first }
      .filter { !$0.key.isEmpty }.mapValues(GuessedScore.init)
  }

  /// One note, or where lines are of several tasks one for the lines of each.
  var guessNotes: [String] {
    let guesses = guesses
    var groups: [(text: String, labels: [String])] = []
    for line in lines {
      guard let text = guesses[line.tasks]?.text else { continue }
      if let group = groups.firstIndex(where: { $0.text == text }) {
        groups[group].labels.append(line.label)
      } else {
        groups.append((text, [line.label]))
      }
    }
    return groups.map { text, labels in
      "guessing: \(text)" + (groups.count == 1 ? "" : " (\(labels.joined(separator: "; ")))")
    }
  }
}
