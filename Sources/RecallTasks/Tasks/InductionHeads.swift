import Foundation
import Support

/// Induction heads (Fu et al. 2023, H3, arXiv 2212.14052; Gu and Dao 2023, Mamba, arXiv 2312.00752).
///
/// Random tokens of [1, V), with 0 at two positions: one of the first L − 2 positions, all with the same probability,
/// and the last. The label there is the token that followed the first 0.
///
/// Example 0 of split train at seed 0 for vocab_size 10, sequence_length 16:
/// ```
/// inputs 0 9 3 5 9 4 9 8 4 2 4 9 4 6 7 0
/// labels . . . . . . . . . . . . . . . 9
/// ```
public struct InductionHeads: RecallTask {
  public static let kind = "induction_heads"
  public static let question =
    "can the token after a marker be recalled, however far back it is?"
  public static let curriculum: Curriculum? = Curriculum(
    shortest: 8, rates: ["attention": 3e-3], firstSizes: ["sequence_length": 64])

  public var vocabularySize = 16
  public var sequenceLength = 256

  public init() {}

  public static let keys: [SettingKey<InductionHeads>] = [
    .vocabularySize(\.vocabularySize, atLeast: 3),
    .sequenceLength(\.sequenceLength, atLeast: 3),
  ]

  public var difficulty: (name: String, value: Int) { ("sequence_length", sequenceLength) }

  /// Only the token after the first 0 must be remembered: log₂ (V − 1).
  public var requiredBits: Double { log2(Double(answerTokens.count)) }

  /// n = L − 2 tokens are shown besides 0. Which of them is asked for does not depend on the tokens, so the most
  /// frequent token is right with probability E[largest count of n among V − 1] / n.
  public var baseline: Baseline {
    let shown = sequenceLength - 2
    return Baseline(
      "the most frequent token",
      accuracy: expectedMaximumLoad(draws: shown, boxes: answerTokens.count) / Double(shown))
  }

  public var isSafeInBothDirections: Bool { true }
  public var answerTokens: Range<Int> { 1..<vocabularySize }

  public func write(
    example index: Int, seed: UInt64, split: Split, inputs: UnsafeMutableBufferPointer<Int32>,
    labels: UnsafeMutableBufferPointer<Int32>
  ) {
    var random = stream(example: index, seed: seed, split: split)
    let first = random.below(sequenceLength - 2)
    let last = sequenceLength - 1
    for position in 0..<last {
      inputs[position] = position == first ? 0 : random.token(in: answerTokens)
    }
    inputs[last] = 0
    labels.update(repeating: ignoreIndex)
    labels[last] = inputs[first + 1]
  }

  public func solve(
    inputs: UnsafeBufferPointer<Int32>, answers: UnsafeMutableBufferPointer<Answer>
  ) {
    answers.update(repeating: .none)
    var source: Int?
    for position in inputs.indices where inputs[position] == 0 {
      if let source {
        answers[position] = Answer(at: source, of: inputs, query: position..<position + 1)
      } else {
        source = position + 1
      }
    }
  }
}
