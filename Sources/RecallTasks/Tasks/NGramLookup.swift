import Foundation
import Support

/// N-gram lookup (Jelassi et al. 2024, Repeat after me, arXiv 2402.01032).
///
/// `BOS s SEP g a` (query_place: suffix) or `BOS g SEP s SEP a` (prefix): s is a string of n symbols, n uniform in
/// [n_min, n_max]; g is an n-gram that occurs in it once; a is the `answer_length` symbols that follow it, each the
/// label of the position before it. All strings and positions of g for which g occurs once have the same probability.
/// Tokens: 0 padding, 1 BOS, 2 SEP, symbols from 3.
///
/// Example 0 of split train at seed 0 for alphabet_size 5, n_min 6, n_max 8, sequence_length 14, ngram_length 2:
/// ```
/// inputs 1 5 7 6 6 4 7 7 2 4 7 7 0 0
/// labels . . . . . . . . . . 7 . . .
/// ```
public struct NGramLookup: RecallTask {
  public static let kind = "ngram_lookup"
  public static let question = "can a position in a string be found by the tokens before it?"
  public static let curriculum: Curriculum? = Curriculum(
    shortest: 16, firstSizes: ["sequence_length": 40, "n_max": 12]
  ) { task, length in
    // The markers are at most three tokens.
    let most = min(task["n_max"], length - 3 - task["ngram_length"] - task["answer_length"])
    return ["n_max": .int(most), "n_min": .int(min(task["n_min"], most))]
  }

  public enum QueryPosition: String, SettingChoice { case prefix, suffix }

  /// Different letters.
  public var alphabetSize = 26
  /// Letters of the shortest string.
  public var leastLength = 5
  /// Letters of the longest string.
  public var mostLength = 20
  public var sequenceLength = 64
  /// Letters of the query.
  public var nGramLength = 3
  /// Letters of the answer.
  public var answerLength = 1
  /// Whether the query stands before the string or behind it.
  public var queryPosition = QueryPosition.suffix

  public init() {}

  public static let keys: [SettingKey<NGramLookup>] = [
    .alphabetSize(\.alphabetSize),
    .choice("query_place", \.queryPosition, "the query stands before the string or after it"),
    .sequenceLength(\.sequenceLength, atLeast: .of("the markers and 4") { $0.markerCount + 4 }),
    .integer(
      "ngram_length", \.nGramLength,
      .from(
        1,
        to: .of("(sequence_length - markers) / 2 - 1") {
          ($0.sequenceLength - $0.markerCount) / 2 - 1
        }), "symbols of the n-gram that is looked up"),
    .integer(
      "answer_length", \.answerLength,
      .from(
        1,
        to: .of("(sequence_length - markers) / 2 - ngram_length") {
          ($0.sequenceLength - $0.markerCount) / 2 - $0.nGramLength
        }), "symbols asked for after it"),
    .mostLength(
      \.mostLength,
      .from(
        .of("ngram_length + answer_length") { $0.askedLength },
        to: .of("sequence_length - markers - ngram_length - answer_length") {
          $0.sequenceLength - $0.markerCount - $0.askedLength
        })),
    .leastLength(
      \.leastLength,
      .from(
        .of("ngram_length + answer_length") { $0.askedLength }, to: .of("n_max") { $0.mostLength })),
  ]

  public func validateTogether() throws(SettingsError) {
    // Otherwise strings in which an n-gram occurs once would be rare.
    let positions = mostLength - nGramLength + 1
    guard pow(Double(alphabetSize), Double(nGramLength)) >= Double(positions) else {
      throw SettingsError(
        "ngram_length", nGramLength,
        allowed:
          "at least as many n-grams, \(alphabetSize)^ngram_length, as positions for them, \(positions)"
      )
    }
  }

  public var vocabularySize: Int { answerTokens.upperBound }
  public var difficulty: (name: String, value: Int) { ("n_max", mostLength) }

  /// For a query after the string: the string, n_max log₂ A. That is an upper bound, because strings that differ only
  /// in repeated n-grams have the same answers; with many more n-grams than positions few strings do.
  ///
  /// For a query before the string: one of A^n n-grams with 0 to n − 1 of its tokens matched, until it is found, then
  /// up to `answer_length` symbols.
  public var requiredBits: Double {
    let bits = log2(Double(alphabetSize))
    guard queryPosition == .prefix else { return Double(mostLength) * bits }
    let length = Double(nGramLength)
    return log2Sum(
      [length * bits + log2(length)] + (0...answerLength).map { Double($0) * bits })
  }

  /// Predicts the most frequent of the symbols that can be the answer, without regard to their order: not the first n
  /// symbols of the string, nor the last ones, which leave no room for the rest of the answer. The symbols that ask,
  /// and the answer so far, are removed once each. The other symbols depend on the n-gram, which occurs only once, so
  /// the accuracy has no closed form and is measured.
  public var baseline: Baseline {
    let start = queryPosition == .prefix ? nGramLength + 2 : 1
    let accuracy = measuredAccuracy { inputs, questions in
      let string = inputs[start...].prefix { $0 != Self.separator }
      // The n-gram that asks ends before the string, or at the first question.
      let end = queryPosition == .prefix ? nGramLength + 1 : questions[0] + 1
      let asking = inputs[..<end].suffix(nGramLength)
      return questions.enumerated().map { answer, question in
        var left = counts(
          of: string.dropFirst(nGramLength + answer).dropLast(answerLength - 1 - answer))
        for symbol in asking + inputs[questions[0] + 1..<question + 1] { left[symbol]? -= 1 }
        return mostFrequent(left) ?? 0
      }
    }
    return Baseline("the most frequent symbol that does not ask", accuracy: accuracy)
  }

  public var answerTokens: Range<Int> { 3..<3 + alphabetSize }

  private static let begin: Int32 = 1
  private static let separator: Int32 = 2
  /// Symbols of the query and its answer.
  private var askedLength: Int { nGramLength + answerLength }
  private var markerCount: Int { queryPosition == .prefix ? 3 : 2 }

  public func write(
    example index: Int, seed: UInt64, split: Split, inputs: UnsafeMutableBufferPointer<Int32>,
    labels: UnsafeMutableBufferPointer<Int32>
  ) {
    var random = stream(example: index, seed: seed, split: split)
    var writer = ExampleWriter(inputs: inputs, labels: labels)
    let length = leastLength + random.below(mostLength - leastLength + 1)
    withThreadScratch(of: Int32.self, capacity: length) { string in
      string.initialize(repeating: 0)
      var start: Int
      repeat {
        for position in string.indices { string[position] = random.token(in: answerTokens) }
        start = random.below(length - nGramLength - answerLength + 1)
      } while !occursOnce(start, in: UnsafeBufferPointer(string))
      let answer = start + nGramLength
      writer.append(Self.begin)
      if queryPosition == .prefix {
        for position in start..<answer { writer.append(string[position]) }
        writer.append(Self.separator)
      }
      for symbol in string { writer.append(symbol) }
      writer.append(Self.separator)
      if queryPosition == .suffix {
        for position in start..<answer { writer.append(string[position]) }
      }
      for position in answer..<answer + answerLength { writer.append(answer: string[position]) }
    }
  }

  /// Whether the n-gram at `start` occurs at no other position.
  private func occursOnce(_ start: Int, in string: UnsafeBufferPointer<Int32>) -> Bool {
    let nGram = string[start..<start + nGramLength]
    return !(0...string.count - nGramLength).contains {
      $0 != start && string[$0] == string[start]
        && string[$0..<$0 + nGramLength].elementsEqual(nGram)
    }
  }

  public func contextRoles(of inputs: [Int32]) -> [TokenRole] {
    inputs.map { answerTokens.contains(Int($0)) ? .value : .other }
  }

  public func solve(
    inputs: UnsafeBufferPointer<Int32>, answers: UnsafeMutableBufferPointer<Answer>
  ) {
    answers.update(repeating: .none)
    let separators = inputs.indices.filter { inputs[$0] == Self.separator }
    // The positions of string and n-gram, and the position that asks.
    let (string, nGram, query): (Range<Int>, Int, Int)
    switch queryPosition {
    case .suffix:
      guard separators.count >= 1 else { return }
      (string, nGram) = (1..<max(1, separators[0]), separators[0] + 1)
      query = separators[0] + nGramLength
    case .prefix:
      guard separators.count >= 2 else { return }
      (string, nGram, query) = (separators[0] + 1..<separators[1], 1, separators[1])
    }
    guard query < inputs.count, string.count >= nGramLength else { return }
    let tokens = inputs[nGram..<nGram + nGramLength]
    let starts = string.lowerBound...string.upperBound - nGramLength
    guard let start = starts.first(where: { inputs[$0..<$0 + nGramLength].elementsEqual(tokens) })
    else { return }
    for answer in 0..<answerLength {
      let source = start + nGramLength + answer
      guard source < string.upperBound, query + answer < inputs.count else { return }
      // The first symbol is found by the n-gram, the others by the symbol before them.
      let asks = answer == 0 ? nGram..<nGram + nGramLength : 0..<0
      answers[query + answer] = Answer(at: source, of: inputs, query: asks)
    }
  }
}
