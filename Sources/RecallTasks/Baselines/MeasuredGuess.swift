import Foundation
import Support

/// Guesses whose accuracy has no short form.
extension RecallTask {
  /// How many examples a guess is measured on: 2^20 tokens, but no more than 2^14 examples.
  package var guessedExamples: Int { max(1, min(1 << 14, (1 << 20) / sequenceLength)) }

  /// A guess's accuracy, measured on examples of a stream of its own.
  ///
  /// - Parameter guess: the answers to an example's questions, given their positions; it may look at no token
  ///   after the position.
  func measuredAccuracy(
    _ guess: (_ inputs: [Int32], _ questions: [Int]) -> [Int32]
  ) -> Double {
    expectedAccuracy { example, questions in
      let right = zip(questions, guess(example.inputs, questions))
        .count { example.labels[$0] == $1 }
      return Double(right)
    }
  }

  /// The same of a guess of which it is known how likely it is to be right.
  ///
  /// - Parameter right: how many of an example's questions are expected to be answered right.
  func expectedAccuracy(_ right: (_ example: Example, _ questions: [Int]) -> Double) -> Double {
    let seed = RandomStream.number(of: "guess")
    let sum = (0..<guessedExamples).reduce(0.0) { sum, index in
      let example = example(at: index, seed: seed, split: .test)
      let questions = example.labels.indices.filter { example.labels[$0] != unlabelled }
      return sum + right(example, questions) / Double(questions.count)
    }
    return sum / Double(guessedExamples)
  }
}

package func guessText(chance: Double, _ guess: (name: String, accuracy: Double)) -> String {
  func short(_ share: Double) -> String { significant(share, 2) }
  return "chance \(short(chance)), \(guess.name) \(short(guess.accuracy))"
}

/// The better of two guesses; of equals the first.
func better(
  _ guess: (name: String, accuracy: Double), _ other: (name: String, accuracy: Double)
) -> (name: String, accuracy: Double) {
  other.accuracy > guess.accuracy ? other : guess
}

/// How often each token is there.
func counts(of tokens: some Sequence<Int32>) -> [Int32: Int] {
  tokens.reduce(into: [:]) { $0[$1, default: 0] += 1 }
}

/// The first of the tokens with the largest count; nil of none.
func mostFrequent(_ counts: [Int32: Int]) -> Int32? {
  counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
}
