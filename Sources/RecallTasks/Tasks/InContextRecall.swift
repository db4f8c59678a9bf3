import Support

/// In-context recall (Poli et al. 2024, MAD, arXiv 2403.17844).
///
/// L/2 pairs of a key of [0, V/2) and its value of [V/2, V), by a map drawn for each example: keys and the
/// map's values are uniform, with replacement. A key that was seen before has its value as the label. The last
/// pair's key is always one of those. With `loss: all` training labels every position with the next token.
///
/// Example 0 of split train at seed 0 for vocab_size 8, sequence_length 16:
/// ```
/// inputs 0 5 0 5 1 6 3 4 0 5 3 4 3 4 3 4
/// labels . . 5 . . . . . 5 . 4 . 4 . 4 .
/// ```
public struct InContextRecall: RecallTask {
  public static let kind = "in_context_recall"
  public static let question = "are bindings learned and used throughout a sequence?"
  public static let curriculum: Curriculum? = Curriculum(
    shortest: 32, rates: ["attention": 3e-3], firstSizes: ["sequence_length": 64, "vocab_size": 16])

  public var vocabularySize = 16
  public var sequenceLength = 128
  /// What training labels: the answers alone, or at every position the next token.
  public var loss = LossTarget.answers

  public init() {}

  public static let keys: [SettingKey<InContextRecall>] = [
    .vocabularySize(\.vocabularySize, atLeast: 3),
    .evenSequenceLength(\.sequenceLength, atLeast: 4),
    .loss(\.loss),
  ]

  public var difficulty: (name: String, value: Int) { ("sequence_length", sequenceLength) }
  public var requiredBits: Double { context.requiredBits }
  public var baseline: Baseline { context.baseline }
  public var answerTokens: Range<Int> { vocabularySize / 2..<vocabularySize }

  private var context: RepeatedPairs {
    RepeatedPairs(keys: 0..<vocabularySize / 2, values: answerTokens, pairs: sequenceLength / 2)
  }

  public func write(
    example index: Int, seed: UInt64, split: Split, inputs: UnsafeMutableBufferPointer<Int32>,
    labels: UnsafeMutableBufferPointer<Int32>
  ) {
    var random = stream(example: index, seed: seed, split: split)
    var writer = ExampleWriter(inputs: inputs, labels: labels)
    context.write(&writer, by: &random)
    writer.finish(loss, split: split)
  }

  public func contextRoles(of inputs: [Int32]) -> [TokenRole] {
    roles(of: inputs, keys: 0..<answerTokens.lowerBound)
  }

  public func solve(
    inputs: UnsafeBufferPointer<Int32>, answers: UnsafeMutableBufferPointer<Answer>
  ) {
    answerByLookup(context: sequenceLength, inputs: inputs, answers: answers)
  }
}
