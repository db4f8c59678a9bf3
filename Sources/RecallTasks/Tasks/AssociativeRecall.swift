import Foundation
import Support

/// Associative recall with a single query (Fu et al. 2023, H3, arXiv 2212.14052; Poli et al. 2023, Hyena,
/// arXiv 2302.10866).
///
/// P = L/2 − 1 pairs of a key of [1, V/2) and a value of [V/2, V), drawn separately for each pair, then 0 and one of
/// the keys shown, all with the same probability. The label is the value that the key was last bound to. Keys are
/// drawn with replacement, or with `repeat_keys: false` without.
///
/// Example 0 of split train at seed 0 for vocab_size 12, sequence_length 12:
/// ```
/// inputs  3  8  2 11  1  7  1  7  5  6  0  5
/// labels  .  .  .  .  .  .  .  .  .  .  .  6
/// ```
public struct AssociativeRecall: RecallTask {
  public static let kind = "associative_recall"
  public static let question = "can one of many bindings be looked up?"
  public static let curriculum: Curriculum? = Curriculum(
    shortest: 6, rates: ["attention": 3e-3], firstSizes: ["sequence_length": 40, "vocab_size": 20])

  public var vocabularySize = 20
  public var sequenceLength = 40
  /// Whether a key may be shown again, with another value.
  public var repeatKeys = true

  public init() {}

  public static let keys: [SettingKey<AssociativeRecall>] = [
    .vocabularySize(\.vocabularySize, atLeast: 4),
    .evenSequenceLength(\.sequenceLength, atLeast: 4),
    .flag("repeat_keys", \.repeatKeys, "a key may be shown again, with another value"),
  ]

  public func validateTogether() throws(SettingsError) {
    let most = 2 * keys.count + 2
    guard repeatKeys || sequenceLength <= most else {
      throw SettingsError(
        "sequence_length", sequenceLength,
        allowed: "2 * (vocab_size / 2 - 1) + 2 = \(most) at most where repeat_keys is false")
    }
  }

  public var difficulty: (name: String, value: Int) { ("sequence_length", sequenceLength) }

  /// log₂ of the number of maps from 1 to P keys to values. If keys do not repeat, it is the number of maps from d
  /// keys, for the d in 1…P with the most maps.
  public var requiredBits: Double {
    repeatKeys
      ? log2PartialMapCount(keys: keys.count, values: answerTokens.count, atMost: pairCount)
      : log2LargestMapCount(keys: keys.count, pairs: pairCount) { _ in
        log2(Double(answerTokens.count))
      }
  }

  /// Predicts the value that most of the keys are bound to at the end.
  ///
  /// Bindings do not depend on which of D different keys is asked for, so the answer is that value with
  /// probability E[largest count of D values among M] / D. For more than about 500 pairs and keys the error is below
  /// 1/1000.
  public var baseline: Baseline {
    var largest = MaximumLoadShares(boxes: answerTokens.count)
    let accuracy =
      repeatKeys
      ? meanOverDistinctCounts(draws: pairCount, boxes: keys.count) { largest.share(draws: $0) }
      : largest.share(draws: pairCount)
    return Baseline("the value most keys are last bound to", accuracy: accuracy)
  }

  public var isSafeInBothDirections: Bool { true }
  public var answerTokens: Range<Int> { vocabularySize / 2..<vocabularySize }

  private var keys: Range<Int> { 1..<vocabularySize / 2 }
  private var pairCount: Int { sequenceLength / 2 - 1 }

  public func write(
    example index: Int, seed: UInt64, split: Split, inputs: UnsafeMutableBufferPointer<Int32>,
    labels: UnsafeMutableBufferPointer<Int32>
  ) {
    var random = stream(example: index, seed: seed, split: split)
    labels.update(repeating: ignoreIndex)
    // The number of the pair that last binds each key; and the keys in the order in which they first appear.
    TokenTable.with(capacity: pairCount) { last in
      withThreadScratch(of: Int32.self, capacity: pairCount) { shown in
        var count = 0
        for pair in 0..<pairCount {
          var key = random.token(in: keys)
          while !repeatKeys, last.contains(key) { key = random.token(in: keys) }
          if !last.contains(key) {
            shown.initializeElement(at: count, to: key)
            count += 1
          }
          last[key] = Int32(pair)
          inputs[2 * pair] = key
          inputs[2 * pair + 1] = random.token(in: answerTokens)
        }
        let asked = shown[random.below(count)]
        inputs[2 * pairCount] = 0
        inputs[2 * pairCount + 1] = asked
        labels[2 * pairCount + 1] = last[asked].map { inputs[2 * Int($0) + 1] } ?? ignoreIndex
      }
    }
  }

  public func contextRoles(of inputs: [Int32]) -> [TokenRole] {
    repeated([.key, .value], over: 2 * pairCount, of: inputs)
  }

  public func solve(
    inputs: UnsafeBufferPointer<Int32>, answers: UnsafeMutableBufferPointer<Answer>
  ) {
    answerByLookup(context: 2 * pairCount, inputs: inputs, answers: answers)
  }
}
