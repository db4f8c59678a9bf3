import Foundation
import Support

/// Selective copying (Gu and Dao 2023, Mamba, arXiv 2312.00752; Poli et al. 2024, MAD, arXiv 2403.17844).
///
/// n data tokens of [2, V) at random positions among blanks (0): all sets of n of the first L − n − 1 positions have
/// the same probability. Then COPY (1) and n blanks, whose labels are the data tokens in their order.
///
/// Example 0 of split train at seed 0 for vocab_size 10, sequence_length 16, num_tokens_to_copy 4:
/// ```
/// inputs 4 0 0 7 0 0 5 0 6 0 0 1 0 0 0 0
/// labels . . . . . . . . . . . . 4 7 5 6
/// ```
public struct SelectiveCopying: RecallTask {
  public static let kind = "selective_copying"
  public static let question = "can data tokens be repeated in order, and blanks be ignored?"
  public static let curriculum: Curriculum? = Curriculum(
    shortest: 8, rates: ["attention": 3e-3],
    firstSizes: ["sequence_length": 64, "num_tokens_to_copy": 8]
  ) { task, length in
    [
      "num_tokens_to_copy": .int(
        max(1, task["num_tokens_to_copy"] * length / task["sequence_length"]))
    ]
  }

  public var vocabularySize = 16
  public var sequenceLength = 256
  /// Tokens to copy.
  public var dataCount = 16

  public init() {}

  public static let keys: [SettingKey<SelectiveCopying>] = [
    .vocabularySize(\.vocabularySize, atLeast: 4),
    .sequenceLength(\.sequenceLength, atLeast: 3),
    .integer(
      "num_tokens_to_copy", \.dataCount,
      .from(1, to: .of("(sequence_length - 1) / 2") { ($0.sequenceLength - 1) / 2 }),
      "data tokens among blanks"),
  ]

  public var difficulty: (name: String, value: Int) { ("num_tokens_to_copy", dataCount) }

  /// The information in all data tokens in their order: n log₂ (V − 2).
  public var requiredBits: Double { Double(dataCount) * log2(Double(answerTokens.count)) }

  /// The most frequent data token is right at E[largest count of n among V − 2] of n positions.
  public var baseline: Baseline {
    Baseline(
      "the most frequent token",
      accuracy: expectedMaximumLoad(draws: dataCount, boxes: answerTokens.count)
        / Double(dataCount))
  }

  public var isSafeInBothDirections: Bool { true }
  public var answerTokens: Range<Int> { 2..<vocabularySize }

  private static let blank: Int32 = 0
  private static let copy: Int32 = 1

  public func write(
    example index: Int, seed: UInt64, split: Split, inputs: UnsafeMutableBufferPointer<Int32>,
    labels: UnsafeMutableBufferPointer<Int32>
  ) {
    var random = stream(example: index, seed: seed, split: split)
    inputs.update(repeating: Self.blank)
    labels.update(repeating: ignoreIndex)
    let end = sequenceLength - dataCount - 1
    inputs[end] = Self.copy
    // A position is taken with probability (tokens left) / (positions left), so that all sets have the same
    // probability.
    var written = 0
    for position in 0..<end where random.below(end - position) < dataCount - written {
      inputs[position] = random.token(in: answerTokens)
      written += 1
      labels[end + written] = inputs[position]
    }
  }

  public func solve(
    inputs: UnsafeBufferPointer<Int32>, answers: UnsafeMutableBufferPointer<Answer>
  ) {
    answers.update(repeating: .none)
    // Where the search for the next data token starts; blanks are skipped.
    var source: Int?
    for position in inputs.indices {
      if inputs[position] == Self.copy {
        source = 0
      } else if let start = source,
        let found = inputs[start..<position].firstIndex(where: { $0 > Self.copy })
      {
        answers[position] = Answer(at: found, of: inputs)
        source = found + 1
      }
    }
  }
}
