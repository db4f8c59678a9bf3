import Foundation
import Support

/// Two sets of tokens with one common element, which is asked for (Arora et al. 2024, Just read twice, arXiv 2407.05483).
///
/// `1 A 2 B 3`: sets A and B of n₁ and n₂ tokens of [4, V), in random order, with exactly one token in common, which is
/// the label at 3. With `repeats` r the prompt `1 A 2 B` is written r times. `order` says which set comes first: the
/// smaller one, the larger one, or one of them by a coin for each example. L = r (n₁ + n₂ + 2) + 1.
///
/// Example 0 of split train at seed 0 for vocab_size 20, size_a 2, size_b 4, order both:
/// ```
/// inputs  1 18 10  2 18 19  8  4  3
/// labels  .  .  .  .  .  .  .  . 18
/// ```
public struct SetDisjointness: RecallTask {
  public static let kind = "set_disjointness"
  public static let question =
    "which element do two sets share, and does it matter which set comes first?"

  public enum Order: String, SettingChoice {
    case shortFirst = "short_first"
    case longFirst = "long_first"
    /// A coin for each example.
    case both
  }

  public var vocabularySize = 2048
  /// Elements of the first set.
  public var firstSize = 4
  /// Elements of the second set.
  public var secondSize = 16
  /// Which set comes first.
  public var order = Order.both
  /// r, how often the sets are shown.
  public var repeats = 1

  public init() {}

  public static let keys: [SettingKey<SetDisjointness>] = [
    .vocabularySize(\.vocabularySize, atLeast: 5),
    .integer("size_a", \.firstSize, 1...1 << 22, "elements of one set"),
    .integer("size_b", \.secondSize, 1...1 << 22, "elements of the other set"),
    .choice("order", \.order, "which set comes first; both: either, by a coin for each example"),
    .integer("repeats", \.repeats, 1...1024, "R, how often what must be recalled is shown"),
  ]

  public func validateTogether() throws(SettingsError) {
    let most = vocabularySize - 3 - firstSize
    guard secondSize <= most else {
      throw SettingsError(
        "size_b", secondSize, allowed: "vocab_size - 3 - size_a = \(most) at most")
    }
    guard sequenceLength <= DatasetFile.lengthLimit else {
      throw SettingsError(
        "repeats", repeats,
        allowed: "repeats * (size_a + size_b + 2) + 1 <= \(DatasetFile.lengthLimit)")
    }
  }

  public var sequenceLength: Int { repeats * promptLength + 1 }
  public var difficulty: (name: String, value: Int) { ("size_a", firstSize) }

  /// A causal pass must know the first set: log₂ of the number of sets of its size, and where the order is drawn, of the
  /// larger size. Any two first sets are told apart by some second set if n₂ ≥ 2 and 2 n₁ + n₂ − 2 ≤ V − 4; else it is a
  /// bound. A second reading needs the smaller of the two sets, and then the answer.
  public var requiredBits: Double {
    let bits = sizes.map { log2Binomial(answerTokens.count, $0) }
    let causal = order == .shortFirst ? bits[0] : order == .longFirst ? bits[1] : bits.max()!
    return repeats == 1 ? causal : min(causal, bits.min()! + log2(Double(answerTokens.count)))
  }

  /// The common element is any element of the smaller set.
  public var baseline: Baseline {
    Baseline("any element of the smaller set", accuracy: 1 / Double(sizes[0]))
  }

  public var answerTokens: Range<Int> { 4..<vocabularySize }
  /// The question is the last token.
  public var isSafeInBothDirections: Bool { true }

  /// Where both orders occur.
  public var partNames: [String] {
    order == .both && firstSize != secondSize
      ? [Order.shortFirst, .longFirst].map(\.rawValue) : []
  }

  public func parts(of inputs: [Int32]) -> [Int?] {
    let isShortFirst = inputs[sizes[0] + 1] == Self.secondMark
    return inputs.indices.map { $0 == inputs.count - 1 ? isShortFirst ? 0 : 1 : nil }
  }

  private static let firstMark: Int32 = 1
  private static let secondMark: Int32 = 2
  private static let thirdMark: Int32 = 3

  private var promptLength: Int { firstSize + secondSize + 2 }
  /// The smaller size first.
  private var sizes: [Int] { [min(firstSize, secondSize), max(firstSize, secondSize)] }

  public func write(
    example index: Int, seed: UInt64, split: Split, inputs: UnsafeMutableBufferPointer<Int32>,
    labels: UnsafeMutableBufferPointer<Int32>
  ) {
    var random = stream(example: index, seed: seed, split: split)
    labels.update(repeating: ignoreIndex)
    let isShortFirst = order == .shortFirst || order == .both && random.below(2) == 0
    let size = sizes[isShortFirst ? 0 : 1]
    let second = size + 2
    (inputs[0], inputs[size + 1]) = (Self.firstMark, Self.secondMark)
    TokenTable.with(capacity: promptLength) { table in
      // The first element is common: the second set begins with it, and goes on with those that are not in the first.
      table.draw(firstSize + secondSize - 1, from: answerTokens, by: &random) { number, token in
        inputs[number < size ? number + 1 : number - size + second + 1] = token
      }
    }
    inputs[second] = inputs[1]
    labels[sequenceLength - 1] = inputs[1]
    random.shuffle(UnsafeMutableBufferPointer(rebasing: inputs[1..<size + 1]))
    random.shuffle(UnsafeMutableBufferPointer(rebasing: inputs[second..<promptLength]))
    for position in promptLength..<repeats * promptLength {
      inputs[position] = inputs[position - promptLength]
    }
    inputs[sequenceLength - 1] = Self.thirdMark
  }

  public func contextRoles(of inputs: [Int32]) -> [TokenRole] {
    inputs.map { answerTokens.contains(Int($0)) ? .value : .other }
  }

  public func solve(
    inputs: UnsafeBufferPointer<Int32>, answers: UnsafeMutableBufferPointer<Answer>
  ) {
    answers.update(repeating: .none)
    let last = inputs.count - 1
    guard inputs[last] == Self.thirdMark else { return }
    // The last reading: its second mark, and what stands before and after it.
    let start = last - promptLength
    guard let middle = inputs[start..<last].firstIndex(of: Self.secondMark) else { return }
    TokenTable.with(capacity: promptLength) { table in
      for position in start..<middle where inputs[position] != Self.firstMark {
        table[inputs[position]] = Int32(position)
      }
      if let source = inputs[middle + 1..<last].firstIndex(where: table.contains) {
        answers[last] = Answer(at: source, of: inputs)
      }
    }
  }
}
