import Foundation
import Support

/// N-gram lookup (Jelassi et al. 2024, Repeat after me, arXiv 2402.01032).
///
/// `BOS s SEP g a` (query_place: suffix) or `BOS g SEP s SEP a` (prefix): s is a string of n symbols, n
/// uniform in [n_min, n_max], g an n-gram that occurs in it once, a what follows it, `answer_length`
/// symbols, each the label of the position before it. Strings and places of g are as likely as each other
/// among those in which g occurs once. Tokens: 0 padding, 1 BOS, 2 SEP, symbols from 3.
///
/// Example 0 of split train at seed 0 for alphabet_size 5, n_min 6, n_max 8, sequence_length 14, ngram_length 2:
/// ```
/// inputs 1 5 7 6 6 4 7 7 2 4 7 7 0 0
/// labels . . . . . . . . . . 7 . . .
/// ```
public struct NGramLookup: RecallTask {
  public static let kind = "ngram_lookup"
  public static let question = "is a position in a string found by the tokens that stand there?"

  public enum QueryPlace: String, SettingChoice { case prefix, suffix }

  public var alphabetSize = 26
  public var leastLength = 5
  public var mostLength = 20
  public var sequenceLength = 64
  public var nGramLength = 3
  public var answerLength = 1
  public var queryPlace = QueryPlace.suffix

  public init() {}

  public static let keys: [SettingKey<NGramLookup>] = [
    .alphabetSize(\.alphabetSize),
    .choice("query_place", \.queryPlace, "the query stands before the string or after it"),
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
    let places = mostLength - nGramLength + 1
    guard pow(Double(alphabetSize), Double(nGramLength)) >= Double(places) else {
      throw SettingsError(
        "ngram_length", nGramLength,
        allowed: "as many n-grams, \(alphabetSize)^ngram_length, as places for them, \(places)")
    }
  }

  public var vocabularySize: Int { answerTokens.upperBound }
  public var groupingKey: (name: String, value: Int) { ("n_max", mostLength) }

  /// Where the query comes last, the string: n_max log₂ A. That is a bound from above: strings that differ
  /// only where n-grams repeat ask for the same. With many more n-grams than places few do.
  ///
  /// Where it comes first, before it is found A^n n-grams, each with 0 to n − 1 of its tokens matched; then
  /// up to `answer_length` symbols.
  public var demand: Double {
    let bits = log2(Double(alphabetSize))
    guard queryPlace == .prefix else { return Double(mostLength) * bits }
    let length = Double(nGramLength)
    return log2Sum(
      [length * bits + log2(length)] + (0...answerLength).map { Double($0) * bits })
  }

  /// The most frequent of the symbols that can be the answer, without their order: n-grams stand before it, and the
  /// rest of the answer behind it; and those that ask, or were the answer so far, are taken out once each. That
  /// the n-gram occurs once makes the other symbols depend on it, so this has no short form and is measured.
  public var trivialGuess: (name: String, accuracy: Double) {
    let start = queryPlace == .prefix ? nGramLength + 2 : 1
    let accuracy = measuredAccuracy { inputs, questions in
      let string = inputs[start...].prefix { $0 != Self.separator }
      // The n-gram that asks ends before the string, or where the answer begins.
      let end = queryPlace == .prefix ? nGramLength + 1 : questions[0] + 1
      let asking = inputs[..<end].suffix(nGramLength)
      return questions.enumerated().map { answer, question in
        var left = counts(
          of: string.dropFirst(nGramLength + answer).dropLast(answerLength - 1 - answer))
        for symbol in asking + inputs[questions[0] + 1..<question + 1] { left[symbol]? -= 1 }
        return mostFrequent(left) ?? 0
      }
    }
    return ("the most frequent symbol that does not ask", accuracy)
  }

  public var answerTokens: Range<Int> { 3..<3 + alphabetSize }

  private static let begin: Int32 = 1
  private static let separator: Int32 = 2
  /// Symbols of the query and its answer.
  private var askedLength: Int { nGramLength + answerLength }
  private var markerCount: Int { queryPlace == .prefix ? 3 : 2 }

  public func write(
    example index: Int, seed: UInt64, split: Split, inputs: UnsafeMutableBufferPointer<Int32>,
    labels: UnsafeMutableBufferPointer<Int32>
  ) {
    var random = stream(example: index, seed: seed, split: split)
    var writer = ExampleWriter(inputs: inputs, labels: labels)
    let length = leastLength + random.below(mostLength - leastLength + 1)
    withScratch(of: Int32.self, capacity: length) { string in
      string.initialize(repeating: 0)
      var place: Int
      repeat {
        for position in string.indices { string[position] = random.token(in: answerTokens) }
        place = random.below(length - nGramLength - answerLength + 1)
      } while !occursOnce(place, in: UnsafeBufferPointer(string))
      let answer = place + nGramLength
      writer.append(Self.begin)
      if queryPlace == .prefix {
        for position in place..<answer { writer.append(string[position]) }
        writer.append(Self.separator)
      }
      for symbol in string { writer.append(symbol) }
      writer.append(Self.separator)
      if queryPlace == .suffix {
        for position in place..<answer { writer.append(string[position]) }
      }
      for position in answer..<answer + answerLength { writer.append(answer: string[position]) }
    }
  }

  /// Whether the n-gram at a place stands nowhere else.
  private func occursOnce(_ place: Int, in string: UnsafeBufferPointer<Int32>) -> Bool {
    let nGram = string[place..<place + nGramLength]
    return !(0...string.count - nGramLength).contains {
      $0 != place && string[$0] == string[place]
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
    // Where string and n-gram stand, and the position that asks.
    let (string, nGram, query): (Range<Int>, Int, Int)
    switch queryPlace {
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
    let places = string.lowerBound...string.upperBound - nGramLength
    guard let place = places.first(where: { inputs[$0..<$0 + nGramLength].elementsEqual(tokens) })
    else { return }
    for answer in 0..<answerLength {
      let source = place + nGramLength + answer
      guard source < string.upperBound, query + answer < inputs.count else { return }
      // What follows the first is found by that.
      let asks = answer == 0 ? nGram..<nGram + nGramLength : 0..<0
      answers[query + answer] = Answer(at: source, of: inputs, query: asks)
    }
  }
}
