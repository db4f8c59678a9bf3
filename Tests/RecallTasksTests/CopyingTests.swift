import RecallTasks
import Support
import Testing

@Suite struct CopyingTests {
  private func task(
    _ alphabet: Int, _ lengths: ClosedRange<Int>, _ length: Int, packed: Bool = false
  ) -> Copying {
    var task = Copying()
    (task.alphabetSize, task.sequenceLength, task.packed) = (alphabet, length, packed)
    (task.leastLength, task.mostLength) = (lengths.lowerBound, lengths.upperBound)
    return task
  }

  /// The strings of an example, split at BOS; padding is left out.
  private func strings(of example: Example) -> [[Int32]] {
    example.inputs.filter { $0 != 0 }.split(separator: 1).map { Array($0.prefix { $0 != 2 }) }
  }

  @Test func documentationDrawsExampleZero() throws { try checkDrawing(of: task(5, 2...6, 16)) }

  @Test func examplesAreAsDefined() throws {
    try checkExamples { random in
      let least = 1 + random.below(20)
      let most = least + random.below(20)
      return task(
        2 + random.below(30), least...most, 2 * most + 3 + random.below(150),
        packed: random.below(2) == 0)
    } fault: { (example, task: Copying, _) -> String? in
      let strings = strings(of: example)
      guard task.packed || strings.count == 1 else { return "more than one string" }
      guard
        strings.allSatisfy({
          (task.leastLength...task.mostLength).contains($0.count)
            && $0.allSatisfy { (4..<Int32(4 + task.alphabetSize)).contains($0) }
        })
      else { return "a wrong string" }
      var inputs = strings.flatMap { string -> [Int32] in [1] + string + [2] + string + [3] }
      var labels = strings.flatMap { string -> [Int32] in
        [Int32](repeating: ignoreIndex, count: string.count + 1) + string + [3, ignoreIndex]
      }
      guard !task.packed || inputs.count + 2 * task.mostLength + 3 > task.sequenceLength else {
        return "room for another string"
      }
      let padding = task.sequenceLength - inputs.count
      inputs += [Int32](repeating: 0, count: padding)
      labels += [Int32](repeating: ignoreIndex, count: padding)
      return example.inputs == inputs && example.labels == labels ? nil : "not the string twice"
    }
  }

  @Test func nearMissesNameTheirKey() {
    checkNearMisses(
      [
        ("alphabet_size", { $0.alphabetSize = 1 }), ("alphabet_size", { $0.alphabetSize = .max }),
        ("n_max", { $0.mostLength = 109 }), ("n_max", { $0.mostLength = .max }),
        ("n_min", { $0.leastLength = 21 }), ("n_min", { $0.leastLength = 0 }),
        ("sequence_length", { $0.sequenceLength = 4 }), ("n_max", { $0.sequenceLength = 42 }),
      ] as [(String, (inout Copying) -> Void)])
  }

  @Test(arguments: [false, true])
  func lengthsAndSymbolsAreUniform(packed: Bool) throws {
    let lengths = 3...12
    try checkDistribution(
      of: task(4, lengths, 60, packed: packed), exact: uniform(Array(lengths))
    ) { strings(of: $0)[0].count }
    try checkDistribution(
      of: task(3, 4...4, 30, packed: packed),
      exact: uniform(sequences(4, of: [4, 5, 6] as [Int32]))
    ) { strings(of: $0)[0] }
  }

  @Test func requiredInformationCountsStrings() throws {
    try checkRequiredBits(of: task(3, 1...5, 20)) { example in
      let string = strings(of: example)[0]
      return string.count == 5 ? string : nil
    }
  }

  @Test(
    arguments: [
      (26, 5...20, 220, false), (26, 5...20, 220, true), (2, 1...1, 5, true), (3, 1...9, 40, true),
      (4, 2...30, 70, true), (5, 1...12, 30, false),
    ])
  func baselineIsAsStated(
    alphabet: Int, lengths: ClosedRange<Int>, length: Int, packed: Bool
  ) throws {
    let task = task(alphabet, lengths, length, packed: packed)
    try checkBaseline(of: task, isMeasured: true) { example, position, _ in
      let shown = example.inputs[...position]
      let (start, middle) = (shown.lastIndex(of: 1) ?? 0, shown.lastIndex(of: 2) ?? 0)
      var left = Array(shown[(start + 1)..<middle])
      for symbol in shown[(middle + 1)...] {
        if let found = left.firstIndex(of: symbol) { left.remove(at: found) }
      }
      return left.isEmpty ? 3 : mode(left)
    }
  }

  /// docs/tasks.md: who knows the order in which symbols first appear repeats most of a string.
  @Test func theOrderOfFirstAppearanceIsNoBaseline() {
    let strings = (0..<10_000).map {
      self.strings(of: Copying().example(at: $0, seed: 5, split: .test))[0]
    }
    // A symbol that was not repeated yet is the next one in that order, and EOS is known.
    let right = strings.reduce(0) { $0 + Set($1).count + 1 }
    let accuracy = Double(right) / Double(strings.reduce(0) { $0 + $1.count + 1 })
    #expect(abs(accuracy - 0.801) < 0.005)
    #expect(accuracy > Copying().baseline.accuracy + 0.3)
  }
}
