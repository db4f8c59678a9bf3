import Foundation
import RecallTasks
import Support

/// Which token was shown D tokens ago? The tokens are random, and every position from D on has a label.
///
/// For vocab_size 8, sequence_length 8, delay 3:
/// ```
/// inputs 5 1 7 7 0 3 6 2
/// labels . . . 5 1 7 7 0
/// ```
struct Delay: RecallTask {
  static let kind = "delay"
  static let question = "how many of the last tokens are kept in order?"

  /// V
  var vocabularySize = 8
  var sequenceLength = 32
  /// D
  var delay = 4

  static let keys: [SettingKey<Delay>] = [
    .integer("vocab_size", \.vocabularySize, 2...65_536, "V, tokens are below this"),
    .integer("sequence_length", \.sequenceLength, 2...65_536, "L, tokens of an example"),
    .integer(
      "delay", \.delay, .from(1, to: .of("sequence_length - 1") { $0.sequenceLength - 1 }),
      "D, how many tokens ago the answer was shown"),
  ]

  var difficulty: (name: String, value: Int) { ("delay", delay) }

  /// Each of the last D tokens will be asked for: D log₂ V.
  var requiredBits: Double { Double(delay) * log2(Double(vocabularySize)) }

  /// No other token says anything about the answer.
  var baseline: Baseline { Baseline("any token", accuracy: chance) }

  var answerTokens: Range<Int> { 0..<vocabularySize }

  func write(
    example index: Int, seed: UInt64, split: Split, inputs: UnsafeMutableBufferPointer<Int32>,
    labels: UnsafeMutableBufferPointer<Int32>
  ) {
    var random = stream(example: index, seed: seed, split: split)
    for position in inputs.indices {
      inputs[position] = Int32(random.below(vocabularySize))
      labels[position] = position < delay ? ignoreIndex : inputs[position - delay]
    }
  }

  func solve(
    inputs: UnsafeBufferPointer<Int32>, answers: UnsafeMutableBufferPointer<Answer>
  ) {
    for position in inputs.indices {
      answers[position] = position < delay ? .none : Answer(at: position - delay, of: inputs)
    }
  }
}
