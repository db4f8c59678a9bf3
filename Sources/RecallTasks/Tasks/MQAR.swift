import Configuration
import Foundation
import Randomness

/// Multi-query associative recall (Arora et al. 2023, Zoology, arXiv 2312.04927).
///
/// K distinct keys of [1, V/2), each followed by its value of [V/2, V), are the context. S = (L − 2K)/2
/// slots of two tokens follow. Each key is asked once, in the first token of a slot of its own, drawn
/// without replacement with probabilities in proportion to i^(power_a − 1), i = 1…S; its value is the
/// label. Every other token there is 0, or with `random_filler` any token.
///
/// Example 0 of split train at seed 0 for vocab_size 20, sequence_length 16, n_pairs 3:
/// ```
/// inputs  3 14  1 19  4 10  3  0  0  0  1  0  0  0  4  0
/// labels  .  .  .  .  .  . 14  .  .  . 19  .  .  . 10  .
/// ```
public struct MQAR: RecallTask {
  public static let kind = "mqar"

  public var vocabularySize = 8192
  public var sequenceLength = 64
  public var pairCount = 16
  /// Exponent of the slots' distribution: 1 is uniform, near 0 asks early slots most.
  public var power = 0.01
  public var randomFiller = false
  /// Draws random filler again while it is one of the example's keys.
  public var fillerAvoidsKeys = false

  enum CodingKeys: String, CodingKey {
    case vocabularySize = "vocab_size"
    case sequenceLength = "sequence_length"
    case pairCount = "n_pairs"
    case power = "power_a"
    case randomFiller = "random_filler"
    case fillerAvoidsKeys = "filler_avoids_keys"
  }

  public init() {}

  public func validate() throws(SettingsError) {
    guard sequenceLength >= 4, sequenceLength.isMultiple(of: 2) else {
      throw SettingsError(
        "sequence_length", sequenceLength, allowed: "an even number, at least 4")
    }
    guard vocabularySize > sequenceLength, vocabularySize <= Int(Int32.max) else {
      throw SettingsError(
        "vocab_size", vocabularySize,
        allowed: "more than sequence_length = \(sequenceLength), at most \(Int32.max)")
    }
    // With V > L ≥ 4K there are enough keys and values: K ≤ V/2 − 1.
    guard pairCount >= 1, pairCount <= sequenceLength / 4 else {
      throw SettingsError(
        "n_pairs", pairCount, allowed: "1 to sequence_length / 4 = \(sequenceLength / 4)")
    }
    guard (0...16).contains(power) else {
      throw SettingsError("power_a", power, allowed: "0 to 16")
    }
  }

  public var groupingKey: (name: String, value: Int) { ("n_pairs", pairCount) }

  /// log₂ of the number of maps from K keys to distinct values, at the number of pairs that has most.
  public var demand: Double {
    var bits = 0.0
    var most = 0.0
    for pair in 0..<pairCount {
      bits += log2(Double(keys.count - pair) * Double(values.count - pair) / Double(pair + 1))
      most = max(most, bits)
    }
    return most
  }

  public var chance: Double { 1 / Double(values.count) }

  public var trivialGuess: (name: String, accuracy: Double) {
    ("any shown value", 1 / Double(pairCount))
  }

  public var answerTokens: Range<Int> { values }

  private var keys: Range<Int> { 1..<vocabularySize / 2 }
  private var values: Range<Int> { vocabularySize / 2..<vocabularySize }
  private var contextLength: Int { 2 * pairCount }

  public func write(
    example index: Int, seed: UInt64, split: Split, inputs: UnsafeMutableBufferPointer<Int32>,
    labels: UnsafeMutableBufferPointer<Int32>
  ) {
    var random = stream(example: index, seed: seed, split: split)
    labels.update(repeating: unlabelled)
    TokenTable.with(capacity: pairCount) { table in
      table.draw(pairCount, from: values, by: &random) { inputs[2 * $0 + 1] = $1 }
    }
    TokenTable.with(capacity: pairCount) { table in
      table.draw(pairCount, from: keys, by: &random) { inputs[2 * $0] = $1 }
      for position in contextLength..<sequenceLength {
        inputs[position] = filler(keys: table, by: &random)
      }
    }
    let slots = (sequenceLength - contextLength) / 2
    raceSlots(pairCount, of: slots, power: power, by: &random) { pair, slot in
      inputs[contextLength + 2 * slot] = inputs[2 * pair]
      labels[contextLength + 2 * slot] = inputs[2 * pair + 1]
    }
  }

  private func filler(keys: TokenTable, by random: inout RandomStream) -> Int32 {
    guard randomFiller else { return 0 }
    while true {
      let token = Int32(random.below(vocabularySize))
      guard fillerAvoidsKeys, keys.contains(token) else { return token }
    }
  }

  public func solve(
    inputs: UnsafeBufferPointer<Int32>, answers: UnsafeMutableBufferPointer<Answer>
  ) {
    TokenTable.with(capacity: pairCount) { memory in
      for position in inputs.indices {
        if position < contextLength, !position.isMultiple(of: 2) {
          memory[inputs[position - 1]] = Int32(position)
        }
        let source = memory[inputs[position]]
        answers[position] = source.map { Answer(at: Int($0), of: inputs) } ?? .none
      }
    }
  }
}
