import Foundation
import RecallTasks
import Support
import Testing

@Suite struct NGramLookupTests {
  private func task(
    _ alphabet: Int, _ lengths: ClosedRange<Int>, _ length: Int, nGram: Int, answer: Int = 1,
    _ queryPosition: NGramLookup.QueryPosition = .suffix
  ) -> NGramLookup {
    var task = NGramLookup()
    (task.alphabetSize, task.sequenceLength, task.queryPosition) = (alphabet, length, queryPosition)
    (task.leastLength, task.mostLength) = (lengths.lowerBound, lengths.upperBound)
    (task.nGramLength, task.answerLength) = (nGram, answer)
    return task
  }

  /// The parts of an example: string, n-gram and what follows it.
  private func parts(of example: Example, _ task: NGramLookup) -> [[Int32]] {
    let parts = example.inputs.dropFirst().filter { $0 != 0 }.split(separator: 2).map(Array.init)
    switch task.queryPosition {
    case .prefix: return [parts[1], parts[0], parts[2]]
    case .suffix:
      return [
        parts[0], Array(parts[1].prefix(task.nGramLength)),
        Array(parts[1].dropFirst(task.nGramLength)),
      ]
    }
  }

  private func positions(of nGram: [Int32], in string: [Int32]) -> [Int] {
    (0...string.count - nGram.count).filter { Array(string[$0...].prefix(nGram.count)) == nGram }
  }

  @Test func documentationDrawsExampleZero() throws {
    try checkDrawing(of: task(5, 6...8, 14, nGram: 2))
  }

  @Test func examplesAreAsDefined() throws {
    try checkExamples { random in
      let nGram = 1 + random.below(5)
      let answer = 1 + random.below(4)
      let least = nGram + answer + random.below(30)
      let most = least + random.below(20)
      // At least as many n-grams as positions.
      let fewest = Int(pow(Double(most - nGram + 1), 1 / Double(nGram)).rounded(.up))
      return task(
        max(2, fewest) + 1 + random.below(20), least...most,
        most + nGram + answer + 3 + random.below(9),
        nGram: nGram, answer: answer, random.below(2) == 0 ? .prefix : .suffix)
    } fault: { example, task, _ in
      let parts = parts(of: example, task)
      let positions = positions(of: parts[1], in: parts[0])
      guard positions.count == 1 else { return "the n-gram is not unique" }
      guard (task.leastLength...task.mostLength).contains(parts[0].count),
        parts[1].count == task.nGramLength
      else { return "a wrong length" }
      let answer = Array(parts[0][(positions[0] + task.nGramLength)...].prefix(task.answerLength))
      guard parts[2] == answer, answer.count == task.answerLength else { return "a wrong answer" }
      let end = example.inputs.count { $0 != 0 }
      guard example.questions == Array(end - answer.count - 1..<end - 1),
        example.questions.map({ example.labels[$0] }) == answer
      else { return "wrong labels" }
      return nil
    }
  }

  @Test func nearMissesNameTheirKey() {
    checkNearMisses(
      [
        ("alphabet_size", { $0.alphabetSize = 1 }), ("sequence_length", { $0.sequenceLength = 5 }),
        ("ngram_length", { $0.nGramLength = 0 }), ("ngram_length", { $0.nGramLength = .max }),
        ("answer_length", { $0.answerLength = 0 }), ("answer_length", { $0.answerLength = .max }),
        ("n_min", { $0.leastLength = 3 }), ("n_min", { $0.leastLength = 21 }),
        ("n_max", { $0.mostLength = 59 }), ("n_max", { $0.mostLength = .max }),
        ("ngram_length", { ($0.alphabetSize, $0.nGramLength) = (2, 4) }),
        ("n_max", { ($0.mostLength, $0.queryPosition) = (58, .prefix) }),
      ] as [(String, (inout NGramLookup) -> Void)])
  }

  /// Strings and positions are uniform among those in which the n-gram occurs once.
  @Test(arguments: NGramLookup.QueryPosition.allCases)
  func stringsAndPositionsAreUniform(queryPosition: NGramLookup.QueryPosition) throws {
    let task = task(2, 5...5, 14, nGram: 2, queryPosition)
    let exact = sequences(5, of: [3, 4] as [Int32]).flatMap { string in
      (0...2).map { Array(string[$0..<$0 + 2]) }
        .filter { positions(of: $0, in: string).count == 1 }.map { string + $0 }
    }
    try checkDistribution(of: task, exact: uniform(exact)) { example in
      let parts = parts(of: example, task)
      return parts[0] + parts[1]
    }
  }

  /// Strings, but for the few that hold no n-gram once; before the string, n-grams.
  @Test func requiredBitsCountStringsOrNGrams() {
    let suffix = task(3, 6...6, 20, nGram: 2)
    let strings = Set(
      (0..<20_000).map { parts(of: suffix.example(at: $0, seed: 0, split: .train), suffix)[0] })
    #expect(exp2(suffix.requiredBits).rounded() == 729)
    #expect(strings.count <= 729 && strings.count > 700)
    // 9 n-grams with 0 or 1 symbol matched, or found and 0, 1 or 2 of two answers seen: 18 + 1 + 3 + 9.
    #expect(abs(task(3, 6...6, 20, nGram: 2, answer: 2, .prefix).requiredBits - log2(31)) < 1e-12)
  }

  @Test(arguments: NGramLookup.QueryPosition.allCases)
  func baselineIsAsStated(queryPosition: NGramLookup.QueryPosition) throws {
    for task in [
      task(26, 5...20, 64, nGram: 3, answer: 2, queryPosition),
      task(2, 5...8, 30, nGram: 3, queryPosition),
    ] {
      try checkBaseline(of: task, isMeasured: true) { example, position, _ in
        let answer = position - example.questions[0]
        let parts = parts(of: example, task)
        let possible = parts[0].dropFirst(task.nGramLength + answer)
          .dropLast(task.answerLength - 1 - answer)
        let known = parts[1] + parts[2].prefix(answer)
        return Set(possible).max { a, b in
          func left(_ symbol: Int32) -> Int {
            possible.count { $0 == symbol } - known.count { $0 == symbol }
          }
          return (left(a), b) < (left(b), a)
        } ?? 0
      }
    }
    // With 26³ n-grams few strings are drawn again; at least as good as with the symbols that ask.
    let task = task(26, 5...20, 64, nGram: 3, queryPosition)
    let known = (5...20).reduce(0) {
      $0 + expectedMaximumLoad(draws: $1 - 3, boxes: 26) / Double($1 - 3) / 16
    }
    #expect(task.baseline.accuracy > known + 0.05)
  }

  /// docs/tasks.md: who knows the order in which symbols first appear answers most questions by the next one after those that
  /// ask.
  @Test func theOrderOfFirstAppearanceIsNoBaseline() {
    let task = NGramLookup()
    let right = (0..<10_000).count { index in
      let parts = parts(of: task.example(at: index, seed: 5, split: .test), task)
      let order = parts[0].reduce(into: [Int32]()) { if !$0.contains($1) { $0.append($1) } }
      let asking = parts[1].map { order.firstIndex(of: $0)! }.max()!
      return order[(asking + 1) % order.count] == parts[2][0]
    }
    #expect(abs(Double(right) / 10_000 - 0.765) < 0.02)
    #expect(Double(right) / 10_000 > task.baseline.accuracy + 0.3)
  }

  @Test func lengthsAreUniform() throws {
    let task = task(26, 5...12, 30, nGram: 2)
    try checkDistribution(of: task, exact: uniform(Array(5...12))) {
      parts(of: $0, task)[0].count
    }
  }

  /// What a string may be asked: for each n-gram that occurs once, what follows it.
  @Test(arguments: [(3, 6, 1), (3, 7, 3), (4, 6, 3), (5, 6, 1)])
  func requiredInformationIsABound(alphabet: Int, length: Int, nGram: Int) {
    let task = task(alphabet, length...length, 40, nGram: nGram)
    var different: Set<[[Int32]: Int32]> = []
    for string in sequences(length, of: Array(0..<Int32(alphabet))) {
      var answers: [[Int32]: Int32] = [:]
      for start in 0..<length - nGram {
        let key = Array(string[start..<start + nGram])
        if positions(of: key, in: string).count == 1 { answers[key] = string[start + nGram] }
      }
      different.insert(answers)
    }
    let bits = log2(Double(different.count))
    #expect(bits <= task.requiredBits)
    // 64 n-grams for 4 positions.
    if alphabet == 4 { #expect(bits > task.requiredBits - 0.2) }
  }

  @Test func unknownQueryPositionIsNamed() throws {
    let error = #expect(throws: SettingsError.self) {
      try NGramLookup.decode(["query_place": "middle"])
    }
    #expect(error?.key == "query_place" && error?.allowed == "prefix, suffix")
  }
}
