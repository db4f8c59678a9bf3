import Foundation
import Support

/// MQAR whose pairs and queries stand anywhere, so that half of the answers come after their query.
///
/// 2K of the L/2 slots of two tokens are drawn uniformly, in random order. The first K hold K distinct keys of [1, V/2),
/// each followed by its value, K distinct tokens of [V/2, V). The next K hold the same keys in the same order, each with
/// its value as the label, and a token of filler. Filler is 0, or with `random_filler` any token of [1, V/2) that is
/// not a key.
///
/// Example 0 of split train at seed 0 for vocab_size 32, sequence_length 12, n_pairs 2:
/// ```
/// inputs  2 19  2  0 13  0 13 17  0  0  0  0
/// labels  .  . 19  . 17  .  .  .  .  .  .  .
/// ```
public struct AnywhereMQAR: SlotRecall {
  public static let kind = "anywhere_mqar"
  public static let question = "are bindings recalled from both directions?"
  public static let answersFromBothSides = true
  public static let curriculum: Curriculum? = .ofPairs()

  public var vocabularySize = 8192
  public var sequenceLength = 64
  /// Pairs of a key and its value.
  public var pairCount = 16
  /// Whether positions without a pair or query hold random tokens instead of token 0.
  public var randomFiller = false

  public init() {}

  public static let keys: [SettingKey<AnywhereMQAR>] = [
    .vocabularySize(\.vocabularySize, atLeast: 4),
    .evenSequenceLength(\.sequenceLength, atLeast: 4),
    .pairCount(\.pairCount, ofSlots: 2),
    .fillerWithoutKeys(\.randomFiller),
  ]

  public func validateTogether() throws(SettingsError) { try requireKeys() }

  /// The bindings that must cross the middle of an example, on average: a pair is on the other side of the middle than its
  /// query with probability ½, so K/4 bindings cross in each direction. (All K cross in the rarest examples.)
  public var requiredBits: Double { 2 * bindingBits(Double(pairCount) / 4) }

  /// Values are distinct, and each is asked for once, anywhere: any shown value is right with probability 1/K.
  public var baseline: Baseline { Baseline("any shown value", accuracy: 1 / Double(pairCount)) }

  /// All queries after their pair, one half. A query before its pair, and after r other pairs, is answered by any of the
  /// values not shown: of the K + 1 slots with the query and all pairs, the query's rank is r with probability
  /// 1/(K + 1), and its own pair is then among the K − r later ones with probability (K − r)/K.
  public var causalBest: Double {
    let pairs = Double(pairCount)
    return 0.5
      + (0..<pairCount).reduce(0) { sum, shown in
        sum + (pairs - Double(shown)) / pairs / (pairs + 1) / Double(answerTokens.count - shown)
      }
  }

  public var answerTokens: Range<Int> { vocabularySize / 2..<vocabularySize }
  public var isSafeInBothDirections: Bool { true }

  public let partNames = ["after", "before"]

  /// A query is `after` its pair, or `before` it.
  public func parts(of inputs: [Int32]) -> [Int?] {
    solution(of: inputs).enumerated().map { position, answer in
      answer.source.map { $0 < position ? 0 : 1 }
    }
  }

  public func write(
    example index: Int, seed: UInt64, split: Split, inputs: UnsafeMutableBufferPointer<Int32>,
    labels: UnsafeMutableBufferPointer<Int32>
  ) {
    var random = stream(example: index, seed: seed, split: split)
    labels.update(repeating: ignoreIndex)
    withThreadScratch(of: Int32.self, capacity: 2 * pairCount) { pairs in
      TokenTable.with(capacity: pairCount) { table in
        table.draw(pairCount, from: answerTokens, by: &random) { pairs[2 * $0 + 1] = $1 }
      }
      TokenTable.with(capacity: pairCount) { table in
        table.draw(pairCount, from: keyTokens, by: &random) { pairs[2 * $0] = $1 }
        fill(inputs, avoiding: table, by: &random)
      }
      drawSlots(2 * pairCount, of: slotCount, power: 1, by: &random) { number, slot in
        let pair = number % pairCount
        inputs[2 * slot] = pairs[2 * pair]
        if number < pairCount {
          inputs[2 * slot + 1] = pairs[2 * pair + 1]
        } else {
          labels[2 * slot] = pairs[2 * pair + 1]
        }
      }
    }
  }

  public func solve(
    inputs: UnsafeBufferPointer<Int32>, answers: UnsafeMutableBufferPointer<Answer>
  ) {
    answerBothWays(inputs, answers)
  }
}
