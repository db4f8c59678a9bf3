import RecallTasks
import Support
import Testing

@Suite struct PhonebookTests {
  private func task(_ entries: Int, first: Int, last: Int, digits: Int) -> Phonebook {
    var task = Phonebook()
    (task.entryCount, task.digitCount) = (entries, digits)
    (task.firstNameCount, task.lastNameCount) = (first, last)
    return task
  }

  private func entries(of example: Example, _ task: Phonebook) -> [[Int32]] {
    let length = 2 + task.digitCount
    return (0..<task.entryCount).map { Array(example.inputs[length * $0..<length * ($0 + 1)]) }
  }

  @Test func documentationDrawsExampleZero() throws {
    try checkDrawing(of: task(3, first: 3, last: 3, digits: 3))
  }

  @Test func examplesAreAsDefined() throws {
    try checkExamples { random in
      let (first, last) = (1 + random.below(12), 1 + random.below(12))
      return task(
        1 + random.below(min(30, first * last)), first: first, last: last,
        digits: 1 + random.below(9))
    } fault: { (example, task: Phonebook, _) -> String? in
      let entries = entries(of: example, task)
      let firstNames = 11..<Int32(11 + task.firstNameCount)
      let lastNames = firstNames.upperBound..<Int32(task.vocabularySize)
      guard
        entries.allSatisfy({
          firstNames.contains($0[0]) && lastNames.contains($0[1])
            && $0[2...].allSatisfy((1..<11 as Range<Int32>).contains)
        })
      else { return "a token out of range" }
      guard Set(entries.map { Array($0[..<2]) }).count == entries.count else {
        return "names repeat"
      }
      let query = entries.count * entries[0].count
      guard example.inputs[query] == 0 else { return "no marker" }
      let asked = Array(example.inputs[(query + 1)...])
      guard entries.contains(asked) else { return "not an entry that was shown" }
      let questions = query + 2..<task.sequenceLength - 1
      guard example.questions == Array(questions),
        Array(example.labels[questions]) == Array(asked[2...])
      else { return "labels are not the digits" }
      return nil
    }
  }

  @Test func nearMissesNameTheirKey() {
    checkNearMisses(
      [
        ("n_entries", { $0.entryCount = 0 }), ("n_entries", { $0.entryCount = 1025 }),
        ("n_first_names", { $0.firstNameCount = 0 }), ("n_last_names", { $0.lastNameCount = .max }),
        ("n_digits", { $0.digitCount = 0 }), ("n_digits", { $0.digitCount = .max }),
      ] as [(String, (inout Phonebook) -> Void)])
  }

  /// Names are drawn without repetition, and every entry is as likely to be asked for.
  @Test func namesAndQueryAreUniform() throws {
    let task = task(2, first: 2, last: 2, digits: 1)
    let names = [[11, 13], [11, 14], [12, 13], [12, 14]] as [[Int32]]
    let exact = names.flatMap { first in
      names.filter { $0 != first }.flatMap { [first + $0 + first, first + $0 + $0] as [[Int32]] }
    }
    try checkDistribution(of: task, exact: uniform(exact)) { example in
      entries(of: example, task).flatMap { $0[..<2] } + example.inputs[7..<9]
    }
    try checkDistribution(of: task, exact: uniform(sequences(2, of: Array(1...10)))) {
      [Int($0.inputs[2]), Int($0.inputs[5])]
    }
  }

  @Test(arguments: [(1, 2, 20), (2, 2, 100), (2, 3, 300)])
  func requiredInformationCountsMaps(count: Int, names: Int, maps: Int) throws {
    let task = task(count, first: names, last: 1, digits: 1)
    try checkRequiredBits(of: task) { Set(entries(of: $0, task)) }
  }

  /// Going on with a number that was shown and begins so.
  @Test(arguments: [(20, 32, 7), (1, 1, 2), (5, 3, 4), (300, 20, 3), (20, 32, 1)])
  func baselineIsAsStated(count: Int, names: Int, digits: Int) throws {
    let task = task(count, first: names, last: names, digits: digits)
    try checkBaseline(of: task, examples: count > 100 ? 2000 : 10_000) { example, position, _ in
      let number = example.questions.firstIndex(of: position)!
      let begun = Array(example.inputs[(position + 1 - number)..<position + 1])
      let numbers = entries(of: example, task).map { Array($0[2...]) }
      return mode(numbers.filter { $0.starts(with: begun) }.map { $0[number] })
    }
  }

  @Test func manyEntriesTakeNoLongTime() {
    let many = task(1 << 14, first: 1 << 7, last: 1 << 7, digits: 7).baseline.accuracy
    #expect(many > 0.3 && many < task(1000, first: 100, last: 10, digits: 7).baseline.accuracy)
  }
}
