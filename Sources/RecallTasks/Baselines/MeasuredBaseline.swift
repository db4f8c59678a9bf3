import Foundation
import Support

/// Accuracies of baselines that have no closed form: they are measured on examples.
extension RecallTask {
  /// The number of examples: 2^20 tokens, at most 2^14 examples.
  package var baselineExamples: Int { max(1, min(1 << 14, (1 << 20) / sequenceLength)) }

  /// The accuracy of a predictor, measured on examples of a random stream that nothing else uses.
  ///
  /// - Parameter predict: the answers to an example's questions, whose positions are given. An answer may depend
  ///   on the tokens up to its position only.
  public func measuredAccuracy(
    _ predict: (_ inputs: [Int32], _ questions: [Int]) -> [Int32]
  ) -> Double {
    expectedAccuracy { example, questions in
      let right = zip(questions, predict(example.inputs, questions))
        .count { example.labels[$0] == $1 }
      return Double(right)
    }
  }

  /// The accuracy of a predictor whose expected number of right answers is known for each example.
  ///
  /// - Parameter right: the expected number of an example's questions that are answered right.
  public func expectedAccuracy(_ right: (_ example: Example, _ questions: [Int]) -> Double)
    -> Double
  {
    // The name of the stream is part of every stated accuracy.
    let seed = RandomStream.number(of: "guess")
    let sum = (0..<baselineExamples).reduce(0.0) { sum, index in
      let example = example(at: index, seed: seed, split: .test)
      let questions = example.labels.indices.filter { example.labels[$0] != ignoreIndex }
      return sum + right(example, questions) / Double(questions.count)
    }
    return sum / Double(baselineExamples)
  }
}

/// The count of each token.
func counts(of tokens: some Sequence<Int32>) -> [Int32: Int] {
  tokens.reduce(into: [:]) { $0[$1, default: 0] += 1 }
}

/// The token with the largest count, of equals the smallest token; nil if there are no tokens.
func mostFrequent(_ counts: [Int32: Int]) -> Int32? {
  counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
}
