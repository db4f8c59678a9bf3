import Foundation
import Support

/// Recall of masked values, as in the training of masked language models.
///
/// Each of K pairs, of a key of [1, V/2) and a value of [V/2, V − 1), all distinct, stands in R of the L/2 slots of two
/// tokens; all K · R slots are drawn uniformly. For M of the keys, drawn uniformly, one of the R occurrences reads
/// `k MASK`, with MASK = V − 1: the value is the label at MASK. Filler is 0, or with `random_filler` any token of
/// [1, V/2) that is not a key.
///
/// Example 0 of split train at seed 0 for vocab_size 32, sequence_length 16, n_pairs 3, repeats 2:
/// ```
/// inputs  0  0 10 19  7 17  7 31 10 31  0  0 14 28 14 31
/// labels  .  .  .  .  .  .  . 17  . 19  .  .  .  .  . 28
/// ```
public struct MaskedRecall: SlotRecall {
  public static let kind = "masked_recall"
  public static let question =
    "is a masked value recalled from another pair of its key, before or after it?"
  public static let answersFromBothSides = true
  public static let curriculum: Curriculum? = Curriculum(
    shortest: 16, firstSizes: ["sequence_length": 64, "n_pairs": 4, "vocab_size": 256]
  ) { task, length in
    ["n_pairs": .int(max(1, min(task["n_pairs"], length / (2 * task["repeats"]))))]
  }

  public var vocabularySize = 8192
  public var sequenceLength = 64
  /// Pairs of a key and its value.
  public var pairCount = 16
  /// R, how often each pair stands in the example.
  public var repeats = 2
  /// M; 0 means all K.
  public var masked = 0
  /// Whether positions without a pair or query hold random tokens instead of token 0.
  public var randomFiller = false

  public init() {}

  public static let keys: [SettingKey<MaskedRecall>] = [
    .vocabularySize(\.vocabularySize, atLeast: 4),
    .evenSequenceLength(\.sequenceLength, atLeast: 4),
    .integer(
      "repeats", \.repeats,
      .from(2, to: .of("sequence_length / 2") { $0.sequenceLength / 2 }),
      "R, how often what must be recalled is shown"),
    .pairCount(
      \.pairCount,
      .from(
        1,
        to: .of("sequence_length / (2 * repeats)") { $0.sequenceLength / (2 * $0.repeats) })),
    .integer(
      "n_masked", \.masked, .from(0, to: .of("n_pairs") { $0.pairCount }),
      "M, keys with one masked value; 0 means every key"),
    .fillerWithoutKeys(\.randomFiller),
  ]

  public func validateTogether() throws(SettingsError) { try requireKeys() }

  /// The bindings that must cross the middle of an example, on average. Of a key without a mask it is one if some, but not
  /// all, of its R occurrences are on the left: probability 1 − 2^(1 − R), in each direction. Of a masked key the mask must
  /// be on one side and some other occurrence on the other: half of that.
  public var requiredBits: Double {
    let crossing = 1 - exp2(1 - Double(repeats))
    return 2 * bindingBits((Double(pairCount) - Double(maskedCount) / 2) * crossing)
  }

  /// The values of masked keys are those shown R − 1 times. Each is asked for once.
  public var baseline: Baseline {
    Baseline(
      "any value shown \(repeats - 1 == 1 ? "once" : "\(repeats - 1) times")",
      accuracy: 1 / Double(maskedCount))
  }

  /// Unless the mask stands in the first of its R occurrences, a whole pair comes before it. In the first it is any of the
  /// values not shown so far (`unseenAccuracy`).
  public var causalBest: Double {
    let first = 1 / Double(repeats)
    return 1 - first + first * unseenAccuracy
  }

  public var answerTokens: Range<Int> { vocabularySize / 2..<vocabularySize - 1 }
  public var isSafeInBothDirections: Bool { true }

  private var mask: Int32 { Int32(vocabularySize - 1) }
  private var maskedCount: Int { masked == 0 ? pairCount : masked }

  /// Whole pairs of the key stand only before the mask, only after it, or on both sides, which needs three occurrences.
  public var partNames: [String] { ["earlier", "later"] + (repeats > 2 ? ["both"] : []) }

  public func parts(of inputs: [Int32]) -> [Int?] {
    var (first, last): ([Int32: Int], [Int32: Int]) = ([:], [:])
    for position in stride(from: 1, to: inputs.count, by: 2)
    where answerTokens.contains(Int(inputs[position])) {
      let key = inputs[position - 1]
      if first[key] == nil { first[key] = position }
      last[key] = position
    }
    return inputs.indices.map { position in
      guard inputs[position] == mask, !position.isMultiple(of: 2),
        let first = first[inputs[position - 1]], let last = last[inputs[position - 1]]
      else { return nil }
      return last < position ? 0 : first > position ? 1 : repeats > 2 ? 2 : nil
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
      // Keys and slots come in random order, so the first occurrences of the first M keys are as good as any.
      drawSlots(pairCount * repeats, of: slotCount, power: 1, by: &random) { number, slot in
        let pair = number % pairCount
        (inputs[2 * slot], inputs[2 * slot + 1]) = (pairs[2 * pair], pairs[2 * pair + 1])
        guard number < maskedCount else { return }
        labels[2 * slot + 1] = inputs[2 * slot + 1]
        inputs[2 * slot + 1] = mask
      }
    }
  }

  public func solve(
    inputs: UnsafeBufferPointer<Int32>, answers: UnsafeMutableBufferPointer<Answer>
  ) {
    answers.update(repeating: .none)
    TokenTable.with(capacity: slotCount) { memory in
      let odd = stride(from: 1, to: inputs.count, by: 2)
      for position in odd where answerTokens.contains(Int(inputs[position])) {
        memory[inputs[position - 1]] = Int32(position)
      }
      for position in odd where inputs[position] == mask {
        guard let source = memory[inputs[position - 1]] else { continue }
        answers[position] = Answer(at: Int(source), of: inputs, query: position - 1..<position)
      }
    }
  }
}

extension MaskedRecall {
  /// The expected accuracy of naming one of the values that are not shown before a key's first occurrence, if that is its
  /// masked one: E 1/(C − S) for S of C values shown.
  ///
  /// Let slots have independent uniform times; only their order counts. The first of R occurrences is at time t with
  /// density R (1 − t)^(R − 1). By then each key without a mask has shown its value with probability 1 − (1 − t)^R, and
  /// each other masked key with 1 − (1 − t)^(R − 1), independently. The integral over t is by Simpson's rule.
  private var unseenAccuracy: Double {
    let values = answerTokens.count
    let steps = 400
    let terms = (0...steps).map { step in
      let left = 1 - Double(step) / Double(steps)
      let hidden = pow(left, Double(repeats - 1))
      guard hidden > 0 else { return 0.0 }
      let plain = BinomialRange(draws: pairCount - maskedCount, share: 1 - hidden * left)
      let others = BinomialRange(draws: maskedCount - 1, share: 1 - hidden)
      let mean = plain.mean { first in
        others.mean { 1 / Double(values - first - $0) }
      }
      let weight = step == 0 || step == steps ? 1.0 : step.isMultiple(of: 2) ? 2 : 4
      return weight * Double(repeats) * hidden * mean
    }
    return terms.reduce(0, +) / Double(3 * steps)
  }
}
