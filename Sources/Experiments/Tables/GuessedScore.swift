import RecallTasks
import Synchronization
import Training

/// What a model reaches on some tasks that recalls nothing: beside it, a score tells something.
public struct GuessedScore: Hashable, Sendable {
  public let chance: Double
  /// Of the best trivial guess of each task.
  public let accuracy: Double
  public let name: String

  /// Of equally many examples of each task.
  private init(of tasks: [TaskConfiguration]) {
    let guesses = tasks.map(\.task.trivialGuess)
    let names = Set(guesses.map(\.name))
    name = names.count == 1 ? names.first! : "the best trivial guesses"
    let count = Double(tasks.count)
    chance = tasks.reduce(0) { $0 + $1.task.chance } / count
    accuracy = guesses.reduce(0) { $0 + $1.accuracy } / count
  }

  /// Some guesses take a tenth of a second to measure, and every progress line shows one.
  private static let known = Mutex<[[TaskConfiguration]: GuessedScore]>([:])

  /// Of equally many examples of each task; nil of none.
  public init?(_ tasks: [TaskConfiguration]) {
    guard !tasks.isEmpty else { return nil }
    if let score = Self.known.withLock({ $0[tasks] }) {
      self = score
      return
    }
    let score = GuessedScore(of: tasks)
    Self.known.withLock { $0[tasks] = score }
    self = score
  }

  /// "chance 0.0078, the most frequent value 0.12".
  public var text: String { guessText(chance: chance, (name, accuracy)) }

  /// "guess 0.12", for beside a score.
  public var shortText: String { "guess \(fixed(accuracy, 3))" }
}

extension RunConfiguration {
  /// Beside the run's scores, on validation and test alike.
  public var guess: GuessedScore? { (try? evaluationTasks).flatMap(GuessedScore.init) }
}

extension ResultTable.Line {
  /// Beside the score.
  public var guess: GuessedScore? { result.cell.runs[0].configuration.guess }
}

extension ResultTable {
  /// One note, or where lines are of several tasks one for the lines of each.
  var guessNotes: [String] {
    var groups: [(text: String, labels: [String])] = []
    for line in lines {
      guard let text = line.guess?.text else { continue }
      if let group = groups.firstIndex(where: { $0.text == text }) {
        groups[group].labels.append(line.label)
      } else {
        groups.append((text, [line.label]))
      }
    }
    return groups.map { text, labels in
      "guessing: \(text)" + (groups.count == 1 ? "" : " (\(listed(labels, most: 4)))")
    }
  }
}

/// The first of many, and how many more there are.
package func listed(_ names: [String], most: Int = 12) -> String {
  let rest = names.count - most
  return names.prefix(most).joined(separator: "; ") + (rest > 0 ? "; and \(rest) more" : "")
}
