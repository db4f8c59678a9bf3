import Foundation
import Support

/// Recall by two-part keys (Zoology's compositional variant of MQAR).
///
/// √K first parts of [1, V/3) and √K second parts of [V/3, 2V/3) are drawn; each of their K combinations
/// a b gets a distinct value of [2V/3, V). The context is the triplets a b v in random order. Slots of three tokens
/// follow, drawn as in MQAR: each combination a b, with its value as the label at b, and one token of filler.
///
/// Example 0 of split train at seed 0 for vocab_size 25, sequence_length 24, n_pairs 4:
/// ```
/// inputs  4 15 23  4  9 24  3  9 20  3 15 18  4  9  0  4 15  0  3 15  0  3  9  0
/// labels  .  .  .  .  .  .  .  .  .  .  .  .  . 24  .  . 23  .  . 18  .  . 20  .
/// ```
public struct CompositionalRecall: RecallTask {
  public static let kind = "compositional_recall"
  public static let question =
    "are bindings of two-part keys recalled, when one part is not enough?"
  public static let curriculum: Curriculum? = Curriculum(
    shortest: 16, always: ["power_a": 1],
    firstSizes: ["sequence_length": 64, "n_pairs": 4, "vocab_size": 256]
  ) { task, length in
    let side = (1...4).last { $0 * $0 <= max(1, length / 8) }!
    return ["n_pairs": .int(min(task["n_pairs"], side * side))]
  }

  public var vocabularySize = 8192
  public var sequenceLength = 64
  /// Pairs of a key and its value.
  public var pairCount = 9
  /// Exponent of the distribution of slots: 1 is uniform; near 0 most queries are in early slots.
  public var power = 0.01
  /// Whether positions without a pair or query hold random tokens instead of token 0.
  public var randomFiller = false

  public init() {}

  public static let keys: [SettingKey<CompositionalRecall>] = [
    .sequenceLength(\.sequenceLength, atLeast: 6),
    // With V > L ≥ 6K there are enough tokens of each part.
    .vocabularySizeAboveSequenceLength(\.vocabularySize),
    .pairCount(
      \.pairCount,
      SettingBounds(
        allowed: {
          "a square (1, 4, 9, ...), at most sequence_length / 6 = \($0.sequenceLength / 6)"
        },
        contains: { count, task in
          (1...task.sequenceLength / 6).contains(count) && task.gridSize * task.gridSize == count
        })),
    .power(\.power),
    .randomFiller(\.randomFiller),
  ]

  public var difficulty: (name: String, value: Int) { ("n_pairs", pairCount) }

  /// log₂ of the number of choices of first parts, of second parts, and of K distinct values.
  public var requiredBits: Double {
    log2Binomial(firstParts.count, gridSize) + log2Binomial(secondParts.count, gridSize)
      + log2Permutations(answerTokens.count, pairCount)
  }

  /// Values are distinct, and each is asked for once, so any shown value is right with probability 1/K. A prediction
  /// from the query's slot is better (`QuerySlotBaseline`). A predictor that knows only one part of the key has √K
  /// values to choose from.
  public var baseline: Baseline {
    QuerySlotBaseline.best(
      pairs: pairCount, slots: (sequenceLength - contextLength) / 3, power: power)
  }

  public var isSafeInBothDirections: Bool { true }
  public var answerTokens: Range<Int> { secondParts.upperBound..<vocabularySize }

  private var gridSize: Int { Int(Double(max(0, pairCount)).squareRoot()) }
  private var firstParts: Range<Int> { 1..<vocabularySize / 3 }
  private var secondParts: Range<Int> { vocabularySize / 3..<2 * (vocabularySize / 3) }
  private var contextLength: Int { 3 * pairCount }

  public func write(
    example index: Int, seed: UInt64, split: Split, inputs: UnsafeMutableBufferPointer<Int32>,
    labels: UnsafeMutableBufferPointer<Int32>
  ) {
    var random = stream(example: index, seed: seed, split: split)
    labels.update(repeating: ignoreIndex)
    writeContext(to: inputs, by: &random)
    let region = QueryRegion(
      positions: contextLength..<sequenceLength, width: 3, power: power,
      randomFiller: randomFiller, vocabularySize: vocabularySize)
    region.write(queries: pairCount, to: inputs, avoiding: nil, by: &random) {
      combination, position in
      inputs[position] = inputs[3 * combination]
      inputs[position + 1] = inputs[3 * combination + 1]
      labels[position + 1] = inputs[3 * combination + 2]
    }
  }

  /// Writes the triplets. Combination c has first part c / √K and second part c mod √K.
  private func writeContext(
    to inputs: UnsafeMutableBufferPointer<Int32>, by random: inout RandomStream
  ) {
    withThreadScratch(of: Int32.self, capacity: pairCount) { combinations in
      for combination in 0..<pairCount {
        combinations.initializeElement(at: combination, to: Int32(combination))
      }
      random.shuffle(combinations)
      for (part, tokens) in [firstParts, secondParts].enumerated() {
        TokenTable.with(capacity: gridSize) { table in
          table.draw(gridSize, from: tokens, by: &random) { number, token in
            for (triplet, combination) in combinations.enumerated() {
              let numbers = Int(combination).quotientAndRemainder(dividingBy: gridSize)
              guard number == (part == 0 ? numbers.quotient : numbers.remainder) else { continue }
              inputs[3 * triplet + part] = token
            }
          }
        }
      }
    }
    TokenTable.with(capacity: pairCount) { table in
      table.draw(pairCount, from: answerTokens, by: &random) { inputs[3 * $0 + 2] = $1 }
    }
  }

  public func contextRoles(of inputs: [Int32]) -> [TokenRole] {
    repeated([.key, .key, .value], over: contextLength, of: inputs)
  }

  public func solve(
    inputs: UnsafeBufferPointer<Int32>, answers: UnsafeMutableBufferPointer<Answer>
  ) {
    answers.update(repeating: .none)
    var sources: [SIMD2<Int32>: Int] = [:]
    for position in inputs.indices.dropFirst() {
      let key = SIMD2(inputs[position - 1], inputs[position])
      if position < contextLength {
        if position % 3 == 1 { sources[key] = position + 1 }
      } else if let source = sources[key] {
        answers[position] = Answer(at: source, of: inputs, query: position - 1..<position + 1)
      }
    }
  }
}
