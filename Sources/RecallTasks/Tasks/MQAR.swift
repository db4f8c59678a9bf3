import Foundation
import Support

/// Multi-query associative recall (Arora et al. 2023, Zoology, arXiv 2312.04927).
///
/// The context is K distinct keys of [1, V/2), each followed by its value, K distinct tokens of [V/2, V). It is written
/// `num_passes` times (Arora et al. 2024, Just read twice, arXiv 2407.05483). S = (L − 2K · passes)/2 slots of two
/// tokens follow. Each key is asked once: it is the first token of a slot, and its value is the label there. Slots are
/// drawn without replacement, slot i = 1…S with a probability proportional to i^(power_a − 1). Every other token is 0,
/// or with `random_filler` any token.
///
/// Example 0 of split train at seed 0 for vocab_size 20, sequence_length 16, n_pairs 3:
/// ```
/// inputs  3 14  1 19  4 10  3  0  0  0  1  0  0  0  4  0
/// labels  .  .  .  .  .  . 14  .  .  . 19  .  .  . 10  .
/// ```
public struct MQAR: RecallTask {
  public static let kind = "mqar"
  public static let question = "how many bindings can be held at once?"
  /// In training queries fall anywhere: where most are early, predicting by position is a plateau, too.
  public static let curriculum: Curriculum? = Curriculum(
    shortest: 16, always: ["power_a": 1],
    firstSizes: ["sequence_length": 64, "n_pairs": 4, "vocab_size": 256]
  ) { task, length in
    let most = length / (2 * (task["num_passes"] + 1))
    return ["n_pairs": .int(max(1, min(task["n_pairs"], most)))]
  }

  public var vocabularySize = 8192
  public var sequenceLength = 64
  /// Pairs of a key and its value.
  public var pairCount = 16
  /// How many times the context is shown.
  public var passes = 1
  /// Exponent of the distribution of slots: 1 is uniform; near 0 most queries are in early slots.
  public var power = 0.01
  /// Whether positions without a pair or query hold random tokens instead of token 0.
  public var randomFiller = false
  /// Whether random filler is never one of the example's keys.
  public var fillerAvoidsKeys = false

  public init() {}

  public static let keys: [SettingKey<MQAR>] = [
    .evenSequenceLength(\.sequenceLength, atLeast: 4),
    .vocabularySizeAboveSequenceLength(\.vocabularySize),
    .integer(
      "num_passes", \.passes,
      .from(1, to: .of("sequence_length / 2 - 1") { $0.sequenceLength / 2 - 1 }),
      "how often the pairs are shown before the queries"
    ).addedLater(before: 1),
    // With V > L ≥ 4K there are enough keys and values: K ≤ V/2 − 1.
    .pairCount(
      \.pairCount,
      .from(
        1,
        to: .of("sequence_length / (2 * (num_passes + 1))") {
          $0.sequenceLength / (2 * ($0.passes + 1))
        })),
    .power(\.power),
    .randomFiller(\.randomFiller),
    .fillerAvoidsKeys(\.fillerAvoidsKeys),
  ]

  public var difficulty: (name: String, value: Int) { ("n_pairs", pairCount) }

  /// log₂ of the number of maps from d keys to distinct values, for the d in 1…K with the most maps.
  public var requiredBits: Double {
    log2LargestMapCount(keys: keys.count, pairs: pairCount) { log2(Double(values.count - $0)) }
  }

  /// Values are distinct, and each is asked for once, so any shown value is right with probability 1/K. A prediction
  /// from the query's slot is better (`QuerySlotBaseline`).
  public var baseline: Baseline {
    QuerySlotBaseline.best(
      pairs: pairCount, slots: (sequenceLength - contextLength) / 2, power: power)
  }

  public var isSafeInBothDirections: Bool { true }
  public var answerTokens: Range<Int> { values }

  private var keys: Range<Int> { 1..<vocabularySize / 2 }
  private var values: Range<Int> { vocabularySize / 2..<vocabularySize }
  private var contextLength: Int { 2 * pairCount * passes }

  public func write(
    example index: Int, seed: UInt64, split: Split, inputs: UnsafeMutableBufferPointer<Int32>,
    labels: UnsafeMutableBufferPointer<Int32>
  ) {
    var random = stream(example: index, seed: seed, split: split)
    labels.update(repeating: ignoreIndex)
    TokenTable.with(capacity: pairCount) { table in
      table.draw(pairCount, from: values, by: &random) { inputs[2 * $0 + 1] = $1 }
    }
    let region = QueryRegion(
      positions: contextLength..<sequenceLength, width: 2, power: power,
      randomFiller: randomFiller, vocabularySize: vocabularySize)
    TokenTable.with(capacity: pairCount) { table in
      table.draw(pairCount, from: keys, by: &random) { inputs[2 * $0] = $1 }
      for position in 2 * pairCount..<contextLength {
        inputs[position] = inputs[position - 2 * pairCount]
      }
      region.write(
        queries: pairCount, to: inputs, avoiding: fillerAvoidsKeys ? table : nil, by: &random
      ) { pair, position in
        inputs[position] = inputs[2 * pair]
        labels[position] = inputs[2 * pair + 1]
      }
    }
  }

  public func contextRoles(of inputs: [Int32]) -> [TokenRole] {
    repeated([.key, .value], over: contextLength, of: inputs)
  }

  public func solve(
    inputs: UnsafeBufferPointer<Int32>, answers: UnsafeMutableBufferPointer<Answer>
  ) {
    answerByLookup(context: contextLength, inputs: inputs, answers: answers)
  }
}
