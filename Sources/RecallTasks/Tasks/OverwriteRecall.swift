import Foundation
import Support

/// Recall of the last binding of keys that are bound again (Zoology's "forgetting" variant of MQAR).
///
/// K pairs as in MQAR, then U re-bindings: each is a random one of the K keys with a random value of [V/2, V) other
/// than its current one. MQAR's queries follow; each key's label is its last value.
///
/// Example 0 of split train at seed 0 for vocab_size 20, sequence_length 18, n_pairs 3, n_updates 2:
/// ```
/// inputs  3 18  4 19  6 12  3 10  6 14  0  0  4  0  3  0  6  0
/// labels  .  .  .  .  .  .  .  .  .  .  .  . 19  . 10  . 14  .
/// ```
public struct OverwriteRecall: RecallTask {
  public static let kind = "overwrite_recall"
  public static let question = "is an old binding replaced by a newer one?"
  public static let curriculum: Curriculum? = Curriculum(
    shortest: 16, always: ["power_a": 1],
    firstSizes: ["sequence_length": 64, "n_pairs": 4, "n_updates": 2, "vocab_size": 256]
  ) { task, length in
    let pairs = min(task["n_pairs"], length / 8)
    return ["n_pairs": .int(pairs), "n_updates": .int(min(task["n_updates"], pairs))]
  }

  public var vocabularySize = 8192
  public var sequenceLength = 64
  /// Pairs of a key and its value.
  public var pairCount = 8
  /// Pairs that are shown again with a new value.
  public var updateCount = 4
  /// Exponent of the distribution of slots: 1 is uniform; near 0 most queries are in early slots.
  public var power = 0.01
  /// Whether positions without a pair or query hold random tokens instead of token 0.
  public var randomFiller = false
  /// Whether random filler has no token that is a key.
  public var fillerAvoidsKeys = false

  public init() {}

  public static let keys: [SettingKey<OverwriteRecall>] = [
    .evenSequenceLength(\.sequenceLength, atLeast: 4),
    // With V > L ≥ 4K + 2U there are more values than keys.
    .vocabularySizeAboveSequenceLength(\.vocabularySize),
    .pairCount(
      \.pairCount, .from(1, to: .of("sequence_length / 4") { $0.sequenceLength / 4 })),
    .integer(
      "n_updates", \.updateCount,
      .from(
        0,
        to: .of("(sequence_length - 4 * n_pairs) / 2") {
          ($0.sequenceLength - 4 * $0.pairCount) / 2
        }), "U, pairs that bind a shown key to another value"),
    .power(\.power),
    .randomFiller(\.randomFiller),
    .fillerAvoidsKeys(\.fillerAvoidsKeys),
  ]

  public var difficulty: (name: String, value: Int) { ("n_pairs", pairCount) }

  /// log₂ of the number of maps after the last re-binding. The first K values are distinct, and U changes can reach
  /// every choice of K of M values in which at least K − U are different: (number of keys over K) · M^K times the
  /// probability that K draws of M show that many.
  public var requiredBits: Double {
    let least = max(1, pairCount - updateCount)
    let distinct = log2DistinctCountProbabilities(
      draws: pairCount, boxes: answerTokens.count, atLeast: least)
    return log2Binomial(keys.count, pairCount)
      + Double(pairCount) * log2(Double(answerTokens.count)) + log2Sum(Array(distinct[least...]))
  }

  /// The last value shown is right for its key, one of K, and for each other key with the same value.
  ///
  /// Two keys' first values differ, and each re-binding of one of them multiplies P(same) − 1/M by
  /// a = −1/(M − 1). So after r re-bindings of them together P(same) = (1 + (M − 1) a^(r + 1)) / M. One of
  /// the two is bound last: r = 1 + Binomial(U − 1, 2/K), and E a^r = a (1 + 2 (a − 1) / K)^(U − 1).
  ///
  /// Some pairs are more probable in a query's slot than others (`QuerySlotBaseline`). After r = Binomial(U, 1/K)
  /// re-bindings the first value of the pair is right with probability (1 + (M − 1) a^r) / M; the first value of a
  /// wrong pair is right as often as any of the other M − 1 values. Where both are less probable than the last value,
  /// the last value is predicted.
  public var baseline: Baseline {
    let values = Double(answerTokens.count)
    let keyCount = Double(pairCount)
    let factor = -1 / (values - 1)
    let change =
      updateCount == 0
      ? 1 : factor * pow(1 + 2 * (factor - 1) / keyCount, Double(updateCount - 1))
    let same = (1 + (values - 1) * factor * change) / values
    let last = pairCount == 1 ? 1 : 1 / keyCount + (1 - 1 / keyCount) * same
    let lastValue = Baseline("the last value", accuracy: last)
    guard pairCount > 1, power != 1 else { return lastValue }
    let bySlot = QuerySlotBaseline(
      pairs: pairCount, slots: (sequenceLength - contextLength) / 2, power: power)
    let kept =
      (1 + (values - 1) * pow(1 + (factor - 1) / keyCount, Double(updateCount))) / values
    guard bySlot.likeliest.contains(where: { $0.probability * kept > last }) else {
      return lastValue
    }
    let other = (1 - kept) / (values - 1)
    let means = bySlot.means { pair, slot, query in
      let (likeliest, probability) = bySlot.likeliest[slot]
      let accuracy = probability * kept < last ? last : likeliest == pair ? kept : other
      return SIMD2(accuracy, bySlot.pairInOrder(query) == pair ? kept : other)
    }
    return lastValue.orBetter(bySlot.bySlot(means.x).orBetter(bySlot.inOrder(means.y)))
  }

  public var isSafeInBothDirections: Bool { true }
  public var answerTokens: Range<Int> { vocabularySize / 2..<vocabularySize }

  private var keys: Range<Int> { 1..<vocabularySize / 2 }
  private var contextLength: Int { 2 * (pairCount + updateCount) }

  public func write(
    example index: Int, seed: UInt64, split: Split, inputs: UnsafeMutableBufferPointer<Int32>,
    labels: UnsafeMutableBufferPointer<Int32>
  ) {
    var random = stream(example: index, seed: seed, split: split)
    labels.update(repeating: ignoreIndex)
    TokenTable.with(capacity: pairCount) { table in
      table.draw(pairCount, from: answerTokens, by: &random) { inputs[2 * $0 + 1] = $1 }
    }
    let region = QueryRegion(
      positions: contextLength..<sequenceLength, width: 2, power: power,
      randomFiller: randomFiller, vocabularySize: vocabularySize)
    // The current value of each key.
    TokenTable.with(capacity: pairCount) { table in
      table.draw(pairCount, from: keys, by: &random) { inputs[2 * $0] = $1 }
      for pair in 0..<pairCount { table[inputs[2 * pair]] = inputs[2 * pair + 1] }
      for update in pairCount..<pairCount + updateCount {
        let key = inputs[2 * random.below(pairCount)]
        var value = random.token(in: answerTokens)
        while value == table[key] { value = random.token(in: answerTokens) }
        table[key] = value
        (inputs[2 * update], inputs[2 * update + 1]) = (key, value)
      }
      region.write(
        queries: pairCount, to: inputs, avoiding: fillerAvoidsKeys ? table : nil, by: &random
      ) { pair, position in
        inputs[position] = inputs[2 * pair]
        labels[position] = table[inputs[2 * pair]] ?? ignoreIndex
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
