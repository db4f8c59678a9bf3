import Foundation
import Support

/// MQAR with its queries in front: every answer comes after its query.
///
/// S = (L − 2K)/2 slots of two tokens, then the context: K distinct keys of [1, V/2), each followed by its value, K
/// distinct tokens of [V/2, V). Each key is asked once: it is the first token of a slot, and its value is the label
/// there. Slots are drawn as in MQAR, but counted backwards from the context: slot i = 1 is next to it. Every other token is
/// filler: 0, or with `random_filler` any token of [1, V/2) that is not a key.
///
/// Example 0 of split train at seed 0 for vocab_size 20, sequence_length 16, n_pairs 3:
/// ```
/// inputs  0  0  0  0  7  0  1  0  4  0  4 13  1 18  7 15
/// labels  .  .  .  . 15  . 18  . 13  .  .  .  .  .  .  .
/// ```
public struct QueriesFirstMQAR: SlotRecall {
  public static let kind = "queries_first_mqar"
  public static let question = "are bindings recalled that come after their queries?"
  public static let answersFromBothSides = true
  /// As for MQAR.
  public static let curriculum: Curriculum? = .ofPairs(always: ["power_a": 1])

  public var vocabularySize = 8192
  public var sequenceLength = 64
  /// Pairs of a key and its value.
  public var pairCount = 16
  /// Exponent of the distribution of slots: 1 is uniform; near 0 most queries are close to the context.
  public var power = 0.01
  /// Whether positions without a pair or query hold random tokens instead of token 0.
  public var randomFiller = false

  public init() {}

  public static let keys: [SettingKey<QueriesFirstMQAR>] = [
    .vocabularySize(\.vocabularySize, atLeast: 4),
    .evenSequenceLength(\.sequenceLength, atLeast: 4),
    .pairCount(\.pairCount, ofSlots: 2),
    .number(
      "power_a", \.power, .from(0, to: 16),
      "where queries fall: 1 is uniform; near 0 most queries are close to the pairs"),
    .fillerWithoutKeys(\.randomFiller),
  ]

  public func validateTogether() throws(SettingsError) { try requireKeys() }

  /// log₂ of the number of maps from d keys to distinct values, for the d in 1…K with the most maps, all of which a
  /// backward pass must carry.
  public var requiredBits: Double {
    log2LargestMapCount(keys: keyTokens.count, pairs: pairCount) {
      log2(Double(answerTokens.count - $0))
    }
  }

  /// That of MQAR, for a predictor that sees the values behind the queries.
  public var baseline: Baseline {
    QuerySlotBaseline.best(pairs: pairCount, slots: querySlots, power: power, isReversed: true)
  }

  /// No value is shown before the last query.
  public var causalBest: Double { chance }

  public var answerTokens: Range<Int> { vocabularySize / 2..<vocabularySize }
  public var isSafeInBothDirections: Bool { true }

  private var querySlots: Int { slotCount - pairCount }

  public func write(
    example index: Int, seed: UInt64, split: Split, inputs: UnsafeMutableBufferPointer<Int32>,
    labels: UnsafeMutableBufferPointer<Int32>
  ) {
    var random = stream(example: index, seed: seed, split: split)
    labels.update(repeating: ignoreIndex)
    let context = 2 * querySlots
    TokenTable.with(capacity: pairCount) { table in
      withThreadScratch(of: Int32.self, capacity: pairCount) { keys in
        table.draw(pairCount, from: keyTokens, by: &random) { keys[$0] = $1 }
        fill(inputs, avoiding: table, by: &random)
        for pair in 0..<pairCount { inputs[context + 2 * pair] = keys[pair] }
      }
    }
    TokenTable.with(capacity: pairCount) { table in
      table.draw(pairCount, from: answerTokens, by: &random) { inputs[context + 2 * $0 + 1] = $1 }
    }
    drawSlots(pairCount, of: querySlots, power: power, by: &random) { pair, slot in
      let position = context - 2 * (slot + 1)
      inputs[position] = inputs[context + 2 * pair]
      labels[position] = inputs[context + 2 * pair + 1]
    }
  }

  public func solve(
    inputs: UnsafeBufferPointer<Int32>, answers: UnsafeMutableBufferPointer<Answer>
  ) {
    answerBothWays(inputs, answers)
  }
}
