import Foundation
import Support

/// Fuzzy in-context recall (Poli et al. 2024, MAD, arXiv 2403.17844).
///
/// In-context recall of motifs, which are sequences of distinct tokens. Keys have 1 to k tokens of the first half of
/// [1, V), values 1 to v tokens of the rest. All lengths have the same probability, and so have all motifs of a length.
/// In validation and test every key has k tokens. Pairs follow one another as long as k + v tokens are left for the
/// last pair, whose key is one of those seen. If a key was seen before, every token of its value is the label of the
/// position before it. The rest is 0. With `loss: all` training labels every next token.
///
/// Example 0 of split train at seed 0 for vocab_size 6, sequence_length 16, motif sizes 2:
/// ```
/// inputs 1 2 5 1 2 5 1 2 5 2 5 4 2 5 4 0
/// labels . . . . 5 . . 5 . . . . 5 4 . .
/// ```
public struct FuzzyRecall: RecallTask {
  public static let kind = "fuzzy_recall"
  public static let question =
    "are bindings recalled whose keys and values are several tokens long?"
  public static let curriculum: Curriculum? = Curriculum(
    shortest: 16, rates: ["attention": 3e-3],
    firstSizes: ["sequence_length": 64, "vocab_size": 8, "k_motif_size": 2, "v_motif_size": 2])

  public var vocabularySize = 16
  public var sequenceLength = 128
  /// Tokens of a key.
  public var keyMotifSize = 3
  /// Tokens of a value.
  public var valueMotifSize = 3
  /// What training labels: the answers alone, or at every position the next token.
  public var loss = LossTarget.answers

  public init() {}

  public static let keys: [SettingKey<FuzzyRecall>] = [
    .vocabularySize(\.vocabularySize, atLeast: 4),
    .integer(
      "k_motif_size", \.keyMotifSize,
      .from(1, to: .of("the number of its tokens") { $0.keys.count }), "most tokens of a key"),
    .integer(
      "v_motif_size", \.valueMotifSize,
      .from(1, to: .of("the number of its tokens") { $0.answerTokens.count }),
      "most tokens of a value"),
    .sequenceLength(
      \.sequenceLength,
      atLeast: .of("2 * (k_motif_size + v_motif_size)") { 2 * $0.pairLength }),
    .loss(\.loss),
  ]

  public var difficulty: (name: String, value: Int) { ("k_motif_size", keyMotifSize) }

  /// log₂ of the number of maps that can be shown before the last pair: sets of pairs with different keys and at most
  /// L − k − v tokens together.
  ///
  /// The number of sets of d pairs with keys of s tokens is (number of keys of s tokens over d) times a coefficient of
  /// (Σ_u M_u x^(s + u))^d, where M_u is the number of values of u tokens and the exponent is the number of tokens. The
  /// polynomials of all s are multiplied; their coefficients are computed as log₂.
  public var requiredBits: Double {
    let room = sequenceLength - pairLength
    let valueBits = (0...valueMotifSize).map { log2Permutations(answerTokens.count, $0) }
    var maps = [0] + [Double](repeating: -.infinity, count: room)
    for size in 1...keyMotifSize {
      let count = (0..<size).reduce(1.0) { $0 * Double(keys.count - $1) }
      var terms = [[0.0]] + [[Double]](repeating: [], count: room)
      // log₂ of the numbers of sequences of d values, by the tokens of their pairs.
      var values = maps.map { _ in -Double.infinity }
      values[0] = 0
      var choices = 0.0
      for d in 1...room / (size + 1) where Double(d) <= count {
        choices += log2((count - Double(d - 1)) / Double(d))
        var next = maps.map { _ in -Double.infinity }
        for length in d * (size + 1)...min(room, d * (size + valueMotifSize)) {
          next[length] = log2Sum(
            (1...min(valueMotifSize, length - size)).map {
              values[length - size - $0] + valueBits[$0]
            })
          terms[length].append(choices + next[length])
        }
        values = next
      }
      let sums = terms.map(log2Sum)
      maps = (0...room).map { length in
        log2Sum((0...length).map { maps[length - $0] + sums[$0] })
      }
    }
    // Without the empty map.
    return log2Sum(Array(maps.dropFirst()))
  }

  /// Predicts the most frequent next token of the shown values that begin as this one; the value of each key counts
  /// once. If there is none, it predicts any token that the value does not have yet. The accuracy has no closed form
  /// and is measured.
  public var baseline: Baseline {
    Baseline("any value shown that begins so", accuracy: measuredAccuracy(mostFrequentNext))
  }

  private func mostFrequentNext(_ inputs: [Int32], _ questions: [Int]) -> [Int32] {
    // For each beginning of a shown value: how often each token comes next.
    var next: [[Int32]: [Int32: Int]] = [:]
    var shown: Set<[Int32]> = []
    var (key, value): ([Int32], [Int32]) = ([], [])
    var asked = questions[...]
    var answers: [Int32] = []
    for (position, token) in inputs.enumerated() where token != 0 {
      if token >= answerTokens.lowerBound {
        value.append(token)
      } else {
        if !value.isEmpty {
          if shown.insert(key).inserted {
            for (index, token) in value.enumerated() {
              next[Array(value[..<index]), default: [:]][token, default: 0] += 1
            }
          }
          (key, value) = ([], [])
        }
        key.append(token)
      }
      guard asked.first == position else { continue }
      asked = asked.dropFirst()
      answers.append(
        mostFrequent(next[value] ?? [:])
          ?? answerTokens.lazy.map(Int32.init).first { !value.contains($0) } ?? 0)
    }
    return answers
  }

  public var answerTokens: Range<Int> { (vocabularySize + 1) / 2..<vocabularySize }

  private var keys: Range<Int> { 1..<answerTokens.lowerBound }
  private var pairLength: Int { keyMotifSize + valueMotifSize }

  public func write(
    example index: Int, seed: UInt64, split: Split, inputs: UnsafeMutableBufferPointer<Int32>,
    labels: UnsafeMutableBufferPointer<Int32>
  ) {
    var random = stream(example: index, seed: seed, split: split)
    var writer = ExampleWriter(inputs: inputs, labels: labels)
    var map: [[Int32]: [Int32]] = [:]
    var seen: [[Int32]] = []
    while true {
      let keySize = split == .train ? 1 + random.below(keyMotifSize) : keyMotifSize
      let key = motif(keySize, of: keys, by: &random)
      let known = map[key]
      let value =
        known ?? motif(1 + random.below(valueMotifSize), of: answerTokens, by: &random)
      let end = writer.position + key.count + value.count
      guard end <= sequenceLength - pairLength else { break }
      append(key, value, isAsked: known != nil, to: &writer)
      if known == nil {
        map[key] = value
        seen.append(key)
      }
    }
    let last = seen[random.below(seen.count)]
    append(last, map[last] ?? [], isAsked: true, to: &writer)
    writer.finish(loss, split: split)
  }

  private func append(
    _ key: [Int32], _ value: [Int32], isAsked: Bool, to writer: inout ExampleWriter
  ) {
    for token in key { writer.append(token) }
    for token in value {
      if isAsked { writer.append(answer: token) } else { writer.append(token) }
    }
  }

  private func motif(
    _ size: Int, of tokens: Range<Int>, by random: inout RandomStream
  ) -> [Int32] {
    var motif: [Int32] = []
    motif.reserveCapacity(size)
    while motif.count < size {
      let token = random.token(in: tokens)
      if !motif.contains(token) { motif.append(token) }
    }
    return motif
  }

  public func contextRoles(of inputs: [Int32]) -> [TokenRole] {
    roles(of: inputs, keys: keys)
  }

  public func solve(
    inputs: UnsafeBufferPointer<Int32>, answers: UnsafeMutableBufferPointer<Answer>
  ) {
    answers.update(repeating: .none)
    // The positions of each key's latest value; a key has one value, however often it is shown.
    var sources: [[Int32]: Range<Int>] = [:]
    var (keyStart, valueStart) = (0, 0)
    for position in inputs.indices where inputs[position] != 0 {
      let isKey = inputs[position] < answerTokens.lowerBound
      if isKey {
        if keyStart < valueStart, valueStart < position {
          let key = Array(inputs[keyStart..<valueStart])
          sources[key] = valueStart..<position
          keyStart = position
        }
        valueStart = position + 1
      }
      guard let source = sources[Array(inputs[keyStart..<valueStart])] else { continue }
      let next = source.lowerBound + position + 1 - valueStart
      guard next < source.upperBound else { continue }
      // The first token of the value is found by the key, the others by the token before them.
      let asks = isKey ? keyStart..<valueStart : 0..<0
      answers[position] = Answer(at: next, of: inputs, query: asks)
    }
  }
}
