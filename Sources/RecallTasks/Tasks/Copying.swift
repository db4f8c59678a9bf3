import Foundation
import Support

/// Copying of strings (Jelassi et al. 2024, Repeat after me, arXiv 2402.01032).
///
/// `BOS s₁ … s_n SEP s₁ … s_n EOS` with n uniform in [n_min, n_max]; each symbol of the second copy, and EOS,
/// is the label of the position before it. An example has one string, or with `packed` strings one after another
/// until the next one does not fit; an exact match is then a match of all of them. Tokens: 0 padding, 1 BOS, 2 SEP, 3
/// EOS, symbols from 4. To train on some lengths and test on others, `evaluation_tasks` set n_min and n_max.
///
/// Example 0 of split train at seed 0 for alphabet_size 5, n_min 2, n_max 6, sequence_length 16:
/// ```
/// inputs 1 8 7 7 4 8 8 2 8 7 7 4 8 8 3 0
/// labels . . . . . . . 8 7 7 4 8 8 3 . .
/// ```
public struct Copying: RecallTask {
  public static let kind = "copying"
  public static let question =
    "how long a string can be copied, also beyond the lengths of training?"
  public static let curriculum: Curriculum? = Curriculum(
    shortest: 16, firstSizes: ["sequence_length": 64, "n_min": 3, "n_max": 12]
  ) { task, length in
    let most = min(task["n_max"], (length - 3) / 2)
    return ["n_max": .int(most), "n_min": .int(min(task["n_min"], most))]
  }

  /// Different letters.
  public var alphabetSize = 26
  /// Letters of the shortest string.
  public var leastLength = 5
  /// Letters of the longest string.
  public var mostLength = 20
  public var sequenceLength = 220
  /// Whether an example holds as many strings as fit, instead of one.
  public var packed = false

  public init() {}

  public static let keys: [SettingKey<Copying>] = [
    .alphabetSize(\.alphabetSize),
    .sequenceLength(\.sequenceLength, atLeast: 5),
    .mostLength(
      \.mostLength,
      .from(1, to: .of("(sequence_length - 3) / 2") { ($0.sequenceLength - 3) / 2 })),
    .leastLength(\.leastLength, .from(1, to: .of("n_max") { $0.mostLength })),
    .flag("packed", \.packed, "as many strings as fit, instead of one"),
  ]

  public var vocabularySize: Int { symbols.upperBound }
  public var difficulty: (name: String, value: Int) { ("n_max", mostLength) }

  /// The information in the longest string: n_max log₂ A.
  public var requiredBits: Double { Double(mostLength) * log2(Double(alphabetSize)) }

  /// Predicts the most frequent of the symbols that were not repeated yet, and EOS after them: it knows the symbols,
  /// but not their order. All orders have the same probability, so with r symbols left it is right with probability
  /// (largest count) / r. The mean over strings has no closed form and is measured.
  public var baseline: Baseline {
    let accuracy = expectedAccuracy { example, questions in
      var bag = Bag([])
      return questions.reduce(0) { right, question in
        if example.inputs[question] == Self.separator {
          bag = Bag(example.inputs[..<question].reversed().prefix { $0 != Self.begin })
        }
        let probability = bag.largestShare ?? 1
        bag.remove(example.labels[question])
        return right + probability
      }
    }
    return Baseline("the most frequent symbol not yet repeated", accuracy: accuracy)
  }

  public var answerTokens: Range<Int> { Int(Self.end)..<symbols.upperBound }

  private var symbols: Range<Int> { 4..<4 + alphabetSize }
  private var lengths: ClosedRange<Int> { leastLength...mostLength }
  private static let begin: Int32 = 1
  private static let separator: Int32 = 2
  private static let end: Int32 = 3

  public func write(
    example index: Int, seed: UInt64, split: Split, inputs: UnsafeMutableBufferPointer<Int32>,
    labels: UnsafeMutableBufferPointer<Int32>
  ) {
    var random = stream(example: index, seed: seed, split: split)
    var writer = ExampleWriter(inputs: inputs, labels: labels)
    repeat {
      let length = leastLength + random.below(lengths.count)
      guard writer.position + 2 * length + 3 <= sequenceLength else { break }
      writer.append(Self.begin)
      let start = writer.position
      for _ in 0..<length { writer.append(random.token(in: symbols)) }
      writer.append(Self.separator)
      for source in start..<start + length { writer.append(answer: writer[source]) }
      writer.append(answer: Self.end)
    } while packed
  }

  public func contextRoles(of inputs: [Int32]) -> [TokenRole] {
    inputs.map { symbols.contains(Int($0)) ? .value : .other }
  }

  public func solve(
    inputs: UnsafeBufferPointer<Int32>, answers: UnsafeMutableBufferPointer<Answer>
  ) {
    var start = 0
    var separator: Int?
    for position in inputs.indices {
      switch inputs[position] {
      case Self.begin: (start, separator) = (position + 1, nil)
      case Self.separator: separator = position
      case Self.end: separator = nil
      default: break
      }
      answers[position] = .none
      if let separator {
        let source = start + position - separator
        if source < separator { answers[position] = Answer(at: source, of: inputs) }
        if source == separator { answers[position] = Answer(token: Self.end) }
      }
    }
  }
}

/// A multiset of symbols that knows the count of the most frequent symbol.
private struct Bag {
  private var left: [Int32: Int]
  /// For each count from 0, the number of symbols with that count.
  private var symbols: [Int]
  private var total: Int

  init(_ string: some Collection<Int32>) {
    (left, total) = (counts(of: string), string.count)
    symbols = [Int](repeating: 0, count: (left.values.max() ?? 0) + 1)
    for count in left.values { symbols[count] += 1 }
  }

  /// The share of the most frequent symbol; nil if the multiset is empty.
  var largestShare: Double? { total > 0 ? Double(symbols.count - 1) / Double(total) : nil }

  mutating func remove(_ symbol: Int32) {
    guard let count = left[symbol], count > 0 else { return }
    left[symbol] = count - 1
    symbols[count] -= 1
    symbols[count - 1] += 1
    total -= 1
    while symbols.count > 1, symbols.last == 0 { symbols.removeLast() }
  }
}
