import Support

/// Noisy in-context recall (Poli et al. 2024, MAD, arXiv 2403.17844).
///
/// In-context recall in which a pair is two random noise tokens with probability `frac_noise`. The last pair and one
/// other pair, which is drawn uniformly, are never noise. Of V tokens the last `noise_vocab_size` are noise, the first
/// half of the others are keys and the rest are values.
///
/// Example 0 of split train at seed 0 for vocab_size 10, noise_vocab_size 4, sequence_length 16, frac_noise 0.5:
/// ```
/// inputs 0 5 8 7 0 5 1 4 1 4 2 4 0 5 1 4
/// labels . . . . 5 . . . 4 . . . 5 . 4 .
/// ```
public struct NoisyRecall: RecallTask {
  public static let kind = "noisy_recall"
  public static let question = "are bindings remembered when many pairs are noise?"
  public static let curriculum: Curriculum? = Curriculum(
    shortest: 16, rates: ["attention": 3e-3], firstSizes: ["sequence_length": 64])

  public var vocabularySize = 32
  /// Different noise tokens.
  public var noiseVocabularySize = 16
  public var sequenceLength = 128
  /// The probability that a pair is noise.
  public var noiseFraction = 0.2
  /// What training labels: the answers alone, or at every position the next token.
  public var loss = LossTarget.answers

  public init() {}

  public static let keys: [SettingKey<NoisyRecall>] = [
    .vocabularySize(\.vocabularySize, atLeast: 4),
    .integer(
      "noise_vocab_size", \.noiseVocabularySize,
      .from(1, to: .of("vocab_size - 3") { $0.vocabularySize - 3 }),
      "tokens of the vocabulary that are noise"),
    .evenSequenceLength(\.sequenceLength, atLeast: 4),
    .number(
      "frac_noise", \.noiseFraction, .atLeast(0, below: 1), "probability that a pair is noise"),
    .loss(\.loss),
  ]

  public var difficulty: (name: String, value: Int) { ("sequence_length", sequenceLength) }
  public var requiredBits: Double { context.requiredBits }
  public var baseline: Baseline { context.baseline }
  public var answerTokens: Range<Int> { noise.lowerBound / 2..<noise.lowerBound }

  private var noise: Range<Int> { vocabularySize - noiseVocabularySize..<vocabularySize }

  private var context: RepeatedPairs {
    RepeatedPairs(
      keys: 0..<answerTokens.lowerBound, values: answerTokens, noise: noise,
      noiseFraction: noiseFraction, pairs: sequenceLength / 2)
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
