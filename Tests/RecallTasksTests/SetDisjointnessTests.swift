import Foundation
import RecallTasks
import Support
import Testing

@Suite struct SetDisjointnessTests {
  private func task(
    _ vocabulary: Int, _ first: Int, _ second: Int, _ order: SetDisjointness.Order = .both,
    repeats: Int = 1
  ) -> SetDisjointness {
    var task = SetDisjointness()
    (task.vocabularySize, task.firstSize, task.secondSize) = (vocabulary, first, second)
    (task.order, task.repeats) = (order, repeats)
    return task
  }

  /// The sets of the first reading.
  private func sets(of example: Example) -> [[Int32]] {
    let middle = example.inputs.firstIndex(of: 2)!
    let end = example.inputs[middle...].firstIndex { $0 == 3 || $0 == 1 }!
    return [Array(example.inputs[1..<middle]), Array(example.inputs[middle + 1..<end])]
  }

  @Test func documentationDrawsExampleZero() throws { try checkDrawing(of: task(20, 2, 4)) }

  @Test func examplesAreAsDefined() throws {
    try checkExamples { random in
      let (first, second) = (1 + random.below(20), 1 + random.below(20))
      return task(
        first + second + 3 + random.below(2) * random.below(100), first, second,
        SetDisjointness.Order.allCases[random.below(3)], repeats: 1 + random.below(3))
    } fault: { (example, task: SetDisjointness, _) in
      let sets = self.sets(of: example)
      guard sets.allSatisfy({ Set($0).count == $0.count }) else { return "an element repeats" }
      guard sets.joined().allSatisfy({ $0 >= 4 }) else { return "an element out of range" }
      guard Set(sets[0]).intersection(sets[1]) == [example.labels.last!] else {
        return "not one common element"
      }
      let sizes = sets.map(\.count)
      let sorted = [task.firstSize, task.secondSize].sorted()
      guard sizes.sorted() == sorted else { return "sizes" }
      if task.order == .shortFirst, sizes != sorted { return "the larger set first" }
      if task.order == .longFirst, sizes != sorted.reversed() { return "the smaller set first" }
      let prompt: [Int32] = [1] + sets[0] + [2] + sets[1]
      let all: [Int32] = (0..<task.repeats).flatMap { _ in prompt } + [3]
      guard example.inputs == all else { return "not the prompt" }
      return example.questions == [all.count - 1] ? nil : "not one question at the end"
    }
  }

  @Test func nearMissesNameTheirKey() {
    checkNearMisses(
      [
        ("vocab_size", { $0.vocabularySize = 4 }), ("size_a", { $0.firstSize = 0 }),
        ("size_b", { $0.secondSize = 0 }), ("size_b", { $0.vocabularySize = 22 }),
        ("size_a", { $0.firstSize = .max }), ("repeats", { $0.repeats = 0 }),
        (
          "repeats",
          {
            ($0.vocabularySize, $0.firstSize) = (1 << 30, 1 << 22)
            $0.repeats = 1024
          }
        ),
      ] as [(String, (inout SetDisjointness) -> Void)])
  }

  @Test func limitsAreValid() throws {
    for task in [task(5, 1, 1), task(23, 4, 16), task(23, 16, 4, repeats: 5)] {
      try task.validate()
      let example = task.example(at: 3, seed: 0, split: .train)
      #expect(score(task.solution(of: example.inputs), example) == 1)
    }
  }

  /// The common element, the others and their places are uniform, and both orders are as likely.
  @Test func examplesAreUniform() throws {
    // Sets of 1 and 2 of the tokens 4, 5, 6.
    let task = task(7, 1, 2)
    var exact: [[Int32]: Double] = [:]
    for common in 4...6 as ClosedRange<Int32> {
      for other in 4...6 as ClosedRange<Int32> where other != common {
        for large in [[common, other], [other, common]] {
          for inputs in [[1, common, 2] + large + [3], [1] + large + [2, common, 3]] {
            exact[inputs] = 1.0 / 24
          }
        }
      }
    }
    try checkDistribution(of: task, exact: exact) { $0.inputs }
  }

  @Test func partsAreTheOrders() {
    let task = task(40, 3, 7)
    #expect(task.partNames == ["short_first", "long_first"])
    for index in 0..<100 {
      let example = task.example(at: index, seed: 0, split: .test)
      let isShortFirst = self.sets(of: example)[0].count == 3
      #expect(task.parts(of: example.inputs).last == (isShortFirst ? 0 : 1))
    }
    #expect(self.task(40, 5, 5).partNames.isEmpty)
    #expect(self.task(40, 3, 7, .longFirst).partNames.isEmpty)
  }

  @Test(arguments: [(40, 3, 7), (40, 7, 3), (40, 5, 5), (6, 1, 2)])
  func baselineIsAsStated(vocabulary: Int, first: Int, second: Int) throws {
    try checkBaseline(of: task(vocabulary, first, second)) { example, _, random in
      let smaller = self.sets(of: example).min { $0.count < $1.count }!
      return smaller[random.below(smaller.count)]
    }
    #expect(task(vocabulary, first, second).causalBest == 1)
  }

  /// The first sets of a length are told apart by some second set: what a causal pass must know.
  @Test(arguments: [(9, 2, 2), (12, 3, 2), (10, 1, 4)])
  func requiredInformationCountsFirstSets(vocabulary: Int, first: Int, second: Int) throws {
    let tokens = Set((4..<vocabulary).map(Int32.init))
    func subsets(_ size: Int, of tokens: [Int32]) -> [Set<Int32>] {
      guard size > 0 else { return [[]] }
      return tokens.indices.flatMap { index in
        subsets(size - 1, of: Array(tokens[(index + 1)...])).map { $0.union([tokens[index]]) }
      }
    }
    let (ones, others) = (subsets(first, of: tokens.sorted()), subsets(second, of: tokens.sorted()))
    // The answers to all second sets that a first set may meet; nil where it may not.
    let answers = Set(
      ones.map { one in
        others.map { other in
          let common = one.intersection(other)
          return common.count == 1 ? common.first : nil
        }
      })
    let isShortFirst = first <= second
    let task = task(vocabulary, first, second, isShortFirst ? .shortFirst : .longFirst)
    #expect(abs(exp2(task.requiredBits) - Double(answers.count)) < 1e-6)
  }

  /// Of (256, 4): 39 bits for the smaller set and 11 for the answer, instead of 1107.
  @Test func aSecondReadingNeedsTheSmallerSet() {
    #expect(abs(task(2048, 256, 4, .longFirst).requiredBits - 1107) < 0.5)
    #expect(abs(task(2048, 256, 4, .shortFirst).requiredBits - 39) < 0.5)
    #expect(abs(task(2048, 256, 4, .both).requiredBits - 1107) < 0.5)
    #expect(abs(task(2048, 256, 4, .longFirst, repeats: 2).requiredBits - 50) < 0.6)
    #expect(
      task(2048, 256, 4, .shortFirst, repeats: 2).requiredBits
        == task(2048, 256, 4, .shortFirst).requiredBits)
  }
}
