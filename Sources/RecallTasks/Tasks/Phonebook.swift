import Foundation
import Support

/// Phonebook look-up (Jelassi et al. 2024, Repeat after me, arXiv 2402.01032).
///
/// n entries of a name and a number. A name is a first and a last name, and no name is there twice; numbers are random
/// digits. Then come 0, the name of one entry (all with the same probability) and its number: each digit is the label
/// of the position before it. Tokens: 0, the digits 1–10, first names, last names. An example has (2 + digits) (n + 1)
/// + 1 tokens.
///
/// Example 0 of split train at seed 0 for n_entries 3, n_first_names 3, n_last_names 3, n_digits 3:
/// ```
/// inputs 11 16 10  5  6 12 15  2 10  3 11 14  8  5  3  0 11 14  8  5  3
/// labels  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  8  5  3  .
/// ```
public struct Phonebook: RecallTask {
  public static let kind = "phonebook"
  public static let question = "can one of many longer values be recalled completely?"
  public static let curriculum: Curriculum? = Curriculum(
    by: "n_entries", shortest: 2, firstSizes: ["n_entries": 8, "n_digits": 4])

  /// Entries of the book.
  public var entryCount = 20
  /// Different first names.
  public var firstNameCount = 32
  /// Different last names.
  public var lastNameCount = 32
  /// Digits of a number.
  public var digitCount = 7

  public init() {}

  public static let keys: [SettingKey<Phonebook>] = [
    .integer("n_first_names", \.firstNameCount, 1...1 << 15, "first names to draw from"),
    .integer("n_last_names", \.lastNameCount, 1...1 << 15, "last names to draw from"),
    .integer("n_digits", \.digitCount, 1...1000, "digits of a number"),
    .integer(
      "n_entries", \.entryCount,
      .from(
        1,
        to: .of("the smaller of n_first_names * n_last_names and 16384") {
          min($0.nameCount, 1 << 14)
        }), "names with a number"),
  ]

  public var vocabularySize: Int { lastNames.upperBound }
  public var sequenceLength: Int { entryLength * (entryCount + 1) + 1 }
  public var difficulty: (name: String, value: Int) { ("n_entries", entryCount) }

  /// log₂ of the number of maps from d names to numbers, for the d in 1…n with the most maps.
  public var requiredBits: Double {
    log2LargestMapCount(keys: nameCount, pairs: entryCount) { _ in Double(digitCount) * log2(10) }
  }

  /// Predicts the most frequent next digit of the m shown numbers that begin as this one. It is right with probability
  /// E[largest count of m among 10] / m. After j digits, m − 1 has a binomial distribution over the n − 1 other
  /// entries, with probability 10^−j.
  ///
  /// So a predictor that knows the numbers, but not the names, has a high accuracy per digit. Its exact match is only
  /// 1 / n.
  public var baseline: Baseline {
    var sum = 0.0
    var largest = MaximumLoadShares(boxes: 10)
    for digit in 0..<digitCount {
      let share = pow(10, -Double(digit))
      let (others, mean) = (Double(entryCount - 1), Double(entryCount - 1) * share)
      // Counts further away have a probability below 10^−12.
      let reach = 8 * mean.squareRoot() + 16
      let (least, most) = (max(0, mean - reach), min(others, mean + reach))
      for other in Int(least.rounded(.up))...Int(most) {
        let probability =
          digit == 0
          ? (other == entryCount - 1 ? 1 : 0)
          : exp2(
            log2Binomial(entryCount - 1, other) + Double(other) * log2(share)
              + (others - Double(other)) * log2(1 - share))
        guard probability > 0 else { continue }
        sum += probability * largest.share(draws: other + 1)
      }
    }
    return Baseline("any number shown that begins so", accuracy: sum / Double(digitCount))
  }

  public var answerTokens: Range<Int> { 1..<11 }

  private var firstNames: Range<Int> { 11..<11 + firstNameCount }
  private var lastNames: Range<Int> {
    firstNames.upperBound..<firstNames.upperBound + lastNameCount
  }
  private var nameCount: Int { firstNameCount * lastNameCount }
  private var entryLength: Int { 2 + digitCount }

  public func write(
    example index: Int, seed: UInt64, split: Split, inputs: UnsafeMutableBufferPointer<Int32>,
    labels: UnsafeMutableBufferPointer<Int32>
  ) {
    var random = stream(example: index, seed: seed, split: split)
    labels.update(repeating: ignoreIndex)
    TokenTable.with(capacity: entryCount) { names in
      names.draw(entryCount, from: 0..<nameCount, by: &random) { entry, name in
        let (first, last) = Int(name).quotientAndRemainder(dividingBy: lastNameCount)
        inputs[entryLength * entry] = Int32(firstNames.lowerBound + first)
        inputs[entryLength * entry + 1] = Int32(lastNames.lowerBound + last)
      }
    }
    for entry in 0..<entryCount {
      for digit in 0..<digitCount {
        inputs[entryLength * entry + 2 + digit] = random.token(in: answerTokens)
      }
    }
    let asked = entryLength * random.below(entryCount)
    let query = entryLength * entryCount + 1
    inputs[query - 1] = 0
    for offset in 0..<entryLength {
      inputs[query + offset] = inputs[asked + offset]
      if offset >= 2 { labels[query + offset - 1] = inputs[asked + offset] }
    }
  }

  public func contextRoles(of inputs: [Int32]) -> [TokenRole] {
    let digits = [TokenRole](repeating: .value, count: digitCount)
    let book = repeated([.key, .key] + digits, over: entryLength * entryCount, of: inputs)
    // After the name comes the number that is asked for.
    return book.dropLast(digitCount) + digits
  }

  public func solve(
    inputs: UnsafeBufferPointer<Int32>, answers: UnsafeMutableBufferPointer<Answer>
  ) {
    answers.update(repeating: .none)
    let query = entryLength * entryCount + 1
    guard
      let entry = stride(from: 0, to: query - 1, by: entryLength).first(where: {
        inputs[$0] == inputs[query] && inputs[$0 + 1] == inputs[query + 1]
      })
    else { return }
    for digit in 0..<digitCount {
      // The first digit is found by the name, the others by the digit before them.
      let asks = digit == 0 ? query..<query + 2 : 0..<0
      answers[query + 1 + digit] = Answer(at: entry + 2 + digit, of: inputs, query: asks)
    }
  }
}
